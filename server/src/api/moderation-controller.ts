/** Handlers of the admin routes that take torrents down, revoke keys, and show who did what. */

import { errors } from '@strapi/utils';
import type { Context } from 'koa';
import { z } from 'zod';
import type { AdminAuditList, AdminKeyList } from '../../../shared/admin-api';
import type { Library, Torrent } from '../library';
import { adminActorOf } from './actor';
import { pageSchema, pageSizeSchema, parseQuery } from './query';

const infoHash = z.string().regex(/^[0-9a-f]{40}$/, 'expected 40 lower-case hexadecimal digits');
const pathSchema = z.object({ infoHash });
const userSchema = z.object({ userId: z.coerce.number().int().min(1) });
const keySchema = pathSchema.extend(userSchema.shape);
const takedownSchema = z.object({ reason: z.string().trim().min(1).max(500) });
const pagesSchema = z.object({ page: pageSchema, pageSize: pageSizeSchema() });
const auditSchema = pagesSchema.extend({ infoHash: infoHash.optional() });

export function createModerationController(library: () => Library) {
  function torrentOf(ctx: Context): Torrent {
    const torrent = library().torrent(parseQuery(pathSchema, ctx['params']).infoHash);
    if (torrent === null) throw new errors.NotFoundError('There is no such torrent');
    return torrent;
  }

  return {
    takeDown: async (ctx: Context): Promise<void> => {
      const torrent = torrentOf(ctx);
      const { reason } = parseQuery(takedownSchema, ctx.request.body);
      await library().takeDown(torrent, reason);
      const actor = adminActorOf(ctx);
      library().audit.record({ action: 'torrent-taken-down', actor, torrent, reason });
      ctx.status = 204;
    },
    restore: async (ctx: Context): Promise<void> => {
      const torrent = torrentOf(ctx);
      if (!(await library().restore(torrent))) {
        throw new errors.NotFoundError('This torrent was not taken down');
      }
      library().audit.record({ action: 'torrent-restored', actor: adminActorOf(ctx), torrent });
      ctx.status = 204;
    },
    revokePasskey: async (ctx: Context): Promise<void> => {
      const { userId } = parseQuery(userSchema, ctx['params']);
      if (!(await library().revokePasskey(userId))) {
        throw new errors.NotFoundError('This user has no passkey');
      }
      library().audit.record({ action: 'passkey-revoked', actor: adminActorOf(ctx), userId });
      ctx.status = 204;
    },
    withdrawKeys: async (ctx: Context): Promise<void> => {
      const torrent = torrentOf(ctx);
      const { userId } = parseQuery(keySchema, ctx['params']);
      if (!(await library().withdrawKeysOf(userId, torrent))) {
        throw new errors.NotFoundError('This user has no keys');
      }
      const actor = adminActorOf(ctx);
      library().audit.record({ action: 'token-withdrawn', actor, torrent, userId });
      ctx.status = 204;
    },
    keys: async (ctx: Context): Promise<void> => {
      const body: AdminKeyList = await library().keys.list(parseQuery(pagesSchema, ctx.query));
      ctx.body = body;
    },
    audit: async (ctx: Context): Promise<void> => {
      const { infoHash = null, page, pageSize } = parseQuery(auditSchema, ctx.query);
      const body: AdminAuditList = await library().audit.list({ infoHash, page, pageSize });
      ctx.body = body;
    },
  };
}
