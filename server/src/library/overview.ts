/** The admin page's table: every torrent and every job on its way to one. */

import type {
  AdminTorrentList,
  AdminTorrentRow,
  AdminTorrentSort,
} from '../../../shared/admin-api';
import type { SwarmCounts } from '../../../shared/torrent-value';
import type { Catalog, Job, Placement, Torrent } from './catalog';
import type { EntryTitles } from './entry-titles';
import type { TrafficCounters } from './traffic';

export interface Overview {
  list(query: OverviewQuery): Promise<AdminTorrentList>;
}

export interface OverviewQuery {
  search: string;
  sort: readonly [AdminTorrentSort, 'ASC' | 'DESC'];
  page: number;
  pageSize: number;
}

export interface OverviewDeps {
  catalog: Catalog;
  titles: EntryTitles;
  counts: (infoHash: string) => SwarmCounts;
  traffic: Pick<TrafficCounters, 'of' | 'totals'>;
}

type Line = Omit<AdminTorrentRow, 'entries' | 'served'> & { placements: readonly Placement[] };

export function createOverview({ catalog, titles, counts, traffic }: OverviewDeps): Overview {
  function lines(): Line[] {
    // A replaced torrent that nothing shows any more is history, not stock.
    const finished = [...catalog.torrents()].filter(({ jobs }) => jobs.size > 0).map(torrentLine);
    const unfinished = [...catalog.jobs()].filter(({ infoHash }) => infoHash === null).map(jobLine);
    return [...finished, ...unfinished];
  }

  function torrentLine(torrent: Torrent): Line {
    const jobs = [...torrent.jobs];
    const job = jobs.find(({ status }) => status === 'ready') ?? jobs[0];
    return {
      key: job?.key ?? torrent.infoHash,
      infoHash: torrent.infoHash,
      name: torrent.name,
      size: torrent.size,
      status: job?.status ?? 'stale',
      progress: 1,
      error: job?.problem ?? null,
      private: torrent.private,
      createdAt: torrent.createdAt.toISOString(),
      placements: catalog.allPlacementsOf(torrent),
      ...counts(torrent.infoHash),
    };
  }

  return {
    async list({ search, sort, page, pageSize }) {
      const all = lines();
      const found = search === '' ? all : await matching(all, search, titles);
      found.sort(comparing(sort));
      const start = (page - 1) * pageSize;
      const shown = found.slice(start, start + pageSize);
      const served = await traffic.of(shown.flatMap(({ infoHash }) => infoHash ?? []));
      const data = await Promise.all(
        shown.map(async ({ placements, ...row }) => ({
          ...row,
          served: row.infoHash === null ? null : (served.get(row.infoHash) ?? null),
          entries: await titles.entriesOf(placements),
        })),
      );
      const pageCount = Math.ceil(found.length / pageSize);
      const pagination = { page, pageSize, pageCount, total: found.length };
      return { data, meta: { pagination, served: await traffic.totals() } };
    },
  };
}

function jobLine(job: Job): Line {
  return {
    key: job.key,
    infoHash: null,
    name: job.options.name,
    size: null,
    status: job.status,
    progress: job.progress,
    error: job.problem,
    private: job.options.private,
    createdAt: job.createdAt.toISOString(),
    placements: [...job.placements],
    seeders: 0,
    leechers: 0,
    completed: 0,
  };
}

/** By name, by the beginning of the info-hash, or by the title of an entry that shows it. */
async function matching(
  all: readonly Line[],
  search: string,
  titles: EntryTitles,
): Promise<Line[]> {
  const text = search.toLowerCase();
  const entries = await titles.search(
    all.flatMap(({ placements }) => placements),
    search,
  );
  return all.filter(
    ({ name, infoHash, placements }) =>
      name?.toLowerCase().includes(text) === true ||
      infoHash?.startsWith(text) === true ||
      placements.some(({ entryId }) => entries.has(entryId)),
  );
}

function comparing([field, order]: OverviewQuery['sort']): (a: Line, b: Line) => number {
  const direction = order === 'DESC' ? -1 : 1;
  return (a, b) =>
    direction * compare(a[field], b[field]) || compare(a.name, b.name) || compare(a.key, b.key);
}

function compare(a: string | number | null, b: string | number | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en');
  return a < b ? -1 : 1;
}
