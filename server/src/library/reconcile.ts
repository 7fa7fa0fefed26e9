/**
 * Brings the plugin's tables, the entry's stored value and the catalog in line with what an entry
 * holds now. It reads the entry anew instead of trusting what changed: every save, publication,
 * deletion, locale and replaced file leads to the same code.
 */

import type { Core, UID } from '@strapi/strapi';
import type { StoredTorrentField } from '../../../shared/field-options';
import type { Catalog, Job, Placement } from './catalog';
import {
  fieldInstances,
  populateOf,
  type FieldInstance,
  type MediaRow,
  type Row,
} from './field-instances';
import { parseStored } from './field-value';
import type { JobProblem } from './job';
import type { JobPlanner, MediaSelection } from './job-plan';
import { createKeyedMutex } from './keyed-mutex';
import type { Media } from './media';
import { createPlannedJobs } from './planned-jobs';
import type { Queue } from './queue';
import type { Tables } from './tables';
import type { FieldTree, TorrentFields } from './torrent-fields';

/** Brings one entry (all locales, draft and published) in line. */
export interface Reconcile {
  (contentType: string, entryId: string): Promise<void>;
  /** The same where the tables are known to be behind: they are written in any case. */
  anew(contentType: string, entryId: string): Promise<void>;
}

export interface ReconcileDeps {
  strapi: Core.Strapi;
  tables: Tables;
  catalog: Catalog;
  fields: TorrentFields;
  planner: JobPlanner;
  media: Media;
  queue: Pick<Queue, 'wake' | 'cancel'>;
  /** Why there must be no torrent of a payload, or null. */
  takenDown: (payload: string) => JobProblem | null;
  /** Files that are about to back a torrent. */
  onMedia: (rows: readonly MediaRow[]) => void;
}

interface ValueWrite {
  holder: FieldInstance['holder'];
  attribute: string;
  value: StoredTorrentField | null;
}

interface Target {
  placements: Placement[];
  writes: ValueWrite[];
}

export function createReconcile(deps: ReconcileDeps): Reconcile {
  const { strapi, catalog, fields, tables } = deps;
  const jobs = createPlannedJobs(deps);
  const exclusively = createKeyedMutex();
  /** Entries whose rows are behind the catalog, because writing them failed so far. */
  const unsaved = new Set<string>();

  async function reconcile(contentType: string, entryId: string): Promise<void> {
    const tree = fields.treeOf(contentType);
    if (tree === null) {
      await forget(contentType, entryId);
      return;
    }
    const before = catalog.placementsOfEntry(contentType, entryId);
    const target: Target = { placements: [], writes: [] };
    const versions = await loadVersions(strapi, tree, contentType, entryId);
    closeUnpublished(contentType, entryId, versions);
    for (const row of versions) {
      for (const instance of fieldInstances(tree, contentType, row)) {
        await settle(instance, { contentType, entryId, row, before }, target);
      }
    }
    const key = `${contentType} ${entryId}`;
    const isNews = !samePlacements(before, target.placements) || target.writes.length > 0;
    if (isNews || unsaved.has(key)) {
      unsaved.add(key);
      await persist(contentType, entryId, target);
      unsaved.delete(key);
    }
    catalog.replacePlacements(contentType, entryId, target.placements);
    await jobs.collectGarbage(before.map(({ jobKey }) => jobKey));
    deps.queue.wake();
  }

  /** The type has no torrent field any more, or is gone. */
  async function forget(contentType: string, entryId: string): Promise<void> {
    await tables.placements.delete({ contentType, entryId });
    catalog.replacePlacements(contentType, entryId, []);
    unsaved.delete(`${contentType} ${entryId}`);
  }

  /** At once: what follows may have to ask a remote storage for its files. */
  function closeUnpublished(contentType: string, entryId: string, versions: readonly Row[]): void {
    const open = new Set(
      versions
        .filter((row) => isPublished(strapi, contentType, row))
        .map((row) => row['locale'] ?? null),
    );
    const before = catalog.placementsOfEntry(contentType, entryId);
    const kept = before.filter(({ published, locale }) => !published || open.has(locale));
    if (kept.length === before.length) return;
    unsaved.add(`${contentType} ${entryId}`);
    catalog.replacePlacements(contentType, entryId, kept);
  }

  async function settle(instance: FieldInstance, at: Version, target: Target): Promise<void> {
    const stored = parseStored(instance.value);
    const selection = await selectionOf(instance, deps.media);
    const kept = {
      ...(instance.field.source === null ? { files: stored.files ?? [] } : {}),
      ...(stored.confirmUnprotected === true ? { confirmUnprotected: true as const } : {}),
      ...(stored.seed === false ? { seed: false as const } : {}),
    };
    if (selection.media.length + selection.missing.length === 0) {
      write(instance, null, target);
      return;
    }
    deps.onMedia(selection.media);
    const plan = await deps.planner.plan(instance.field, at.contentType, selection);
    const job = await jobs.of(plan);
    const placement = placementFor(instance, at, job, stored);
    target.placements.push(placement);
    write(instance, { ...kept, job: job.key, revision: placement.revision }, target);
  }

  function placementFor(
    { field, path }: FieldInstance,
    { contentType, entryId, row, before }: Version,
    job: Job,
    stored: StoredTorrentField,
  ): Placement {
    const locale = typeof row['locale'] === 'string' ? row['locale'] : null;
    const published = isPublished(strapi, contentType, row);
    const previous = before.find(
      (p) => p.path === path && p.locale === locale && p.published === published,
    );
    return {
      contentType,
      entryId,
      locale,
      published,
      path,
      jobKey: job.key,
      revision: revisionOf(job, previous, stored),
      roles: field.roles,
      webSeed: field.webSeed,
      seed: field.seed,
      seedPaused: stored.seed === false,
    };
  }

  /** A version copied by publication brings the number it had as a draft with it. */
  function revisionOf(
    job: Job,
    previous: Placement | undefined,
    stored: Pick<StoredTorrentField, 'job' | 'revision'>,
  ): number {
    if (stored.job === job.key && stored.revision !== undefined) return stored.revision;
    if (previous === undefined) return 1;
    const before = catalog.job(previous.jobKey);
    const same = before === job || (job.infoHash !== null && before?.infoHash === job.infoHash);
    return same ? previous.revision : previous.revision + 1;
  }

  async function persist(contentType: string, entryId: string, target: Target): Promise<void> {
    await strapi.db.transaction(async () => {
      await tables.placements.delete({ contentType, entryId });
      for (const { locale, ...placement } of target.placements) {
        const roles = [...placement.roles];
        await tables.placements.create({ ...placement, roles, entryLocale: locale });
      }
      for (const { holder, attribute, value } of target.writes) {
        // Below the lifecycles: `updatedAt` must not move, or the entry would look modified.
        // That far down JSON is text, in every database.
        await strapi.db
          .queryBuilder(holder.uid as UID.ContentType)
          .update({ [attribute]: value === null ? null : JSON.stringify(value) })
          .where({ id: holder.id })
          .execute();
      }
    });
  }

  const run = (contentType: string, entryId: string): Promise<void> =>
    exclusively(`${contentType} ${entryId}`, () => reconcile(contentType, entryId));

  return Object.assign(run, {
    anew(contentType: string, entryId: string): Promise<void> {
      unsaved.add(`${contentType} ${entryId}`);
      return run(contentType, entryId);
    },
  });
}

