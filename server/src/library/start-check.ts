/**
 * What was remembered of entries may be behind them when Strapi starts: it was killed between a
 * change and its following, or the schema was edited. No door may open before that is put right.
 * It looks at entries that show a torrent, never at the site's other content.
 */

import type { Core, UID } from '@strapi/strapi';
import type { PlacementRow } from './tables';
import type { FieldTree, TorrentField, TorrentFields } from './torrent-fields';

export interface CheckedPlacements {
  /** Only those that are still true, with the options that the fields have now. */
  placements: PlacementRow[];
  /** Entries that are no longer as they were remembered. */
  outdated: { contentType: string; entryId: string }[];
}

const ENTRIES_AT_ONCE = 500;

export async function checkPlacements(
  strapi: Core.Strapi,
  fields: TorrentFields,
  rows: readonly PlacementRow[],
): Promise<CheckedPlacements> {
  const published = await publishedVersions(strapi, rows);
  const outdated = new Map<string, { contentType: string; entryId: string }>();
  const placements = rows.flatMap((row) => {
    const now = withPresentOptions(fields, row);
    const isGone = row.published && !published.has(versionKey(row));
    if (now === null || isGone || !sameOptions(now, row)) {
      const { contentType, entryId } = row;
      outdated.set(`${contentType} ${entryId}`, { contentType, entryId });
    }
    return now === null || isGone ? [] : [now];
  });
  return { placements, outdated: [...outdated.values()] };
}

interface VersionRow {
  documentId: string;
  locale?: string | null;
}

async function publishedVersions(
  strapi: Core.Strapi,
  rows: readonly PlacementRow[],
): Promise<ReadonlySet<string>> {
  const byType = new Map<string, Set<string>>();
  for (const { contentType, entryId, published } of rows) {
    if (published && contentType in strapi.contentTypes) {
      byType.set(contentType, (byType.get(contentType) ?? new Set()).add(entryId));
    }
  }
  const found = new Set<string>();
  for (const [contentType, ids] of byType) {
    const { options, attributes } = strapi.contentType(contentType as UID.ContentType);
    const isDrafted = options?.draftAndPublish === true;
    const select = ['documentId', ...('locale' in attributes ? ['locale'] : [])];
    const all = [...ids];
    for (let at = 0; at < all.length; at += ENTRIES_AT_ONCE) {
      const documentId = { $in: all.slice(at, at + ENTRIES_AT_ONCE) };
      const where = { documentId, ...(isDrafted ? { publishedAt: { $notNull: true } } : {}) };
      const versions = (await strapi.db
        .query(contentType)
        .findMany({ select, where })) as VersionRow[];
      for (const { documentId: entryId, locale = null } of versions) {
        found.add(versionKey({ contentType, entryId, entryLocale: locale }));
      }
    }
  }
  return found;
}

const versionKey = ({
  contentType,
  entryId,
  entryLocale,
}: Pick<PlacementRow, 'contentType' | 'entryId' | 'entryLocale'>): string =>
  JSON.stringify([contentType, entryId, entryLocale]);

/** `null` when the type has no such field any more. */
function withPresentOptions(fields: TorrentFields, row: PlacementRow): PlacementRow | null {
  const candidates = fieldsAt(fields.treeOf(row.contentType), row.path.split('.'));
  // Members of a dynamic zone may have fields of one name; which one it was, the path does not say.
  const field = candidates.find((one) => sameOptions(one, row)) ?? candidates[0];
  if (field === undefined) return null;
  return { ...row, roles: [...field.roles], webSeed: field.webSeed, seed: field.seed };
}

type Options = Pick<PlacementRow, 'webSeed' | 'seed'> & { roles: readonly string[] | null };

const sameOptions = (a: Options, b: Options): boolean =>
  a.webSeed === b.webSeed &&
  (a.seed !== false) === (b.seed !== false) &&
  (a.roles ?? []).join() === (b.roles ?? []).join();

/** `blocks.1.torrent`: indices are skipped, every member of a zone is a candidate. */
function fieldsAt(tree: FieldTree | null, path: readonly string[]): TorrentField[] {
  const [step, ...rest] = path;
  if (tree === null || step === undefined) return [];
  if (/^\d+$/.test(step)) return fieldsAt(tree, rest);
  if (rest.length === 0) return tree.fields.filter(({ attribute }) => attribute === step);
  const component = tree.components.find(({ attribute }) => attribute === step);
  const zone = tree.zones.find(({ attribute }) => attribute === step);
  const below = [component?.tree ?? null, ...(zone?.trees.values() ?? [])];
  return below.flatMap((member) => fieldsAt(member, rest));
}
