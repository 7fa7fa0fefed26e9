/** Handlers of the admin routes: parse, ask the library, shape. */

import type { Core, UID } from '@strapi/strapi';
import { errors } from '@strapi/utils';
import type { Context } from 'koa';
import { z } from 'zod';
import type {
  AdminFieldsResponse,
  AdminMediaResponse,
  AdminTorrentList,
} from '../../../shared/admin-api';
import { adminMayRead, PUBLIC, type AdminAbility } from '../access';
import type { EntryVersion, Library } from '../library';
import { adminActorOf } from './actor';
import { pageSchema, pageSizeSchema, parseQuery, sortSchema } from './query';
import { sendTorrentFile } from './torrent-download';

const SORTS = ['createdAt', 'name', 'status', 'size', 'seeders', 'leechers', 'completed'] as const;

const listSchema = z.object({
  search: z.string().max(200).default(''),
  sort: sortSchema(SORTS, 'createdAt'),
  page: pageSchema,
  pageSize: pageSizeSchema(10),
});

const versionSchema = z.object({
  uid: z.string().min(1),
  documentId: z.string().min(1),
  locale: z.string().optional(),
  status: z.enum(['draft', 'published']).default('draft'),
});
const keySchema = z.object({ key: z.string().regex(/^[0-9a-f]{64}$/, 'expected a job key') });

const mediaSchema = z.object({
  ids: z.string().transform((text) =>
    text
      .split(',')
      .filter((id) => id !== '')
      .slice(0, 1000),
  ),
});

/** Route policy: the admin user may read this entry in the content manager. */
export function mayReadEntry(
  { request, state }: Pick<Context, 'request' | 'state'>,
  _config: unknown,
  { strapi }: { strapi: Core.Strapi },
): Promise<boolean> {
  const { uid, documentId, locale, status } = parseQuery(versionSchema, parameters(request));
  return adminMayRead(strapi, state['userAbility'] as AdminAbility | undefined, {
    contentType: uid,
    entryId: documentId,
    locale: locale ?? null,
    status,
  });
}

/** From the request and not the context: of that, policies get a copy without its getters. */
function parameters(request: Context['request']): unknown {
  return request.method === 'POST' ? request.body : request.query;
}

export interface AdminControllerDeps {
  strapi: Core.Strapi;
  library: () => Library;
}

export function createAdminController({ strapi, library }: AdminControllerDeps) {
  function versionOf(ctx: Context): EntryVersion {
    const { uid, documentId, locale, status } = parseQuery(versionSchema, parameters(ctx.request));
    if (!(uid in strapi.contentTypes)) {
      throw new errors.NotFoundError('There is no such content type');
    }
    return {
      contentType: uid,
      entryId: documentId,
      locale: locale ?? null,
      published: status === 'published' || !hasDrafts(strapi, uid),
    };
  }

  return {
    find: async (ctx: Context): Promise<void> => {
      const query = parseQuery(listSchema, ctx.query);
      const body: AdminTorrentList = await library().overview.list(query);
      ctx.body = body;
    },
    fields: async (ctx: Context): Promise<void> => {
      const body: AdminFieldsResponse = { data: await library().entryState(versionOf(ctx)) };
      ctx.body = body;
    },
    download: async (ctx: Context): Promise<void> => {
      const { key } = parseQuery(keySchema, ctx.query);
      const torrent = library().torrentOfEntry(versionOf(ctx), key);
      if (torrent === null) throw new errors.NotFoundError('This entry has no such torrent');
      sendTorrentFile(ctx, torrent, await library().torrentFile(torrent, PUBLIC));
      const actor = adminActorOf(ctx);
      library().audit.record({ action: 'torrent-downloaded', actor, torrent });
    },
    retry: async (ctx: Context): Promise<void> => {
      const { key } = parseQuery(keySchema, ctx.request.body);
      const version = versionOf(ctx);
      if (!(await library().retry(version, key))) {
        throw new errors.NotFoundError('This entry has no failed torrent to try again');
      }
      const body: AdminFieldsResponse = { data: await library().entryState(version) };
      ctx.body = body;
    },
    media: async (ctx: Context): Promise<void> => {
      const { ids } = parseQuery(mediaSchema, ctx.query);
      const rows = await library().media.findAll(ids);
      const body: AdminMediaResponse = {
        // Strapi keeps kB with two decimals.
        data: rows.map(({ documentId, name, size }) => ({
          documentId,
          name,
          size: Math.round(size * 1000),
        })),
      };
      ctx.body = body;
    },
  };
}

function hasDrafts(strapi: Core.Strapi, uid: string): boolean {
  return strapi.contentType(uid as UID.ContentType).options?.draftAndPublish === true;
}
