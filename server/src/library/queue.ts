/**
 * The queue of generation jobs. Its rows are in the database, so that a killed Strapi goes on where
 * it was, and several processes share the work; its order and progress are in memory, so that waiting
 * for one's own work costs no query.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { HashError, type HashPool, type HashResult } from '../metainfo';
import type { Background } from './background';
import type { Catalog, Job } from './catalog';
import { checkpointFrom, keepCheckpoints } from './checkpoints';
import { finishJob } from './finish-job';
import type { JobFile, JobProblem } from './job';
import { createJobLeases, NO_LEASE } from './job-leases';
import type { Media } from './media';
import { payloadKey } from './payload-key';
import { retrying } from './retry';
import type { JobRow, Tables } from './tables';
import { isTakenDown } from './takedowns';

export interface Queue {
  /** Begins, and follows other processes. */
  start(): void;
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
  takenDown: (payload: string) => JobProblem | null;
  /** The same by what the files hold. */
  filesTakenDown: (files: readonly JobFile[], signal: AbortSignal) => Promise<JobProblem | null>;
  /** A file changed while it was read: its entries are looked at again. */
  onChanged: (job: Job) => Promise<void>;
}

/** Whoever is still writing a file gets this long before it is hashed again. */
const SETTLE_MS = 3_000;
/** Between two looks at jobs that another process has. */
const LOOK_EVERY_MS = 3_000;
/** Below what databases allow as parameters of one query. */
const LOOKED_AT_ONCE = 200;

export function createQueue(deps: QueueDeps): Queue {
  const { tables, catalog, pool } = deps;
  const running = new Map<Job, AbortController>();
  const leases = createJobLeases({ tables, now: Date.now });
  let stopped = false;
  let timer: NodeJS.Timeout | null = null;
  let isLooking = false;

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
    const row = await retrying(() => leases.claim(job.key));
    Object.assign(job, { status: 'hashing', problem: null });
    if (row === null) return; // here or elsewhere: `look` will see
    const keeper = keepCheckpoints({
      job,
      leases,
      background: deps.background,
      isStopping: () => signal.aborted && stopped,
      onLost: () => running.get(job)?.abort(),
    });
    try {
      const sources = await sourcesOf(row.files, deps.media);
      const { pieceLength } = job.options;
      const checkpoint = checkpointFrom(row.checkpoint);
      const request = { sources, pieceLength, checkpoint };
      const result = await pool.run(request, { signal, onProgress: keeper.onProgress });
      await finish(job, row, result, signal);
    } finally {
      await keeper.stop();
    }
  }

  async function finish(
    job: Job,
    row: JobRow,
    result: HashResult,
    signal: AbortSignal,
  ): Promise<void> {
    const payload = payloadKey(result.size, result.pieceLength, result.pieces);
    const files = row.files.map((file, index) => ({ ...file, ...result.files[index] }));
    const problemNow = async (): Promise<JobProblem | null> =>
      (await deps.filesTakenDown(files, signal)) ?? deps.takenDown(payload);
    const problem = await problemNow();
    if (signal.aborted) return;
    if (problem !== null) {
      await giveUp(job, problem);
      return;
    }
    const torrent = await retrying(() => finishJob(tables, row, result));
    const meanwhile = await problemNow();
    if (meanwhile === null) catalog.completeJob(job, torrent);
    else await giveUp(job, meanwhile);
  }

  /** Follows what other processes do, and takes up what they have left. */
  async function look(): Promise<void> {
    try {
      const elsewhere = [...catalog.jobs()].filter(isElsewhere).slice(0, LOOKED_AT_ONCE);
      if (elsewhere.length === 0) return;
      for (const row of await leases.look(elsewhere.map(({ key }) => key))) {
        const job = catalog.job(row.key);
        // A ready one comes with its torrent, when the other process tells of it.
        if (job === undefined || !isElsewhere(job) || row.jobStatus === 'ready') continue;
        const isOpen = row.jobStatus === 'queued' || row.jobStatus === 'hashing';
        if (!isOpen) catalog.setState(job, { status: row.jobStatus, problem: row.problem });
        else if (row.isFree) job.status = 'queued';
        else job.progress = row.progress;
      }
      wake();
    } finally {
      isLooking = false;
    }
  }

  const isElsewhere = (job: Job): boolean => job.status === 'hashing' && !running.has(job);

  async function giveUp(job: Job, problem: JobProblem): Promise<void> {
    Object.assign(job, { status: 'failed', problem });
    await retrying(() =>
      tables.jobs.update(
        { key: job.key },
        { jobStatus: 'failed', problem, checkpoint: null, ...NO_LEASE },
      ),
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
    start() {
      timer = setInterval(() => {
        if (isLooking) return;
        isLooking = true;
        deps.background.run('looking for jobs of other processes', look);
      }, LOOK_EVERY_MS).unref();
      wake();
    },
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
      if (timer !== null) clearInterval(timer);
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

function problemOf(error: unknown, job: Job): JobProblem {
  if (!(error instanceof HashError) || error.code === 'aborted' || error.code === 'internal') {
    return { code: 'internal', message: 'Hashing failed; the server log says why.' };
  }
  const { file } = error;
  const which =
    file !== null && job.mediaIds.length > 1 ? ` (file ${file + 1} of ${job.mediaIds.length})` : '';
  return { code: error.code, message: `${error.message}${which}` };
}
