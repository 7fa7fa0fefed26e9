/** The torrents a reader may have: the content API's list. */

import type { Pagination } from '../../../shared/admin-api';
import type { SwarmCounts, TorrentValue } from '../../../shared/torrent-value';
import type { Access, Reader } from '../access';
import type { Catalog, Torrent } from './catalog';
import type { Values } from './value';

export type ListSort = 'createdAt' | 'name' | 'size' | keyof SwarmCounts;

export interface ListQuery {
  search: string;
  sort: readonly [ListSort, 'ASC' | 'DESC'];
  contentType: string | null;
  page: number;
  pageSize: number;
}

export interface ListDeps {
  access: Access;
  catalog: Catalog;
  values: Values;
  counts: (infoHash: string) => SwarmCounts;
}

export function createList({ access, catalog, values, counts }: ListDeps) {
  async function matches(
    torrent: Torrent,
    reader: Reader,
    { search, contentType }: ListQuery,
  ): Promise<boolean> {
    const text = search.toLowerCase();
    const named = torrent.name.toLowerCase().includes(text) || torrent.infoHash.startsWith(text);
    if (!named) return false;
    const subject = catalog.subjectOf(torrent);
    const wanted = subject.exposures.filter(
      (exposure) => contentType === null || exposure.contentType === contentType,
    );
    return access.mayRead(reader, { ...subject, exposures: wanted });
  }

  function sortValue(torrent: Torrent, field: ListSort): string | number {
    if (field === 'name') return torrent.name;
    if (field === 'size') return torrent.size;
    if (field === 'createdAt') return torrent.createdAt.getTime();
    return counts(torrent.infoHash)[field];
  }

  return async (
    reader: Reader,
    query: ListQuery,
  ): Promise<{ data: TorrentValue[]; meta: { pagination: Pagination } }> => {
    const { page, pageSize } = query;
    const [field, order] = query.sort;
    const torrents = [...catalog.torrents()];
    const matching = await Promise.all(torrents.map((torrent) => matches(torrent, reader, query)));
    const found = torrents
      .filter((_, index) => matching[index])
      .map((torrent) => ({ torrent, by: sortValue(torrent, field) }))
      .sort((a, b) => (order === 'ASC' ? compare(a.by, b.by) : compare(b.by, a.by)));
    const start = (page - 1) * pageSize;
    const shown = found.slice(start, start + pageSize);
    const pageCount = Math.ceil(found.length / pageSize);
    return {
      data: await Promise.all(shown.map(({ torrent }) => values.ofTorrent(torrent, reader))),
      meta: { pagination: { page, pageSize, pageCount, total: found.length } },
    };
  };
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b, 'en');
  return a < b ? -1 : a > b ? 1 : 0;
}
