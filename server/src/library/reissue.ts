/**
 * A torrent once more with the other private flag. Who may read a type changes with one tick in the
 * roles screen; the payload does not, so what was hashed is taken over.
 */

import { infoHashOf, withPrivate } from '../metainfo';
import type { Catalog, Job } from './catalog';
import type { JobProblem } from './job';
import type { JobPlan } from './job-plan';
import type { JobRow, Tables, TorrentRow } from './tables';

export interface ReissueDeps {
  tables: Pick<Tables, 'jobs' | 'torrents'>;
  catalog: Catalog;
  /** Why there must be no torrent of a payload, or null. */
  takenDown: (payload: string) => JobProblem | null;
}

/** `null` when nothing has been made of these files yet: then they are hashed. */
export async function reissue(
  { tables, catalog, takenDown }: ReissueDeps,
  plan: JobPlan,
): Promise<Job | null> {
  const twin = catalog.job(plan.twinKey);
  if (twin === undefined || plan.problem !== null) return null;
  const row = await tables.jobs.findOne({ where: { key: twin.key } });
  if (row === null) return null;
  if (twin.status !== 'ready' || row.infoHash === null) return takeOver(tables, catalog, plan, row);
  const original = await tables.torrents.findOne({ where: { infoHash: row.infoHash } });
  if (original === null) return null;
  const torrent = await writeTorrent(tables, original, plan.options.private);
  const created = await tables.jobs.create({
    ...copyOf(row, plan),
    jobStatus: 'ready',
    progress: 1,
    checkpoint: null,
    infoHash: torrent.infoHash,
  });
  // Taken down while it was being written.
  const problem = takenDown(torrent.payload);
  if (problem !== null) {
    const failed = { jobStatus: 'failed', problem, infoHash: null } as const;
    await tables.jobs.update({ key: plan.key }, failed);
    return catalog.addJob({ ...created, ...failed });
  }
  const job = catalog.addJob({ ...created, jobStatus: 'queued', infoHash: null });
  catalog.completeJob(job, torrent);
  return job;
}

/** Hashing is under way: the new job goes on where the last checkpoint of the old one is. */
async function takeOver(
  tables: ReissueDeps['tables'],
  catalog: Catalog,
  plan: JobPlan,
  row: JobRow,
): Promise<Job | null> {
  if (row.checkpoint === null) return null;
  const { checkpoint, progress } = row;
  const started = { jobStatus: 'queued', progress, checkpoint, infoHash: null } as const;
  return catalog.addJob(await tables.jobs.create({ ...copyOf(row, plan), ...started }));
}

/** With the names of the first time: media that was renamed since does not change the torrent. */
function copyOf({ files, options }: JobRow, { key, options: { private: isPrivate } }: JobPlan) {
  return { key, files, options: { ...options, private: isPrivate }, problem: null };
}

async function writeTorrent(
  tables: ReissueDeps['tables'],
  original: TorrentRow,
  isPrivate: boolean,
): Promise<TorrentRow> {
  const info = withPrivate(Buffer.from(original.info, 'base64'), isPrivate);
  const infoHash = infoHashOf(info);
  const existing = await tables.torrents.findOne({ where: { infoHash } });
  if (existing !== null) return existing;
  const { name, size, pieceLength, payload, files } = original;
  return tables.torrents.create({
    infoHash,
    name,
    size,
    pieceLength,
    payload,
    private: isPrivate,
    files,
    info: info.toString('base64'),
    completed: 0,
  });
}
