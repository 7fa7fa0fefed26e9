/** Reads the plugin's own tables at the start: never the site's content, whose size is unknown. */

import type { CatalogRows } from './catalog';
import type { Tables, TorrentRow } from './tables';

/** Everything of a torrent but `info` and `files`, which can be megabytes. */
const TORRENT_COLUMNS: (keyof TorrentRow)[] = [
  'infoHash',
  'name',
  'size',
  'pieceLength',
  'payload',
  'private',
  'completed',
  'createdAt',
];

/** Between the job and the field that shows it, another process may be at work. */
const ABANDONED_AFTER_MS = 60_000;

/** As the tables are, of whatever process. */
export async function readCatalog(tables: Tables): Promise<CatalogRows> {
  const [jobs, torrents, placements] = await Promise.all([
    tables.jobs.findMany({}),
    tables.torrents.findMany({ select: TORRENT_COLUMNS }),
    tables.placements.findMany({}),
  ]);
  return { jobs, torrents, placements };
}

/** At the start, with what a killed process has left behind put in order. */
export async function loadCatalog(tables: Tables): Promise<CatalogRows> {
  const { jobs, torrents, placements } = await readCatalog(tables);
  const shown = new Set(placements.map(({ jobKey }) => jobKey));
  // Left over by a crash between two writes: nothing shows them, nobody waits for them.
  const abandoned = jobs.filter(({ key, jobStatus }) => jobStatus !== 'ready' && !shown.has(key));
  const before = Date.now() - ABANDONED_AFTER_MS;
  const old = abandoned.filter(({ createdAt }) => new Date(createdAt).getTime() < before);
  if (old.length > 0) await tables.jobs.delete({ key: { $in: old.map(({ key }) => key) } });
  return {
    torrents,
    placements,
    jobs: jobs
      .filter((job) => !abandoned.includes(job))
      // Whoever hashed them is gone; the checkpoint says how far it came.
      .map((job) => (job.jobStatus === 'hashing' ? { ...job, jobStatus: 'queued' } : job)),
  };
}
