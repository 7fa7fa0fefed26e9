/**
 * Which requests are the tracker's: `/announce`, `/announce/K` and the scrape paths derived from
 * them as clients do it, by replacing the word `announce` (BEP 48).
 */
import { bytesOf } from './byte-writer';
import { decodePasskey } from './query';
import { startsAt } from './query-bytes';

const QUESTION_MARK = 0x3f;
const SLASH = 0x2f;

/** A request's target taken apart; filled anew for each request. */
export interface TrackerTarget {
  action: 'announce' | 'scrape';
  passkey: string | null;
  /** Index of the query's first character; the URL's length without a query. */
  queryFrom: number;
}

export interface AnnouncePath {
  /** Path of announces, and that of scrapes, if there is one. */
  readonly announce: string;
  readonly scrape: string | null;
  /** One cheap comparison for requests that belong to somebody else. */
  owns(url: string): boolean;
  /** Fills `target`; false for somebody else's URL. */
  read(url: string, target: TrackerTarget): boolean;
  /** The same for the URL in `bytes[from..to)`; indexes are those of `bytes`. */
  readBytes(bytes: Buffer, from: number, to: number, target: TrackerTarget): boolean;
}

/** @param announce like `/announce`; it holds that word once, or there is no scrape path */
export function createAnnouncePath(announce: string): AnnouncePath {
  const words = announce.split('announce');
  const scrape = words.length === 2 ? words.join('scrape') : null;

  /** Where the path begins: not at 0 in the absolute form that proxies may send (RFC 9112). */
  function pathStart(url: string): number {
    if (url.charCodeAt(0) === SLASH) return 0;
    const authority = url.indexOf('://');
    return authority < 0 ? -1 : url.indexOf('/', authority + 3);
  }

  /** Index behind the path when `url` begins with it, or -1. */
  function pathEnd(url: string, path: string): number {
    const start = pathStart(url);
    if (start < 0 || !url.startsWith(path, start)) return -1;
    const end = start + path.length;
    const next = url.charCodeAt(end);
    return end === url.length || next === QUESTION_MARK || next === SLASH ? end : -1;
  }

  const announceBytes = bytesOf(announce);
  const scrapeBytes = scrape === null ? null : bytesOf(scrape);

  /** The common case: the path, and nothing but a query behind it. */
  function isPathWithQuery(bytes: Buffer, from: number, to: number, path: Uint8Array): boolean {
    const end = from + path.length;
    return end < to && bytes[end] === QUESTION_MARK && startsAt(bytes, from, path);
  }

  const scrapeEnd = (url: string): number => (scrape === null ? -1 : pathEnd(url, scrape));

  return {
    announce,
    scrape,
    owns: (url) => pathEnd(url, announce) >= 0 || scrapeEnd(url) >= 0,
    read(url, target) {
      let end = pathEnd(url, announce);
      target.action = end >= 0 ? 'announce' : 'scrape';
      if (end < 0) end = scrapeEnd(url);
      if (end < 0) return false;
      const query = url.indexOf('?', end);
      const pathTo = query < 0 ? url.length : query;
      target.queryFrom = query < 0 ? url.length : query + 1;
      // Whatever lies below our path is ours: passed on, it would end in Strapi's log with its key.
      target.passkey = end + 1 < pathTo ? decodePasskey(url, end + 1, pathTo) : null;
      return true;
    },
    readBytes(bytes, from, to, target) {
      const isAnnounce = isPathWithQuery(bytes, from, to, announceBytes);
      const path = isAnnounce ? announceBytes : scrapeBytes;
      if (isAnnounce || (path !== null && isPathWithQuery(bytes, from, to, path))) {
        target.action = isAnnounce ? 'announce' : 'scrape';
        target.passkey = null;
        target.queryFrom = from + (path?.length ?? 0) + 1;
        return true;
      }
      if (!this.read(bytes.toString('latin1', from, to), target)) return false;
      target.queryFrom += from;
      return true;
    },
  };
}
