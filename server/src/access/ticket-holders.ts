/** Who holds a ticket: told from a request when it is issued, from the database when it is shown. */

import type { Core } from '@strapi/strapi';
import { isConfirmationRequired } from './permission-sync';
import { readerFromAuth, type Reader } from './reader';
import type { TicketHolder } from './upload-tickets';

export interface TicketHolders {
  /** The present reader behind a ticket; `null` when he is gone, blocked or expired. */
  readerOf(holder: TicketHolder): Promise<Reader | null>;
  /** Whether an admin may see the media library, or entries of one of these types. */
  adminMaySee(adminId: number, contentTypes: ReadonlySet<string>): Promise<boolean>;
}

const KIND_OF_STRATEGY: Record<string, TicketHolder['kind']> = {
  'users-permissions': 'user',
  'content-api-token': 'api-token',
  admin: 'admin',
};

/** Behind `ctx.state.auth`; `null` for Public and whoever else has no id to be asked about later. */
export function ticketHolderFromAuth(auth: unknown): TicketHolder | null {
  const { strategy, credentials } = (auth ?? {}) as {
    strategy?: { name?: string };
    credentials?: { id?: unknown } | null;
  };
  const kind = KIND_OF_STRATEGY[strategy?.name ?? ''];
  const id = credentials?.id;
  return kind === undefined || typeof id !== 'number' ? null : { kind, id };
}

export function createTicketHolders(strapi: Core.Strapi): TicketHolders {
  async function userReader(id: number): Promise<Reader | null> {
    if (!('users-permissions' in strapi.plugins)) return null;
    const user = (await strapi.db.query('plugin::users-permissions.user').findOne({
      where: { id },
      select: ['id', 'blocked', 'confirmed'],
      populate: { role: { select: ['id'] } },
    })) as { blocked: boolean | null; confirmed: boolean | null } | null;
    if (user === null || user.blocked === true) return null;
    if (user.confirmed !== true && (await isConfirmationRequired(strapi))) return null;
    return readerFromAuth({ strategy: { name: 'users-permissions' }, credentials: user });
  }

  async function tokenReader(id: number): Promise<Reader | null> {
    const token = (await strapi.db.query('admin::api-token').findOne({
      where: { id },
      populate: ['permissions'],
    })) as {
      type: string;
      expiresAt: string | number | null;
      permissions: { action: string }[];
    } | null;
    if (token === null) return null;
    if (token.expiresAt !== null && new Date(Number(token.expiresAt)).getTime() < Date.now()) {
      return null;
    }
    const permissions = token.permissions.map(({ action }) => action);
    const credentials = { id, type: token.type, permissions };
    return readerFromAuth({ strategy: { name: 'content-api-token' }, credentials });
  }

  return {
    async readerOf({ kind, id }) {
      switch (kind) {
        case 'user':
          return userReader(id);
        case 'api-token':
          return tokenReader(id);
        case 'admin':
          return null; // an admin has no rights of a reader; see `adminMaySee`
      }
    },
    async adminMaySee(adminId, contentTypes) {
      const admin = (await strapi.db.query('admin::user').findOne({
        where: { id: adminId },
        populate: ['roles'],
      })) as { isActive: boolean; blocked: boolean; roles: { id: number; code: string }[] } | null;
      if (admin?.isActive !== true || admin.blocked) return false;
      if (admin.roles.some(({ code }) => code === 'strapi-super-admin')) return true;
      // Conditions of a permission have been asked by Strapi before it showed him the file.
      const permissions = (await strapi.db.query('admin::permission').findMany({
        where: {
          role: { id: { $in: admin.roles.map(({ id }) => id) } },
          action: { $in: ['plugin::upload.read', 'plugin::content-manager.explorer.read'] },
        },
        select: ['action', 'subject'],
      })) as { action: string; subject: string | null }[];
      return permissions.some(
        ({ action, subject }) =>
          action === 'plugin::upload.read' || (subject !== null && contentTypes.has(subject)),
      );
    },
  };
}
