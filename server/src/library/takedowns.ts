/**
 * Bytes that an administrator took down. Every job that leads to them fails with a plain reason, so
 * that all doors are shut (they ask where a torrent is shown, and it is shown nowhere any more) and
 * the same bytes, uploaded anew under another name, fail as well. Bytes are known in two ways: by
 * pieces, which costs nothing (`payloadKey`), and by the digests of whole files, whatever torrent
 * they are in (`banned-files.ts`).
 */

import type { Background } from './background';
import { createBannedFiles } from './banned-files';
import type { Catalog, CatalogRows, Job, Torrent } from './catalog';
import type { FileContents } from './file-contents';
import type { JobFile, JobProblem } from './job';
import type { JobRow, Tables } from './tables';

export interface Takedowns {
  /** Also to take in what was taken down or restored in other processes. */
  load(): Promise<void>;
  /** Call when the catalog is in memory: takedowns from before there were digests get theirs. */
  start(): void;
  /** Rows of other processes: one that is not written yet must not open what was taken down. */
  applyTo(rows: CatalogRows): CatalogRows;
  /** Why there must be no torrent of this payload, or null. */
  problemOf(payload: string): JobProblem | null;
  /** The same by what the files hold; reads those that are as large as one that was taken down. */
  problemOfFiles(files: readonly JobFile[], signal?: AbortSignal): Promise<JobProblem | null>;
  /** Why these bytes were taken down; `null` when they were not. */
  reasonOf(payload: string): string | null;
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

const CODE = 'taken-down';

const takenDownBy = (takedown: string): JobProblem => ({
  code: CODE,
  message: 'This torrent was taken down.',
  takedown,
});

export function createTakedowns(deps: TakedownsDeps): Takedowns {
  const { tables, catalog, contents, background } = deps;
  /** Reasons by payload. */
  let reasons = new Map<string, string>();
  /** Not in the database yet. */
  const unwritten = new Map<string, string>();
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
      if (!reasons.has(payload)) return; // restored meanwhile
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
      if (job === undefined || isTakenDown(job)) continue;
      const takedown = await banned.takedownOf(files);
      if (takedown !== null) await shut(job, takedown);
    }
  }

  async function shut(job: Job, takedown: string): Promise<void> {
    const problem = takenDownBy(takedown);
    await tables.jobs.update({ key: job.key }, { jobStatus: 'failed', problem });
    catalog.setState(job, { status: 'failed', problem });
  }

  return {
    async load() {
      const before = version;
      const rows = await tables.takedowns.findMany({});
      // Read before something was taken down or restored here: that must not be undone.
      if (before !== version) return this.load();
      const written = rows.map(({ payload, reason }) => [payload, reason] as const);
      reasons = new Map([...written, ...unwritten]);
      const isNews = banned.replace(rows);
      // Another process may not know yet what this one has just finished.
      if (isNews) background.run('shutting what holds files that were taken down', shutOthers);
    },
    start() {
      background.run('reading files that were taken down', async () => {
        for (const payload of [...reasons.keys()]) {
          if (!banned.knows(payload)) await learnFiles(payload);
        }
      });
    },
    applyTo(rows) {
      const payloadOf = new Map(rows.torrents.map(({ infoHash, payload }) => [infoHash, payload]));
      const closed = (row: JobRow): JobRow => {
        const payload = payloadOf.get(row.infoHash ?? '') ?? '';
        if (!reasons.has(payload)) return row;
        return { ...row, jobStatus: 'failed', problem: takenDownBy(payload) };
      };
      return { ...rows, jobs: rows.jobs.map(closed) };
    },
    problemOf: (payload) => (reasons.has(payload) ? takenDownBy(payload) : null),
    async problemOfFiles(files, signal) {
      const takedown = await banned.takedownOf(files, signal);
      return takedown === null ? null : takenDownBy(takedown);
    },
    reasonOf: (payload) => reasons.get(payload) ?? null,
    async takeDown({ payload }, reason) {
      reasons.set(payload, reason);
      unwritten.set(payload, reason);
      // Shut first, written second: nobody gets in while the database takes its time.
      const jobs = torrentsOf(payload).flatMap((torrent) => [...torrent.jobs]);
      const problem = takenDownBy(payload);
      for (const job of jobs) catalog.setState(job, { status: 'failed', problem });
      await tables.takedowns.delete({ payload });
      await tables.takedowns.create({ payload, reason, files: null });
      unwritten.delete(payload);
      version += 1;
      for (const { key } of jobs) {
        await tables.jobs.update({ key }, { jobStatus: 'failed', problem });
      }
      deps.onOwnChange();
      background.run('reading files that were taken down', () => learnFiles(payload));
    },
    async restore({ payload }) {
      if (!reasons.has(payload)) return false;
      await tables.takedowns.delete({ payload });
      reasons.delete(payload);
      unwritten.delete(payload);
      banned.set(payload, []);
      version += 1;
      for (const job of [...catalog.jobs()].filter(isTakenDown)) {
        const holder = await holderOf(job);
        if (holder === null) await reopen(job);
        else if (holder !== job.problem?.takedown) await shut(job, holder);
      }
      deps.wake();
      deps.onOwnChange();
      return true;
    },
  };

  /**
   * The takedown that holds the job. A job that never came to a torrent is asked about when it is
   * hashed again.
   */
  async function holderOf({ key, infoHash }: Job): Promise<string | null> {
    if (infoHash === null) return null;
    const payload = catalog.torrent(infoHash)?.payload ?? '';
    if (reasons.has(payload)) return payload;
    const row = await tables.jobs.findOne({ where: { key }, select: ['files'] });
    return row === null ? null : banned.takedownOf(row.files);
  }

  async function reopen(job: Job): Promise<void> {
    const status = job.infoHash === null ? 'queued' : 'ready';
    await tables.jobs.update({ key: job.key }, { jobStatus: status, problem: null });
    catalog.setState(job, { status, problem: null });
  }
}

/** True for a job whose bytes must not be shown. */
export function isTakenDown({ problem }: Pick<Job, 'problem'>): boolean {
  return problem?.code === CODE;
}
