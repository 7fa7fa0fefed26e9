/**
 * Keeps the role and user tables like the database. Changes of users-permissions emit no event:
 * only database lifecycles tell of them (and nothing tells of other processes, hence the period).
 */

import type { Core } from '@strapi/strapi';
import type { PermissionRow, RoleRow, RoleTable } from './role-table';
import type { UserRow, UserTable } from './user-table';

const ROLE = 'plugin::users-permissions.role';
const PERMISSION = 'plugin::users-permissions.permission';
const USER = 'plugin::users-permissions.user';
/** Holds the setting "users must confirm their e-mail". */
const SETTINGS = 'strapi::core-store';

/** How long a change made by another process may stay unseen. */
const REFRESH_MS = 30_000;

export interface PermissionSync {
  /** Loads both tables. */
  load(): Promise<void>;
  /** Follows changes until `stop`. */
  start(): void;
  stop(): void;
}

export interface PermissionSyncDeps {
  strapi: Core.Strapi;
  roles: RoleTable;
  users: UserTable;
  /** Users whose rights matter to the tracker. */
  userIds: () => number[];
  /** False while there is no torrent to decide about: then nobody needs the tables refreshed. */
  isNeeded: () => boolean;
  /** Runs work after the current transaction, outside of it; failures are logged there. */
  afterCommit: (work: () => Promise<void>) => void;
  /** After every load: the tables may be different now. */
  onLoaded: () => void;
}

export function createPermissionSync(deps: PermissionSyncDeps): PermissionSync {
  const { strapi } = deps;
  const hasUsersPermissions = 'users-permissions' in strapi.plugins;
  let timer: NodeJS.Timeout | null = null;
  let unsubscribe: (() => void) | null = null;
  let pending: Promise<void> | null = null;
  let again = false;

  async function load(): Promise<void> {
    if (!hasUsersPermissions) return;
    const [roles, permissions, users, confirmationRequired] = await Promise.all([
      readRoles(strapi),
      readPermissions(strapi),
      readUsers(strapi, deps.userIds()),
      isConfirmationRequired(strapi),
    ]);
    deps.roles.replace(roles, permissions);
    deps.users.replace(users, { confirmationRequired });
    deps.onLoaded();
  }

  /** One load at a time; changes that come meanwhile lead to exactly one more. */
  async function reload(): Promise<void> {
    if (pending !== null) {
      again = true;
      return pending;
    }
    pending = load();
    try {
      await pending;
    } finally {
      pending = null;
    }
    if (again) {
      again = false;
      await reload();
    }
  }

  const changed = (): void => deps.afterCommit(reload);

  return {
    load,
    start() {
      if (!hasUsersPermissions) return;
      unsubscribe = strapi.db.lifecycles.subscribe({
        models: [ROLE, PERMISSION, USER, SETTINGS],
        afterCreate: changed,
        afterCreateMany: changed,
        afterUpdate: changed,
        afterUpdateMany: changed,
        afterDelete: changed,
        afterDeleteMany: changed,
      });
      timer = setInterval(() => {
        if (deps.isNeeded()) changed();
      }, REFRESH_MS).unref();
    },
    stop() {
      unsubscribe?.();
      if (timer !== null) clearInterval(timer);
    },
  };
}

async function readRoles(strapi: Core.Strapi): Promise<RoleRow[]> {
  return (await strapi.db.query(ROLE).findMany({ select: ['id', 'type'] })) as RoleRow[];
}

async function readPermissions(strapi: Core.Strapi): Promise<PermissionRow[]> {
  const rows = (await strapi.db.query(PERMISSION).findMany({
    select: ['action'],
    where: { $or: [{ action: { $endsWith: '.find' } }, { action: { $endsWith: '.findOne' } }] },
    populate: { role: { select: ['id'] } },
  })) as { action: string; role: { id: number } | null }[];
  return rows.flatMap(({ action, role }) => (role === null ? [] : [{ action, roleId: role.id }]));
}

async function readUsers(strapi: Core.Strapi, ids: number[]): Promise<UserRow[]> {
  if (ids.length === 0) return [];
  const rows = (await strapi.db.query(USER).findMany({
    select: ['id', 'blocked', 'confirmed'],
    where: { id: { $in: ids } },
    populate: { role: { select: ['id'] } },
  })) as {
    id: number;
    blocked: boolean | null;
    confirmed: boolean | null;
    role: { id: number } | null;
  }[];
  return rows.map(({ id, blocked, confirmed, role }) => ({
    id,
    roleId: role?.id ?? null,
    blocked: blocked === true,
    confirmed: confirmed === true,
  }));
}

export async function isConfirmationRequired(strapi: Core.Strapi): Promise<boolean> {
  const store = strapi.store({ type: 'plugin', name: 'users-permissions' });
  const advanced = (await store.get({ key: 'advanced' })) as {
    email_confirmation?: boolean;
  } | null;
  return advanced?.email_confirmation === true;
}
