/** The value of a torrent field for one reader. */

import type { SwarmCounts, TorrentValue } from '../../../shared/torrent-value';
import type { Access, Reader } from '../access';
import type { Catalog, Job, Torrent } from './catalog';
import type { Details } from './details';
import { parseStored } from './field-value';
import type { Links } from './links';
import { isTakenDown } from './takedowns';
import { shapeOfJob, shapeOfTorrent } from './torrent-shape';

export interface Values {
  /** What the reader sees of a stored field: `null` when it is empty or not for this reader. */
  ofField(stored: unknown, reader: Reader): Promise<TorrentValue | null>;
  /** The same for a torrent of the list; the caller has asked `access`. */
  ofTorrent(torrent: Torrent, reader: Reader): Promise<TorrentValue>;
}

export interface ValuesDeps {
  access: Access;
  catalog: Catalog;
  details: Details;
  links: Links;
  counts: (infoHash: string) => SwarmCounts;
}

export function createValues(deps: ValuesDeps): Values {
  const { access, catalog } = deps;

  async function ready(torrent: Torrent, reader: Reader) {
    const files = await deps.details.files(torrent.infoHash);
    const { webSeeds, torrentUrl, magnet } = await deps.links.of(torrent, reader, files.length);
    const shape = shapeOfTorrent(torrent, files);
    return { ...shape, magnet, torrentUrl, webSeeds, ...deps.counts(torrent.infoHash) };
  }

  return {
    async ofField(value, reader) {
      const stored = parseStored(value);
      const job = stored.job === undefined ? undefined : catalog.job(stored.job);
      // Asked of the places the library knows, never of what the row says.
      if (job === undefined) return null;
      if (!(await access.mayRead(reader, catalog.subjectOfStatus(job)))) return null;
      // Of a torrent that was taken down a reader learns that, and no more.
      const infoHash = isTakenDown(job) ? null : job.infoHash;
      const torrent = infoHash === null ? undefined : catalog.torrent(infoHash);
      return {
        status: job.status,
        progress: job.progress,
        error: job.problem?.message ?? null,
        ...(torrent === undefined ? unfinished(job) : await ready(torrent, reader)),
        revision: stored.revision ?? 1,
        createdAt: (torrent ?? job).createdAt.toISOString(),
      };
    },
    async ofTorrent(torrent, reader) {
      const [job] = torrent.jobs;
      const revisions = catalog.placementsOf(torrent).map(({ revision }) => revision);
      return {
        status: job?.status ?? 'stale',
        progress: 1,
        error: job?.problem?.message ?? null,
        ...(await ready(torrent, reader)),
        revision: Math.max(1, ...revisions),
        createdAt: torrent.createdAt.toISOString(),
      };
    },
  };
}

function unfinished(job: Job) {
  return { ...shapeOfJob(job), magnet: null, torrentUrl: null, webSeeds: [] };
}
