/**
 * The queue of generation jobs. Its rows are in the database, so that a killed Strapi goes on where
 * it was; its order and progress are in memory, so that waiting costs no query.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { TorrentProblem } from '../../../shared/torrent-value';
import { HashError, type Checkpoint, type HashPool, type HashProgress } from '../metainfo';
import type { Background } from './background';
import type { Catalog, Job } from './catalog';
import { finishJob } from './finish-job';
import type { JobFile, StoredCheckpoint } from './job';
import type { Media } from './media';
import { payloadKey } from './payload-key';
import { retrying } from './retry';
import type { Tables } from './tables';
import { isTakenDown } from './takedowns';

export interface Queue {
  /** Looks for work; cheap when there is none. */
  wake(): void;
  /** Stops hashing a job that nothing shows any more. */
  cancel(job: Job): void;
  /** Puts a failed job back into the queue. */
  retry(job: Job): Promise<void>;
  /** Stops hashing; what is done so far is kept for the next start. */
  stop(): Promise<void>;
}

export interface QueueDeps {
  tables: Tables;
  catalog: Catalog;
  media: Media;
  pool: HashPool;
  background: Background;
  /** Payloads hashed at once. */
  workers: number;
  /** Why there must be no torrent of a payload, or null. */
  takenDown: (payload: string) => TorrentProblem | null;
  /** A file changed while it was read: its entries are looked at again. */
  onChanged: (job: Job) => Promise<void>;
}

/** How much work a kill -9 can cost. */
const CHECKPOINT_EVERY_MS = 3_000;
/** Whoever is still writing a file gets this long before it is hashed again. */
const SETTLE_MS = 3_000;

export function createQueue(deps: QueueDeps): Queue {
  const { tables, catalog, pool } = deps;
  const running = new Map<Job, AbortController>();
  let stopped = false;

  function wake(): void {
    while (!stopped && running.size < deps.workers) {
      const job = next();
      if (job === undefined) return;
      const abort = new AbortController();
      running.set(job, abort);
      deps.background.run(`hashing ${job.key.slice(0, 8)}`, () => work(job, abort.signal));
    }
  }

  function next(): Job | undefined {
    let oldest: Job | undefined;
    for (const job of catalog.jobs()) {
      if (job.status !== 'queued' || running.has(job)) continue;
      if (oldest === undefined || job.createdAt < oldest.createdAt) oldest = job;
    }
    return oldest;
  }

  async function work(job: Job, signal: AbortSignal): Promise<void> {
    try {
      await hash(job, signal);
    } catch (error) {
      if (signal.aborted) return;
      await fail(job, error);
    } finally {
      running.delete(job);
      wake();
    }
  }

  async function hash(job: Job, signal: AbortSignal): Promise<void> {
    const row = await retrying(() => tables.jobs.findOne({ where: { key: job.key } }));
    if (row === null) return;
    Object.assign(job, { status: 'hashing', problem: null });
    const hashing = { jobStatus: 'hashing', problem: null } as const;
    await retrying(() => tables.jobs.update({ key: job.key }, hashing));
    const keeper = keepCheckpoints(job, signal);
    const result = await pool
      .run(
        {
          sources: await sourcesOf(row.files, deps.media),
          pieceLength: job.options.pieceLength,
          checkpoint: checkpointFrom(row.checkpoint),
        },
        { signal, onProgress: keeper.onProgress },
      )
      .finally(keeper.stop);
    if (signal.aborted) return;
    const takenDown = deps.takenDown(payloadKey(result.size, result.pieceLength, result.pieces));
    if (takenDown !== null) {
      await giveUp(job, takenDown);
      return;
    }
    const torrent = await retrying(() => finishJob(tables, row, result));
    const meanwhile = deps.takenDown(torrent.payload);
    if (meanwhile === null) catalog.completeJob(job, torrent);
    else await giveUp(job, meanwhile);
  }

  /** Writes a checkpoint now and then while a payload is being hashed, and a last one when told to stop. */
  function keepCheckpoints(job: Job, signal: AbortSignal) {
    let latest: HashProgress | null = null;
    const save = async (): Promise<void> => {
      if (latest === null) return;
      const checkpoint = checkpointOf(latest);
      await tables.jobs.update({ key: job.key }, { checkpoint, progress: job.progress });
    };
    const timer = setInterval(
      () => deps.background.run('saving a checkpoint', save),
      CHECKPOINT_EVERY_MS,
    ).unref();
    return {
      onProgress: (progress: HashProgress): void => {
        latest = progress;
        job.progress = progress.layout.size === 0 ? 0 : progress.hashedBytes / progress.layout.size;
      },
      stop: async (): Promise<void> => {
        clearInterval(timer);
        if (signal.aborted && stopped) await save();
      },
    };
  }

  async function giveUp(job: Job, problem: TorrentProblem): Promise<void> {
    Object.assign(job, { status: 'failed', problem });
    await retrying(() =>
      tables.jobs.update({ key: job.key }, { jobStatus: 'failed', problem, checkpoint: null }),
    );
  }

  async function fail(job: Job, error: unknown): Promise<void> {
    await giveUp(job, problemOf(error, job));
    if (!(error instanceof HashError) || error.code === 'internal') throw error; // into the log
    if (error.code === 'file-changed') {
      deps.background.run('a file changed while it was hashed', async () => {
        await sleep(SETTLE_MS, undefined, { ref: false });
        await deps.onChanged(job);
      });
    }
  }

  return {
    wake,
    cancel: (job) => running.get(job)?.abort(),
    async retry(job) {
      if (job.status !== 'failed' && job.status !== 'stale') return;
      // Hashing would not help, and meanwhile its doors would stand open.
      if (isTakenDown(job)) return;
      await tables.jobs.update({ key: job.key }, { jobStatus: 'queued', problem: null });
      Object.assign(job, { status: 'queued', progress: 0, problem: null });
      wake();
    },
    async stop() {
      stopped = true;
      for (const abort of running.values()) abort.abort();
      // The workers answer within a chunk; a stuck storage must not hold up the shutdown.
      for (let waited = 0; running.size > 0 && waited < 3_000; waited += 50) await sleep(50);
      await pool.stop();
    },
  };
}

async function sourcesOf(files: readonly JobFile[], media: Media) {
  const rows = await media.findAll(files.map(({ documentId }) => documentId));
  return Promise.all(
    files.map(({ documentId }, index) => {
      const row = rows.find((candidate) => candidate.documentId === documentId);
      if (row !== undefined) return media.sourceOf(row);
      throw new HashError('file-missing', 'The file is not in the media library.', index);
    }),
  );
}

function problemOf(error: unknown, job: Job): TorrentProblem {
  if (!(error instanceof HashError) || error.code === 'aborted' || error.code === 'internal') {
    return { code: 'internal', message: 'Hashing failed; the server log says why.' };
  }
  const { file } = error;
  const which =
    file !== null && job.mediaIds.length > 1 ? ` (file ${file + 1} of ${job.mediaIds.length})` : '';
  return { code: error.code, message: `${error.message}${which}` };
}

function checkpointOf({ layout, pieces }: HashProgress): StoredCheckpoint {
  return {
    fingerprints: layout.files.map(({ fingerprint }) => fingerprint),
    pieceLength: layout.pieceLength,
    pieces: Buffer.concat(pieces).toString('base64'),
  };
}

function checkpointFrom(stored: StoredCheckpoint | null): Checkpoint | null {
  return stored === null ? null : { ...stored, pieces: Buffer.from(stored.pieces, 'base64') };
}
