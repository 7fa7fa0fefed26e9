/**
 * Which process hashes a job. Its row says who and until when; taking it is one UPDATE that finds
 * the row free or finds nothing, on every database. Who dies stops renewing, and another takes over.
 */

import { randomUUID } from 'node:crypto';
import type { JobRow, Tables } from './tables';

export interface JobLeases {
  /** The job is this process's for now. `null`: another has it, or there is nothing to do any more. */
  claim(key: string): Promise<JobRow | null>;
  /**
   * Also gives it back, with `NO_LEASE` in the state.
   * False when the job is no longer this process's: then another has it, or nobody wants it.
   */
  renew(key: string, state: Partial<JobRow>): Promise<boolean>;
  /** What has become, elsewhere, of jobs that this process waits for. */
  look(keys: readonly string[]): Promise<JobElsewhere[]>;
}

export interface JobElsewhere {
  key: string;
  jobStatus: JobRow['jobStatus'];
  progress: number;
  problem: JobRow['problem'];
  /** Nobody hashes it. */
  isFree: boolean;
}

export interface JobLeasesDeps {
  tables: Pick<Tables, 'jobs'>;
  /** Milliseconds since 1970: processes compare it with each other. */
  now: () => number;
}

/** Five times the pause between two renewals, and more than the clocks of two hosts are apart. */
export const LEASE_MS = 15_000;
/** Written when a job's hashing ends, however it ends. */
export const NO_LEASE = { leaseOwner: null, leasedUntil: null } as const;

export function createJobLeases({ tables: { jobs }, now }: JobLeasesDeps): JobLeases {
  const me = randomUUID();
  const lease = () => ({ leaseOwner: me, leasedUntil: new Date(now() + LEASE_MS) });

  return {
    async claim(key) {
      const where = {
        key,
        jobStatus: { $in: ['queued', 'hashing'] },
        $or: [
          { leasedUntil: { $null: true } },
          { leasedUntil: { $lt: new Date(now()) } },
          { leaseOwner: me }, // a claim whose answer was lost
        ],
      };
      const taken = await jobs.update(where, { jobStatus: 'hashing', problem: null, ...lease() });
      return taken === 0 ? null : jobs.findOne({ where: { key, leaseOwner: me } });
    },
    async renew(key, state) {
      return (await jobs.update({ key, leaseOwner: me }, { ...lease(), ...state })) > 0;
    },
    async look(keys) {
      const rows = await jobs.findMany({
        where: { key: { $in: [...keys] } },
        select: ['key', 'jobStatus', 'progress', 'problem', 'leasedUntil'],
      });
      return rows.map(({ leasedUntil, ...row }) => ({
        ...row,
        isFree: leasedUntil == null || new Date(leasedUntil).getTime() < now(),
      }));
    },
  };
}
