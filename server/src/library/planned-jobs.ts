/** The job of what a field should be: one that exists, a copy of its twin, or a new one. */

import type { Catalog, Job } from './catalog';
import type { JobProblem } from './job';
import type { JobPlan } from './job-plan';
import { createKeyedMutex } from './keyed-mutex';
import type { Queue } from './queue';
import { reissue } from './reissue';
import type { JobRow, Tables } from './tables';

export interface PlannedJobs {
  of(plan: JobPlan): Promise<Job>;
  /** Forgets those of the jobs that nothing shows any more. */
  collectGarbage(jobKeys: readonly string[]): Promise<void>;
}

export interface PlannedJobsDeps {
  tables: Tables;
  catalog: Catalog;
  queue: Pick<Queue, 'cancel'>;
  /** Why there must be no torrent of a payload, or null. */
  takenDown: (payload: string) => JobProblem | null;
}

export function createPlannedJobs(deps: PlannedJobsDeps): PlannedJobs {
  const { tables, catalog } = deps;
  const exclusively = createKeyedMutex();

  async function of(plan: JobPlan): Promise<Job> {
    const known = catalog.job(plan.key);
    if (known !== undefined) {
      if (known.status === 'stale' || isConfirmed(known, plan)) await revive(known);
      return known;
    }
    // Two entries that show the same files follow a permission side by side.
    return exclusively(plan.key, () => createJob(plan));
  }

  async function createJob(plan: JobPlan): Promise<Job> {
    const known = catalog.job(plan.key) ?? (await reissue(deps, plan));
    if (known !== null) return known;
    return catalog.addJob(await writeJob(plan));
  }

  async function writeJob(plan: JobPlan): Promise<JobRow> {
    try {
      return await tables.jobs.create({
        key: plan.key,
        jobStatus: plan.problem === null ? 'queued' : 'failed',
        progress: 0,
        problem: plan.problem,
        options: plan.options,
        files: plan.files,
        checkpoint: null,
        infoHash: null,
      });
    } catch (error) {
      // Another process may have saved an entry with the same files at the same moment.
      const other = await tables.jobs.findOne({ where: { key: plan.key } });
      if (other === null) throw error;
      return other;
    }
  }

  /** The very bytes are back in storage: what was made of them is good again. */
  async function revive(job: Job): Promise<void> {
    const status = job.infoHash === null ? 'queued' : 'ready';
    await tables.jobs.update({ key: job.key }, { jobStatus: status, problem: null });
    Object.assign(job, { status, problem: null });
  }

  async function collectGarbage(jobKeys: readonly string[]): Promise<void> {
    for (const key of new Set(jobKeys)) {
      const job = catalog.job(key);
      // A ready job stays: its torrent comes back without hashing when the entry does.
      if (job === undefined || job.placements.size > 0 || job.status === 'ready') continue;
      deps.queue.cancel(job);
      await tables.jobs.delete({ key });
      catalog.removeJob(job);
    }
  }

  return { of, collectGarbage };
}

/** It was held until the editor confirmed, and now he has. */
function isConfirmed({ status, problem }: Job, plan: JobPlan): boolean {
  return status === 'failed' && problem?.code === 'unprotected' && plan.problem === null;
}
