/** The page's state lives in the URL, as in Strapi's own lists; anything can stand there. */

import type {
  AdminTorrentQuery,
  AdminTorrentSort,
  TorrentEntryRef,
} from '../../../shared/admin-api';

export interface UrlQuery {
  page?: unknown;
  pageSize?: unknown;
  sort?: unknown;
  _q?: unknown;
}

export const SORTABLE: readonly AdminTorrentSort[] = [
  'name',
  'status',
  'size',
  'seeders',
  'leechers',
  'completed',
  'createdAt',
];

export const DEFAULT_SORT = 'createdAt:DESC';
export const DEFAULT_PAGE_SIZE = 10;
const MAX_PAGE_SIZE = 100;

type Sort = NonNullable<AdminTorrentQuery['sort']>;

const isSort = (value: unknown): value is Sort => {
  if (typeof value !== 'string') return false;
  const [field, order, ...rest] = value.split(':');

  return (
    SORTABLE.some((name) => name === field) &&
    (order === 'ASC' || order === 'DESC') &&
    rest.length === 0
  );
};

const toInteger = (value: unknown, fallback: number, max: number): number => {
  const number = typeof value === 'string' || typeof value === 'number' ? Number(value) : NaN;

  return Number.isInteger(number) && number >= 1 ? Math.min(number, max) : fallback;
};

/** A page that the server accepts, whatever the URL says. */
export const toPage = ({ page, pageSize }: UrlQuery, defaultPageSize: number) => ({
  page: toInteger(page, 1, Number.MAX_SAFE_INTEGER),
  pageSize: toInteger(pageSize, defaultPageSize, MAX_PAGE_SIZE),
});

/** What the server accepts, whatever the URL says. */
export const toTorrentQuery = (url: UrlQuery): AdminTorrentQuery => {
  const { sort, _q } = url;
  const search = typeof _q === 'string' ? _q.trim() : '';

  return {
    ...toPage(url, DEFAULT_PAGE_SIZE),
    sort: isSort(sort) ? sort : DEFAULT_SORT,
    ...(search === '' ? {} : { search }),
  };
};

/** The draft and the published row of an entry are one entry to an editor. */
export const distinctEntries = (entries: readonly TorrentEntryRef[]): TorrentEntryRef[] => {
  const byEntry = new Map<string, TorrentEntryRef>();
  for (const entry of entries) {
    const id = [entry.uid, entry.documentId, entry.locale ?? ''].join(' ');
    const known = byEntry.get(id);
    byEntry.set(id, {
      ...(known ?? entry),
      published: entry.published || known?.published === true,
    });
  }

  return [...byEntry.values()];
};

/** Where the content manager edits an entry. */
export const entryUrl = ({ kind, uid, documentId, locale }: TorrentEntryRef): string => {
  const path =
    kind === 'singleType'
      ? `/content-manager/single-types/${uid}`
      : `/content-manager/collection-types/${uid}/${documentId}`;

  return locale ? `${path}?plugins[i18n][locale]=${encodeURIComponent(locale)}` : path;
};
