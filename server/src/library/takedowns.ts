/**
 * Bytes that an administrator took down. Every job that leads to them fails with a plain reason, so
 * that all doors are shut (they ask where a torrent is shown, and it is shown nowhere any more) and
 * the same bytes, uploaded anew under another name, fail as well. Bytes are known in two ways: by
 * pieces, which costs nothing (`payloadKey`), and by the digests of whole files, whatever torrent
 * they are in (`banned-files.ts`).
 */

import type { TorrentProblem } from '../../../shared/torrent-value';
import type { Background } from './background';
import { createBannedFiles } from './banned-files';
import type { Catalog, CatalogRows, Job, Torrent } from './catalog';
import type { FileContents } from './file-contents';
import type { JobFile } from './job';
import type { Tables } from './tables';

export interface Takedowns {
  /** Also to take in what was taken down or restored in other processes. */
  load(): Promise<void>;
  /** Call when the catalog is in memory: takedowns from before there were digests get theirs. */
  start(): void;
  /** Rows of other processes: one that is not written yet must not open what was taken down. */
  applyTo(rows: CatalogRows): CatalogRows;
  /** Why there must be no torrent of this payload, or null. */
  problemOf(payload: string): TorrentProblem | null;
  /** The same by what the files hold; reads those that are as large as one that was taken down. */
  problemOfFiles(files: readonly JobFile[], signal?: AbortSignal): Promise<TorrentProblem | null>;
  /** Shuts every torrent of the same bytes. The reason is for administrators. */
  takeDown(torrent: Torrent, reason: string): Promise<void>;
  /** Opens them again. False when they were not taken down. */
  restore(torrent: Torrent): Promise<boolean>;
}

export interface TakedownsDeps {
  tables: Tables;
  catalog: Catalog;
  contents: FileContents;
  background: Background;
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
  const { tables, catalog, contents, background } = deps;
  let payloads = new Set<string>();
  /** Not in the database yet. */
  const unwritten = new Set<string>();
  const banned = createBannedFiles(contents);
  let version = 0;

  const torrentsOf = (payload: string): Torrent[] =>
    [...catalog.torrents()].filter((torrent) => torrent.payload === payload);

  /** Learns what the files of a payload hold, and shuts whatever else holds one of them. */
  async function learnFiles(payload: string): Promise<void> {
    const keys = torrentsOf(payload).flatMap(({ jobs }) => [...jobs].map(({ key }) => key));
    for (const row of await tables.jobs.findMany({ where: { key: { $in: keys } } })) {
      const files = await banned.contentsOf(row.files);
      if (files === null) continue;
      if (!payloads.has(payload)) return; // restored meanwhile
      await tables.takedowns.update({ payload }, { files });
      version += 1;
      banned.set(payload, files);
      await shutOthers();
      deps.onOwnChange();
      return;
    }
  }

  /** Other torrents with a banned file: cut otherwise, or several files of which it is one. */
  async function shutOthers(): Promise<void> {
    const rows = await tables.jobs.findMany({
      where: { infoHash: { $notNull: true } },
      select: ['key', 'files', 'jobStatus'],
    });
    for (const { key, files } of rows) {
      const job = catalog.job(key);
      if (job === undefined || isTakenDown(job) || !(await banned.includes(files))) continue;
      const state = { jobStatus: 'failed', problem: TAKEN_DOWN } as const;
      await tables.jobs.update({ key }, state);
      catalog.setState(job, { status: 'failed', problem: TAKEN_DOWN });
    }
  }

  return {
    async load() {
      const before = version;
      const rows = await tables.takedowns.findMany({});
      // Read before something was taken down or restored here: that must not be undone.
      if (before !== version) return this.load();
      payloads = new Set([...rows.map(({ payload }) => payload), ...unwritten]);
      const isNews = banned.replace(rows);
      // Another process may not know yet what this one has just finished.
      if (isNews) background.run('shutting what holds files that were taken down', shutOthers);
    },
    start() {
      background.run('reading files that were taken down', async () => {
        for (const payload of [...payloads]) {
          if (!banned.knows(payload)) await learnFiles(payload);
        }
      });
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
    problemOfFiles: async (files, signal) =>
      (await banned.includes(files, signal)) ? TAKEN_DOWN : null,
    async takeDown({ payload }, reason) {
      payloads.add(payload);
      unwritten.add(payload);
      // Shut first, written second: nobody gets in while the database takes its time.
      const jobs = torrentsOf(payload).flatMap((torrent) => [...torrent.jobs]);
      for (const job of jobs) catalog.setState(job, { status: 'failed', problem: TAKEN_DOWN });
      await tables.takedowns.delete({ payload });
      await tables.takedowns.create({ payload, reason, files: null });
      unwritten.delete(payload);
      version += 1;
      for (const { key } of jobs) {
        await tables.jobs.update({ key }, { jobStatus: 'failed', problem: TAKEN_DOWN });
      }
      deps.onOwnChange();
      background.run('reading files that were taken down', () => learnFiles(payload));
    },
    async restore({ payload }) {
      if (!payloads.has(payload)) return false;
      await tables.takedowns.delete({ payload });
      payloads.delete(payload);
      unwritten.delete(payload);
      banned.set(payload, []);
      version += 1;
      for (const job of [...catalog.jobs()].filter(isTakenDown)) {
        if (!(await isStillBanned(job))) await reopen(job);
      }
      deps.wake();
      deps.onOwnChange();
      return true;
    },
  };

  /** By another takedown. A job that never came to a torrent is asked about when it is hashed again. */
  async function isStillBanned({ key, infoHash }: Job): Promise<boolean> {
    if (infoHash === null) return false;
    if (payloads.has(catalog.torrent(infoHash)?.payload ?? '')) return true;
    const row = await tables.jobs.findOne({ where: { key }, select: ['files'] });
    return row !== null && banned.includes(row.files);
  }

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
