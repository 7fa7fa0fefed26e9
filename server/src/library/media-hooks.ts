/** Follows what happens to media: replaced, deleted, or changed behind Strapi's back. */

import type { Core } from '@strapi/strapi';
import type { Background } from './background';
import type { Catalog, Job } from './catalog';
import type { MediaRow } from './field-instances';
import type { JobPlanner } from './job-plan';
import type { Media } from './media';
import type { Reconcile } from './reconcile';
import type { Tables } from './tables';

const FILE = 'plugin::upload.file';

export interface MediaHooks {
  start(): void;
  stop(): void;
  /** Looks whether a job's files are still the hashed ones, and follows when they are not. */
  check(job: Job): Promise<void>;
}

export interface MediaHooksDeps {
  strapi: Core.Strapi;
  tables: Tables;
  catalog: Catalog;
  media: Media;
  planner: JobPlanner;
  reconcile: Reconcile;
  background: Background;
  /** A job's files moved or changed: what was remembered about their place is void. */
  onChange: (job: Job) => void;
  /** What the media library now says of these media; deleted ones have no row. */
  onMedia: (ids: readonly string[], rows: readonly MediaRow[]) => void;
}

export function createMediaHooks(deps: MediaHooksDeps): MediaHooks {
  const { catalog, tables, background } = deps;
  let unsubscribe: (() => void) | null = null;

  async function check(job: Job): Promise<void> {
    const row = await tables.jobs.findOne({ where: { key: job.key } });
    if (row === null) return;
    const hashed = row.files;
    const ids = hashed.map(({ documentId }) => documentId);
    const rows = await deps.media.findAll(ids);
    deps.onMedia(ids, rows);
    const now = await deps.planner.fingerprints(rows);
    const same =
      rows.length === hashed.length &&
      hashed.every(({ fingerprint }, n) => fingerprint !== null && fingerprint === now[n]);
    deps.onChange(job);
    if (same) return;
    if (job.status === 'ready')
      await markStale(job, rows.length < hashed.length || now.includes(null));
    await followEntries(job);
  }

  async function markStale(job: Job, missing: boolean): Promise<void> {
    const problem = missing
      ? ({ code: 'file-missing', message: 'A file is no longer in storage.' } as const)
      : ({
          code: 'file-changed',
          message: 'A file is no longer the one that was hashed.',
        } as const);
    await tables.jobs.update({ key: job.key }, { jobStatus: 'stale', problem });
    Object.assign(job, { status: 'stale', problem });
  }

  async function followEntries(job: Job): Promise<void> {
    const entries = new Map(
      [...job.placements].map((p) => [`${p.contentType} ${p.entryId}`, p] as const),
    );
    for (const { contentType, entryId } of entries.values()) {
      await deps.reconcile(contentType, entryId);
    }
    if (job.placements.size === 0 && job.status === 'stale') {
      await tables.jobs.delete({ key: job.key });
      catalog.removeJob(job);
    }
  }

  /** `result` is the row; an update comes also for a new caption, so the bytes are compared. */
  function changed({ result }: { result?: unknown }): void {
    const documentId = (result as { documentId?: unknown } | undefined)?.documentId;
    if (typeof documentId !== 'string') return;
    const jobs = catalog.jobsOfMedia(documentId);
    if (jobs.length === 0) return;
    background.afterCommit('following media', async () => {
      for (const job of jobs) await check(job);
    });
  }

  return {
    check,
    start() {
      unsubscribe = deps.strapi.db.lifecycles.subscribe({
        models: [FILE],
        afterUpdate: changed,
        afterDelete: changed,
      });
    },
    stop() {
      unsubscribe?.();
    },
  };
}
