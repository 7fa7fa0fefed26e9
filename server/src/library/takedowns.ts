/**
 * Bytes that an administrator took down. Every job that leads to them fails with a plain reason, so
 * that all doors are shut (they ask where a torrent is shown, and it is shown nowhere any more) and
 * the same bytes, uploaded anew under another name, fail as well.
 */

import type { TorrentProblem } from '../../../shared/torrent-value';
import type { Catalog, Job, Torrent } from './catalog';
import type { Tables } from './tables';

export interface Takedowns {
  load(): Promise<void>;
  /** Why there must be no torrent of this payload, or null. */
  problemOf(payload: string): TorrentProblem | null;
  /** Shuts every torrent of the same bytes. The reason is for administrators. */
  takeDown(torrent: Torrent, reason: string): Promise<void>;
  /** Opens them again. False when they were not taken down. */
  restore(torrent: Torrent): Promise<boolean>;
}

export interface TakedownsDeps {
  tables: Tables;
  catalog: Catalog;
  /** Jobs that wait for their turn again. */
  wake: () => void;
}

const TAKEN_DOWN: TorrentProblem = {
  code: 'taken-down',
  message: 'This torrent was taken down.',
};

export function createTakedowns({ tables, catalog, wake }: TakedownsDeps): Takedowns {
  let payloads = new Set<string>();

  const torrentsOf = (payload: string): Torrent[] =>
    [...catalog.torrents()].filter((torrent) => torrent.payload === payload);

  return {
    async load() {
      const rows = await tables.takedowns.findMany({});
      payloads = new Set(rows.map(({ payload }) => payload));
    },
    problemOf: (payload) => (payloads.has(payload) ? TAKEN_DOWN : null),
    async takeDown({ payload }, reason) {
      payloads.add(payload);
      // Shut first, written second: nobody gets in while the database takes its time.
      const jobs = torrentsOf(payload).flatMap((torrent) => [...torrent.jobs]);
      for (const job of jobs) catalog.setState(job, { status: 'failed', problem: TAKEN_DOWN });
      await tables.takedowns.delete({ payload });
      await tables.takedowns.create({ payload, reason });
      for (const { key } of jobs) {
        await tables.jobs.update({ key }, { jobStatus: 'failed', problem: TAKEN_DOWN });
      }
    },
    async restore({ payload }) {
      if (!payloads.has(payload)) return false;
      await tables.takedowns.delete({ payload });
      payloads.delete(payload);
      for (const job of [...catalog.jobs()].filter(isTakenDown)) {
        if (job.infoHash !== null && catalog.torrent(job.infoHash)?.payload !== payload) continue;
        await reopen(job);
      }
      wake();
      return true;
    },
  };

  /** A job that never came to a torrent is hashed again: only then is it known what its bytes are. */
  async function reopen(job: Job): Promise<void> {
    const status = job.infoHash === null ? 'queued' : 'ready';
    await tables.jobs.update({ key: job.key }, { jobStatus: status, problem: null });
    catalog.setState(job, { status, problem: null });
  }
}

/** True for a job whose bytes must not be shown. */
export function isTakenDown({ problem }: Pick<Job, 'problem'>): boolean {
  return problem?.code === TAKEN_DOWN.code;
}
