/**
 * Bytes that an administrator took down. Every job that leads to them fails with a plain reason, so
 * that all doors are shut (they ask where a torrent is shown, and it is shown nowhere any more) and
 * the same bytes, uploaded anew under another name, fail as well.
 */

import type { TorrentProblem } from '../../../shared/torrent-value';
import type { Catalog, CatalogRows, Job, Torrent } from './catalog';
import type { Tables } from './tables';

export interface Takedowns {
  /** Also to take in what was taken down or restored in other processes. */
  load(): Promise<void>;
  /** Rows of other processes: one that is not written yet must not open what was taken down. */
  applyTo(rows: CatalogRows): CatalogRows;
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
  /** It is in the database: other processes want to know. */
  onOwnChange: () => void;
}

const TAKEN_DOWN: TorrentProblem = {
  code: 'taken-down',
  message: 'This torrent was taken down.',
};

export function createTakedowns(deps: TakedownsDeps): Takedowns {
  const { tables, catalog } = deps;
  let payloads = new Set<string>();
  /** Not in the database yet. */
  const unwritten = new Set<string>();
  let version = 0;

  const torrentsOf = (payload: string): Torrent[] =>
    [...catalog.torrents()].filter((torrent) => torrent.payload === payload);

  return {
    async load() {
      const before = version;
      const rows = await tables.takedowns.findMany({});
      // Read before something was taken down or restored here: that must not be undone.
      if (before !== version) return this.load();
      payloads = new Set([...rows.map(({ payload }) => payload), ...unwritten]);
    },
    applyTo(rows) {
      const payloadOf = new Map(rows.torrents.map(({ infoHash, payload }) => [infoHash, payload]));
      const isClosed = (infoHash: string | null): boolean =>
        infoHash !== null && payloads.has(payloadOf.get(infoHash) ?? '');
      return {
        ...rows,
        jobs: rows.jobs.map((row) =>
          isClosed(row.infoHash) ? { ...row, jobStatus: 'failed', problem: TAKEN_DOWN } : row,
        ),
      };
    },
    problemOf: (payload) => (payloads.has(payload) ? TAKEN_DOWN : null),
    async takeDown({ payload }, reason) {
      payloads.add(payload);
      unwritten.add(payload);
      // Shut first, written second: nobody gets in while the database takes its time.
      const jobs = torrentsOf(payload).flatMap((torrent) => [...torrent.jobs]);
      for (const job of jobs) catalog.setState(job, { status: 'failed', problem: TAKEN_DOWN });
      await tables.takedowns.delete({ payload });
      await tables.takedowns.create({ payload, reason });
      unwritten.delete(payload);
      version += 1;
      for (const { key } of jobs) {
        await tables.jobs.update({ key }, { jobStatus: 'failed', problem: TAKEN_DOWN });
      }
      deps.onOwnChange();
    },
    async restore({ payload }) {
      if (!payloads.has(payload)) return false;
      await tables.takedowns.delete({ payload });
      payloads.delete(payload);
      unwritten.delete(payload);
      version += 1;
      for (const job of [...catalog.jobs()].filter(isTakenDown)) {
        if (job.infoHash !== null && catalog.torrent(job.infoHash)?.payload !== payload) continue;
        await reopen(job);
      }
      deps.wake();
      deps.onOwnChange();
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
