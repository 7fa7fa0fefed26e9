/**
 * Which requests are the tracker's: `/announce`, `/announce/K` and the scrape paths derived from
 * them as clients do it, by replacing the word `announce` (BEP 48).
 */
import { decodePasskey } from './query';

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
  /** One cheap comparison for requests that belong to somebody else. */
  owns(url: string): boolean;
  /** Fills `target`; false for somebody else's URL. */
  read(url: string, target: TrackerTarget): boolean;
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

  const scrapeEnd = (url: string): number => (scrape === null ? -1 : pathEnd(url, scrape));

  return {
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
  };
}
