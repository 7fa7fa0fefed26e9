/** How far a job's hashing has come, kept in its row: what a killed process costs. */

import type { Checkpoint, HashProgress } from '../metainfo';
import type { Background } from './background';
import type { Job } from './catalog';
import type { StoredCheckpoint } from './job';
import { NO_LEASE, type JobLeases } from './job-leases';

export interface Keeper {
  onProgress: (progress: HashProgress) => void;
  stop: () => Promise<void>;
}

export interface KeeperDeps {
  job: Job;
  leases: JobLeases;
  background: Background;
  /** True when hashing ends because this process does: then another may go on at once. */
  isStopping: () => boolean;
  /** The job is another process's now. */
  onLost: () => void;
}

/** How much work a kill -9 can cost. Also how often the lease is renewed. */
const CHECKPOINT_EVERY_MS = 3_000;

/** Renews the lease of a job while it is hashed, and says how far it is; once more when told to stop. */
export function keepCheckpoints({ job, leases, background, ...deps }: KeeperDeps): Keeper {
  let latest: HashProgress | null = null;
  let saving: Promise<void> | null = null;

  const state = () =>
    latest === null ? {} : { checkpoint: checkpointOf(latest), progress: job.progress };
  const save = async (): Promise<void> => {
    if (!(await leases.renew(job.key, state()))) deps.onLost();
  };
  const timer = setInterval(
    () => background.run('saving a checkpoint', () => (saving = save())),
    CHECKPOINT_EVERY_MS,
  ).unref();
  return {
    onProgress(progress) {
      latest = progress;
      job.progress = progress.layout.size === 0 ? 0 : progress.hashedBytes / progress.layout.size;
    },
    async stop() {
      clearInterval(timer);
      // What still runs would hold a lease that is given up below, or that nobody needs any more.
      await saving?.catch(() => undefined); // its fault is in the log
      if (deps.isStopping()) await leases.renew(job.key, { ...state(), ...NO_LEASE });
    },
  };
}

function checkpointOf({ layout, pieces }: HashProgress): StoredCheckpoint {
  return {
    fingerprints: layout.files.map(({ fingerprint }) => fingerprint),
    pieceLength: layout.pieceLength,
    pieces: Buffer.concat(pieces).toString('base64'),
  };
}

export function checkpointFrom(stored: StoredCheckpoint | null): Checkpoint | null {
  return stored === null ? null : { ...stored, pieces: Buffer.from(stored.pieces, 'base64') };
}
