/** Handlers of the content API: parse, ask the library, shape. */

import type { Core } from '@strapi/strapi';
import { errors } from '@strapi/utils';
import type { Context } from 'koa';
import { z } from 'zod';
import type { AuditAction } from '../../../shared/admin-api';
import { readerFromAuth, type Reader } from '../access';
import type { Library, Torrent } from '../library';
import { actorOf } from './actor';
import { pageSchema, pageSizeSchema, parseQuery, sortSchema } from './query';
import { sendTorrentFile } from './torrent-download';

const listSchema = z.object({
  search: z.string().max(200).default(''),
  sort: sortSchema(['createdAt', 'name', 'size', 'seeders', 'leechers', 'completed'], 'createdAt'),
  contentType: z.string().optional(),
  filters: z.object({ contentType: z.string().optional() }).prefault({}),
  pagination: z.object({ page: pageSchema, pageSize: pageSizeSchema() }).prefault({}),
});

const INFO_HASH = /^[0-9a-f]{40}$/;

export interface ContentControllerDeps {
  strapi: Core.Strapi;
  library: () => Library;
}

export function createContentController({ library }: ContentControllerDeps) {
  const readerOf = (ctx: Context): Reader => readerFromAuth(ctx.state['auth']);

  /** One answer for unknown and forbidden: a stranger learns nothing from the difference. */
  async function allowedTorrent(ctx: Context): Promise<Torrent> {
    const infoHash = (ctx['params'] as { infoHash: string }).infoHash.toLowerCase();
    if (!INFO_HASH.test(infoHash)) {
      throw new errors.ValidationError('infoHash must be 40 hexadecimal digits');
    }
    const torrent = await library().readable(infoHash, readerOf(ctx));
    if (torrent !== null) return torrent;
    // A PolicyError, because Strapi swallows the text of any other 403.
    throw new errors.PolicyError('There is no such torrent, or you may not have it');
  }

  /** @param what that only a user has */
  function userIdOf(ctx: Context, what: string): number {
    const reader = readerOf(ctx);
    if (reader.kind === 'user') return reader.userId;
    throw new errors.PolicyError(`Only a user has ${what}`);
  }

  function record(ctx: Context, action: AuditAction, torrent?: Torrent): void {
    const actor = actorOf(ctx);
    if (actor !== null) library().audit.record({ action, actor, ...(torrent && { torrent }) });
  }

  return {
    find: async (ctx: Context): Promise<void> => {
      const { search, sort, contentType, filters, pagination } = parseQuery(listSchema, ctx.query);
      ctx.body = await library().list(readerOf(ctx), {
        search,
        sort,
        contentType: contentType ?? filters.contentType ?? null,
        ...pagination,
      });
    },
    findOne: async (ctx: Context): Promise<void> => {
      const torrent = await allowedTorrent(ctx);
      ctx.body = { data: await library().values.ofTorrent(torrent, readerOf(ctx)) };
    },
    download: async (ctx: Context): Promise<void> => {
      const torrent = await allowedTorrent(ctx);
      sendTorrentFile(ctx, torrent, await library().torrentFile(torrent, readerOf(ctx)));
      record(ctx, 'torrent-downloaded', torrent);
    },
    link: async (ctx: Context): Promise<void> => {
      const userId = userIdOf(ctx, 'links and keys of his own');
      const torrent = await allowedTorrent(ctx);
      privately(ctx);
      const link = await library().downloadLink(userId, torrent);
      ctx.body = { data: link };
      // The common link of a public torrent is nobody's own.
      if (link.expiresAt !== null) record(ctx, 'link-issued', torrent);
    },
    rotateToken: async (ctx: Context): Promise<void> => {
      const userId = userIdOf(ctx, 'links and keys of his own');
      const torrent = await allowedTorrent(ctx);
      privately(ctx);
      await library().withdrawTokens(userId, torrent);
      record(ctx, 'token-withdrawn', torrent);
      ctx.body = { data: await library().values.ofTorrent(torrent, readerOf(ctx)) };
    },
    passkey: async (ctx: Context): Promise<void> => {
      const userId = userIdOf(ctx, 'a passkey');
      privately(ctx);
      ctx.body = { data: await library().passkey(userId) };
      record(ctx, 'passkey-shown');
    },
    rotatePasskey: async (ctx: Context): Promise<void> => {
      const userId = userIdOf(ctx, 'a passkey');
      privately(ctx);
      ctx.body = { data: await library().rotatePasskey(userId) };
      record(ctx, 'passkey-rotated');
    },
  };
}

function privately(ctx: Context): void {
  ctx.set('Cache-Control', 'private, no-store');
  ctx.set('Referrer-Policy', 'no-referrer');
}