interface Version {
  contentType: string;
  entryId: string;
  row: Row;
  before: readonly Placement[];
}

async function loadVersions(
  strapi: Core.Strapi,
  tree: FieldTree,
  contentType: string,
  entryId: string,
): Promise<Row[]> {
  const always = ['id', 'documentId', 'publishedAt', 'locale'];
  return (await strapi.db.query(contentType).findMany({
    where: { documentId: entryId },
    ...populateOf(tree, always),
  })) as Row[];
}

function isPublished(strapi: Core.Strapi, contentType: string, row: Row): boolean {
  const { options } = strapi.contentType(contentType as UID.ContentType);
  return options?.draftAndPublish !== true || row['publishedAt'] != null;
}

async function selectionOf(instance: FieldInstance, media: Media): Promise<MediaSelection> {
  const stored = parseStored(instance.value);
  const confirmed = stored.confirmUnprotected === true;
  if (instance.field.source !== null) {
    return { media: unique(instance.sourceMedia), missing: [], confirmed };
  }
  const ids = [...new Set(stored.files ?? [])];
  const rows = await media.findAll(ids);
  const found = new Set(rows.map(({ documentId }) => documentId));
  return { media: rows, missing: ids.filter((id) => !found.has(id)), confirmed };
}

/** The same file can be attached twice; in a torrent it is one file. */
function unique(rows: readonly MediaRow[]): MediaRow[] {
  return [...new Map(rows.map((row) => [row.documentId, row])).values()];
}

function write(
  { value, holder, field }: FieldInstance,
  next: StoredTorrentField | null,
  target: Target,
): void {
  // Compared by content: PostgreSQL gives the keys of a JSON value back in an order of its own.
  const same = next === null ? value == null : canonical(parseStored(value)) === canonical(next);
  if (!same) target.writes.push({ holder, attribute: field.attribute, value: next });
}

function canonical(stored: StoredTorrentField): string {
  const { files, job, revision, confirmUnprotected, seed } = stored;
  return JSON.stringify([files, job, revision, confirmUnprotected, seed]);
}

function samePlacements(a: readonly Placement[], b: readonly Placement[]): boolean {
  const text = (placements: readonly Placement[]): string =>
    JSON.stringify(
      placements
        .map((p) => [
          [p.locale, p.published, p.path, p.jobKey, p.revision],
          [p.roles, p.webSeed, p.seed, p.seedPaused],
        ])
        .sort(),
    );
  return text(a) === text(b);
}
