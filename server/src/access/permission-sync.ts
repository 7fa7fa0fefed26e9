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

/** For changes that nothing tells of: rows edited in the database itself. */
const REFRESH_MS = 30_000;
/** Below what databases allow as parameters of one query. */
const USERS_AT_ONCE = 500;

export interface PermissionSync {
  /** Loads both tables; resolves when a load that began after the call is in. */
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
  isUser: (userId: number) => boolean;
  /** False while there is no torrent to decide about: then nobody needs the tables refreshed. */
  isNeeded: () => boolean;
  /** Runs work after the current transaction, outside of it; failures are logged there. */
  afterCommit: (work: () => Promise<void>) => void;
  /** The tables are different now. */
  onNews: () => void;
  /** This process has changed roles or users: other processes want to know. */
  onOwnChange: () => void;
}

interface LifecycleEvent {
  model: { uid: string };
  result?: unknown;
}

export function createPermissionSync(deps: PermissionSyncDeps): PermissionSync {
  const { strapi } = deps;
  const hasUsersPermissions = 'users-permissions' in strapi.plugins;
  let timer: NodeJS.Timeout | null = null;
  let unsubscribe: (() => void) | null = null;
  let running: Promise<void> | null = null;
  let queued: Promise<void> | null = null;

  async function read(): Promise<void> {
    if (!hasUsersPermissions) return;
    const [roles, permissions, users, confirmationRequired] = await Promise.all([
      readRoles(strapi),
      readPermissions(strapi),
      readUsers(strapi, deps.userIds()),
      isConfirmationRequired(strapi),
    ]);
    const newRoles = deps.roles.replace(roles, permissions);
    const newUsers = deps.users.replace(users, { confirmationRequired });
    if (newRoles || newUsers) deps.onNews();
  }

  /** One at a time: of two side by side the older could finish last, and undo a revocation. */
  function load(): Promise<void> {
    if (running === null) {
      running = read().finally(() => (running = null));
      return running;
    }
    queued ??= running
      .catch(() => undefined)
      .then(() => {
        queued = null;
        return load();
      });
    return queued;
  }

  function changed({ model, result }: LifecycleEvent): void {
    if (model.uid === USER && isOfNoInterest(result)) return;
    deps.afterCommit(async () => {
      await load();
      deps.onOwnChange();
    });
  }

  /** Users without a passkey are written often (each registration) and never announce. */
  function isOfNoInterest(user: unknown): boolean {
    const id = (user as { id?: unknown } | null | undefined)?.id;
    return typeof id === 'number' && !deps.isUser(id);
  }

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
        if (deps.isNeeded()) deps.afterCommit(load);
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

async function readUsers(strapi: Core.Strapi, ids: readonly number[]): Promise<UserRow[]> {
  const users: UserRow[] = [];
  for (let at = 0; at < ids.length; at += USERS_AT_ONCE) {
    const rows = (await strapi.db.query(USER).findMany({
      select: ['id', 'blocked', 'confirmed'],
      where: { id: { $in: ids.slice(at, at + USERS_AT_ONCE) } },
      populate: { role: { select: ['id'] } },
    })) as {
      id: number;
      blocked: boolean | null;
      confirmed: boolean | null;
      role: { id: number } | null;
    }[];
    for (const { id, blocked, confirmed, role } of rows) {
      users.push({
        id,
        roleId: role?.id ?? null,
        blocked: blocked === true,
        confirmed: confirmed === true,
      });
    }
  }
  return users;
}

export async function isConfirmationRequired(strapi: Core.Strapi): Promise<boolean> {
  const store = strapi.store({ type: 'plugin', name: 'users-permissions' });
  const advanced = (await store.get({ key: 'advanced' })) as {
    email_confirmation?: boolean;
  } | null;
  return advanced?.email_confirmation === true;
}
