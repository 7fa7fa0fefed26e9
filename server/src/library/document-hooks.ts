/** Follows what happens to entries: cleans what clients send, and brings the library in line after. */

import type { Core } from '@strapi/strapi';
import { errors } from '@strapi/utils';
import type { StoredTorrentField } from '../../../shared/field-options';
import type { Background } from './background';
import {
  parseFieldInput,
  storedSettings,
  type FieldInput,
  type FieldSettings,
} from './field-value';
import type { Media } from './media';
import type { Reconcile } from './reconcile';
import type { FieldTree, TorrentFields } from './torrent-fields';
import { retrying } from './retry';

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
    const params = context.params as { data?: unknown; documentId?: unknown };
    if (isRecord(params.data)) {
      params.data = await cleanData(tree, params.data, deps.media, '');
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

/** A copy of the data in which torrent fields hold a selection of files and the editor's settings, and nothing else. */
async function cleanData(
  tree: FieldTree,
  data: Record<string, unknown>,
  media: Media,
  prefix: string,
): Promise<Record<string, unknown>> {
  const clean = omitUnchanged(tree, data, prefix);
  for (const { attribute, source } of tree.fields) {
    if (clean[attribute] === undefined) continue;
    const path = `${prefix}${attribute}`;
    const input = parseFieldInput(clean[attribute], path);
    if (input.kind === 'selection') clean[attribute] = await selection(input, media, path);
    if (input.kind === 'settings') clean[attribute] = settingsAlone(source, input.settings, path);
  }
  for (const { attribute, tree: below } of tree.components) {
    if (!(attribute in clean)) continue; // an update names only what it changes
    clean[attribute] = await cleanNested(
      () => below,
      clean[attribute],
      media,
      `${prefix}${attribute}`,
    );
  }
  for (const { attribute, trees } of tree.zones) {
    if (!(attribute in clean)) continue;
    const treeOf = (item: Record<string, unknown>) => trees.get(String(item['__component']));
    clean[attribute] = await cleanNested(treeOf, clean[attribute], media, `${prefix}${attribute}`);
  }
  return clean;
}

function omitUnchanged(
  tree: FieldTree,
  data: Record<string, unknown>,
  prefix: string,
): Record<string, unknown> {
  const unchanged = new Set(
    tree.fields
      .map(({ attribute }) => attribute)
      .filter((attribute) => {
        const value = data[attribute];
        if (value === undefined) return false;
        return parseFieldInput(value, `${prefix}${attribute}`).kind === 'unchanged';
      }),
  );
  return Object.fromEntries(
    Object.entries(data).filter(([attribute]) => !unchanged.has(attribute)),
  );
}

async function cleanNested(
  treeOf: (item: Record<string, unknown>) => FieldTree | undefined,
  value: unknown,
  media: Media,
  prefix: string,
): Promise<unknown> {
  if (Array.isArray(value)) {
    return Promise.all(
      value.map((item, index) => cleanNested(treeOf, item, media, `${prefix}.${index}`)),
    );
  }
  const below = isRecord(value) ? treeOf(value) : undefined;
  return isRecord(value) && below !== undefined
    ? cleanData(below, value, media, `${prefix}.`)
    : value;
}

/** Numeric ids do not survive an export: `documentId`s are stored. */
async function selection(
  { files: ids, settings }: Extract<FieldInput, { kind: 'selection' }>,
  media: Media,
  path: string,
): Promise<StoredTorrentField | null> {
  if (ids.length === 0) return null;
  const rows = await media.findAll(ids.filter((id) => typeof id === 'number'));
  const files = ids.map((id) => {
    const documentId = typeof id === 'string' ? id : rows.find((row) => row.id === id)?.documentId;
    if (documentId !== undefined) return documentId;
    throw new errors.ValidationError(`${path}.files: there is no media with the id ${id}`);
  });
  return { files, ...storedSettings(settings) };
}

/** The rest of the value is the server's; only a choice of files would be lost. */
function settingsAlone(
  source: string | null,
  settings: FieldSettings,
  path: string,
): StoredTorrentField {
  if (source !== null) return storedSettings(settings);
  const sent = settings.confirmed ? 'confirmUnprotected' : 'seed';
  throw new errors.ValidationError(`${path}.files must be sent together with ${sent}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
