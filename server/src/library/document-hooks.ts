/** Follows what happens to entries: cleans what clients send, and brings the library in line after. */

import type { Core } from '@strapi/strapi';
import type { Background } from './background';
import { createCleanData } from './clean-data';
import { isRecord } from './is-record';
import type { Media } from './media';
import type { Reconcile } from './reconcile';
import type { TorrentFields } from './torrent-fields';
import { retrying } from './retry';
import { rowOfEntry, type WrittenRow } from './written-row';

/** Actions of the document service that can change which torrents an entry shows. */
const WRITES = new Set([
  'create',
  'update',
  'clone',
  'delete',
  'publish',
  'unpublish',
  'discardDraft',
]);

export interface DocumentHooksDeps {
  strapi: Core.Strapi;
  fields: TorrentFields;
  media: Media;
  reconcile: Reconcile;
  background: Background;
}

/** The part of Strapi's document middleware context that is used here. */
export interface DocumentContext {
  uid: string;
  action: string;
  params: object;
}

export type DocumentMiddleware = (
  context: DocumentContext,
  next: () => Promise<unknown>,
) => Promise<unknown>;

export function createDocumentMiddleware(deps: DocumentHooksDeps): DocumentMiddleware {
  const { strapi, fields, background } = deps;
  const cleanData = createCleanData(deps);

  async function follow(contentType: string, entryId: string): Promise<void> {
    const work = (): Promise<void> => deps.reconcile(contentType, entryId);
    if (strapi.db.inTransaction()) {
      // The caller's transaction may still be rolled back, and SQLite has no second connection.
      background.afterCommit('following an entry', () => retrying(work));
      return;
    }
    try {
      await work();
    } catch (error) {
      // The entry is saved: its torrent must not turn that into an error for the editor.
      strapi.log.warn(`[bittorrent] following ${contentType} ${entryId} failed, trying again`);
      strapi.log.debug(error);
      background.run('following an entry', () => retrying(work));
    }
  }

  return async (context, next) => {
    const tree = fields.treeOf(context.uid);
    if (tree === null || !WRITES.has(context.action)) return next();
    const params = context.params as { data?: unknown; documentId?: unknown; locale?: unknown };
    if (isRecord(params.data)) {
      const row = (): Promise<WrittenRow | null> =>
        rowOfEntry(strapi, { uid: context.uid, params });
      params.data = await cleanData({ tree, row, prefix: '' }, params.data);
    }
    const result: unknown = await next();
    const entryId = documentIdOf(context.action === 'clone' ? {} : params) ?? documentIdOf(result);
    if (entryId !== undefined) await follow(context.uid, entryId);
    return result;
  };
}

function documentIdOf(value: unknown): string | undefined {
  if (!isRecord(value) || typeof value['documentId'] !== 'string') return undefined;
  return value['documentId'];
}
