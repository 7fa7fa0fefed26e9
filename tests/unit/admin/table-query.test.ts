import { distinctEntries, entryUrl, toTorrentQuery } from '../../../admin/src/page/table-query';
import type { UrlQuery } from '../../../admin/src/page/table-query';
import type { TorrentEntryRef } from '../../../shared/admin-api';

const entry = (changes: Partial<TorrentEntryRef> = {}): TorrentEntryRef => ({
  uid: 'api::release.release',
  documentId: 'doc',
  locale: null,
  published: false,
  title: 'Release',
  contentType: 'Release',
  kind: 'collectionType',
  ...changes,
});

describe('the query of the torrents page', () => {
  const usual = { page: 1, pageSize: 10, sort: 'createdAt:DESC' };

  it.each<[string, UrlQuery, object]>([
    ['an empty URL', {}, usual],
    [
      'what the table puts there',
      { page: '3', pageSize: '50', sort: 'seeders:ASC' },
      { page: 3, pageSize: 50, sort: 'seeders:ASC' },
    ],
    ['a search', { _q: ' ubuntu & co ' }, { ...usual, search: 'ubuntu & co' }],
    ['a blank search', { _q: '  ' }, usual],
    ['a search of another kind', { _q: ['a'] }, usual],
    ['pages that do not exist', { page: '-1', pageSize: '0' }, usual],
    ['pages that are no numbers', { page: 'x', pageSize: '1.5' }, usual],
    ['too large a page', { pageSize: '1000' }, { ...usual, pageSize: 100 }],
    ['an unknown column', { sort: 'passkey:ASC' }, usual],
    ['an unknown order', { sort: 'name:up' }, usual],
    ['more than one order', { sort: 'name:ASC:DESC' }, usual],
  ])('is right for %s', (_what, url, expected) => {
    expect(toTorrentQuery(url)).toEqual(expected);
  });
});

describe('the entries of a torrent', () => {
  it('show a draft and its published version as one published entry', () => {
    const rows = [entry(), entry({ published: true })];
    expect(distinctEntries(rows)).toEqual([entry({ published: true })]);
    expect(distinctEntries(rows.reverse())).toEqual([entry({ published: true })]);
  });

  it('keep locales and documents apart', () => {
    const rows = [entry({ locale: 'en' }), entry({ locale: 'fr' }), entry({ documentId: 'other' })];
    expect(distinctEntries(rows)).toEqual(rows);
  });

  it.each<[Partial<TorrentEntryRef>, string]>([
    [{}, '/content-manager/collection-types/api::release.release/doc'],
    [
      { locale: 'fr' },
      '/content-manager/collection-types/api::release.release/doc?plugins[i18n][locale]=fr',
    ],
    [{ kind: 'singleType' }, '/content-manager/single-types/api::release.release'],
  ])('link %j to its place in the content manager', (changes, url) => {
    expect(entryUrl(entry(changes))).toBe(url);
  });
});
