/** Conditional requests: RFC 9110 section 13. Pure. */

import type { IncomingHttpHeaders } from 'node:http';

export interface Validators {
  /** Entity-tag as it stands in the header, quotes included. */
  etag: string;
  lastModified: Date;
}

export type PreconditionResult = 'proceed' | 'not-modified' | 'failed';

/** In the order of RFC 9110 section 13.2.2; for GET and HEAD. */
export function evaluatePreconditions(
  headers: IncomingHttpHeaders,
  validators: Validators,
): PreconditionResult {
  const ifMatch = headers['if-match'];
  if (ifMatch !== undefined) {
    if (!listHolds(ifMatch, validators.etag, strongMatch)) return 'failed';
  } else {
    const unmodifiedSince = parseHttpDate(headers['if-unmodified-since']);
    if (unmodifiedSince !== null && seconds(validators.lastModified) > unmodifiedSince) {
      return 'failed';
    }
  }
  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) {
    return listHolds(ifNoneMatch, validators.etag, weakMatch) ? 'not-modified' : 'proceed';
  }
  const modifiedSince = parseHttpDate(headers['if-modified-since']);
  return modifiedSince !== null && seconds(validators.lastModified) <= modifiedSince
    ? 'not-modified'
    : 'proceed';
}

/**
 * Whether a Range may be answered with a part. A date counts as a strong validator here, because the
 * bytes behind an info-hash never change (RFC 9110 section 8.8.2.2).
 */
export function ifRangeHolds(value: string | undefined, validators: Validators): boolean {
  if (value === undefined) return true;
  if (value.includes('"')) return strongMatch(value.trim(), validators.etag);
  return parseHttpDate(value) === seconds(validators.lastModified);
}

type TagMatch = (left: string, right: string) => boolean;

const isWeak = (tag: string): boolean => tag.startsWith('W/');
const strongMatch: TagMatch = (left, right) => left === right && !isWeak(left);
const weakMatch: TagMatch = (left, right) => left.replace('W/', '') === right.replace('W/', '');

function listHolds(list: string, etag: string, matches: TagMatch): boolean {
  if (list.trim() === '*') return true;
  return (list.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => matches(tag, etag));
}

/** HTTP dates know whole seconds only. */
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const TIME = String.raw`\d{2}:\d{2}:\d{2}`;
const IMF_FIXDATE = new RegExp(`^[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} ${TIME} GMT$`);
const RFC_850 = new RegExp(`^[A-Z][a-z]+, \\d{2}-[A-Z][a-z]{2}-\\d{2} ${TIME} GMT$`);
const ASCTIME = new RegExp(`^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \\d]\\d ${TIME} \\d{4}$`);

/** Seconds since 1970, or `null` for anything but the three formats of RFC 9110 section 5.6.7. */
function parseHttpDate(value: string | undefined): number | null {
  if (value === undefined) return null;
  const text = value.trim();
  let time = NaN;
  if (IMF_FIXDATE.test(text) || RFC_850.test(text)) time = Date.parse(text);
  // asctime names no zone, and Date.parse would take it for local time.
  else if (ASCTIME.test(text)) time = Date.parse(`${text} GMT`);
  return Number.isNaN(time) ? null : time / 1000;
}
