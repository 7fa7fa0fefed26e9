/** The admin page's table: every torrent and every job on its way to one. */

import type {
  AdminTakedownRef,
  AdminTorrentList,
  AdminTorrentRow,
  AdminTorrentSort,
} from '../../../shared/admin-api';
import type { SwarmCounts } from '../../../shared/torrent-value';
import type { Catalog, Job, Placement, Torrent } from './catalog';
import type { EntryTitles } from './entry-titles';
import { shownProblem, type JobProblem } from './job';
import type { Takedowns } from './takedowns';
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
  takedowns: Pick<Takedowns, 'problemOf' | 'reasonOf'>;
}

type Line = Omit<AdminTorrentRow, 'entries' | 'served' | 'takedown' | 'error'> & {
  placements: readonly Placement[];
  problem: JobProblem | null;
};

export function createOverview(deps: OverviewDeps): Overview {
  const { catalog, titles, counts, traffic, takedowns } = deps;

  function lines(): Line[] {
    // A replaced torrent that nothing shows any more is history, not stock.
    const stock = [...catalog.torrents()].filter(({ jobs }) => jobs.size > 0);
    const unfinished = [...catalog.jobs()].filter(({ infoHash }) => infoHash === null).map(jobLine);
    return [...[...stock, ...heldAlone(stock)].map(torrentLine), ...unfinished];
  }

  /** What was taken down stays, so that it can be put back when its entries are gone. */
  function heldAlone(stock: readonly Torrent[]): Iterable<Torrent> {
    const listed = new Set(stock.map(({ payload }) => payload));
    const held = [...catalog.torrents()].filter(
      ({ payload }) => !listed.has(payload) && takedowns.reasonOf(payload) !== null,
    );
    return new Map(held.map((torrent) => [torrent.payload, torrent])).values();
  }

  function torrentLine(torrent: Torrent): Line {
    const jobs = [...torrent.jobs];
    const job = jobs.find(({ status }) => status === 'ready') ?? jobs[0];
    return {
      key: job?.key ?? torrent.infoHash,
      infoHash: torrent.infoHash,
      name: torrent.name,
      size: torrent.size,
      status: job?.status ?? 'failed',
      progress: 1,
      problem: job === undefined ? takedowns.problemOf(torrent.payload) : job.problem,
      private: torrent.private,
      createdAt: torrent.createdAt.toISOString(),
      placements: catalog.allPlacementsOf(torrent),
      ...counts(torrent.infoHash),
    };
  }

  function takedownOf({ problem, infoHash }: Line): AdminTakedownRef | null {
    if (problem?.code !== 'taken-down') return null;
    const own = infoHash === null ? undefined : catalog.torrent(infoHash);
    const payload = problem.takedown ?? own?.payload ?? '';
    const reason = takedowns.reasonOf(payload);
    const same = [...catalog.torrents()].filter((one) => one.payload === payload);
    // The row itself before others with the same bytes, and one that has a row before history.
    const torrent =
      same.find((one) => one === own) ?? same.find(({ jobs }) => jobs.size > 0) ?? same.at(-1);
    if (reason === null || torrent === undefined) return null;
    return { reason, torrent: { infoHash: torrent.infoHash, name: torrent.name } };
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
        shown.map(async ({ placements, problem, ...row }) => ({
          ...row,
          error: shownProblem(problem),
          takedown: takedownOf({ placements, problem, ...row }),
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
    problem: job.problem,
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
