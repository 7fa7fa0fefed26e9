/** What stands around a body on the wire, for a listener that has no framework under it. */
import { TRACKER_ERRORS } from '../errors';
import { bytesOf, type ByteWriter } from './byte-writer';
import type { HeadProblem, HttpHead } from './http-head';
import { encodeFailure } from './http-reply';

/** Every status but 200 that is ever answered. */
export type RefusalStatus = HeadProblem | 404 | 405 | 408 | 413;

const REASONS: Readonly<Record<RefusalStatus, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  431: 'Request Header Fields Too Large',
  505: 'HTTP Version Not Supported',
};

/** Labelled as other trackers do; a cached peer list would be a stale one. */
const COMMON = 'Content-Type: text/plain\r\nCache-Control: no-store\r\n';

/** An HTTP/1.0 client must be told that the connection stays; others take it for granted. */
const CONNECTIONS = {
  stays: '',
  staysFor10: 'Connection: keep-alive\r\n',
  ends: 'Connection: close\r\n',
};

type Prefixes = Record<keyof typeof CONNECTIONS, Uint8Array>;

/** All that stands before a body's length, made once for each second. */
const NONE = new Uint8Array();
const prefixes: Prefixes & { date: string } = {
  date: '',
  stays: NONE,
  staysFor10: NONE,
  ends: NONE,
};

function renewPrefixes(date: string): void {
  prefixes.date = date;
  for (const kind of ['stays', 'staysFor10', 'ends'] as const) {
    const text = `HTTP/1.1 200 OK\r\n${COMMON}${CONNECTIONS[kind]}Date: ${date}\r\nContent-Length: `;
    prefixes[kind] = bytesOf(text);
  }
}

const BLANK_LINE = bytesOf('\r\n\r\n');
/** Digits that are kept free for a body's length: most bodies have from 100 to 999 bytes. */
const USUAL_DIGITS = 3;
const MOST_BYTES = 256;

/**
 * Writes all that stands before a body; the body comes next, then {@link endAnswer}.
 * @param date of the answer, as HTTP writes it
 * @returns where the body begins
 */
export function beginAnswer(out: ByteWriter, head: HttpHead, date: string): number {
  if (date !== prefixes.date) renewPrefixes(date);
  out.reserve(MOST_BYTES);
  const kept = head.isHttp10 ? prefixes.staysFor10 : prefixes.stays;
  out.copy(head.keepsAlive ? kept : prefixes.ends);
  out.length += USUAL_DIGITS + BLANK_LINE.length;
  return out.length;
}

/** Fills in the length of the body that has been written from `bodyFrom` on. */
export function endAnswer(out: ByteWriter, bodyFrom: number, head: HttpHead): void {
  const end = out.length;
  const length = end - bodyFrom;
  const digits = length < 100 ? (length < 10 ? 1 : 2) : length < 1000 ? 3 : String(length).length;
  const shift = digits - USUAL_DIGITS;
  if (shift !== 0) {
    out.reserve(digits);
    out.bytes.copyWithin(bodyFrom + shift, bodyFrom, end);
  }
  out.length = bodyFrom - BLANK_LINE.length - USUAL_DIGITS;
  out.decimal(length);
  out.copy(BLANK_LINE);
  if (head.method !== 'HEAD') out.length = end + shift;
}

/** After it the connection is closed. One character per byte. */
export function encodeRefusal(status: RefusalStatus, date: string, isHead = false): string {
  const body =
    status === 405
      ? encodeFailure(TRACKER_ERRORS['method-not-allowed'])
      : `${REASONS[status]}: this port answers announces and scrapes only.\n`;
  return (
    `HTTP/1.1 ${status} ${REASONS[status]}\r\n${COMMON}Connection: close\r\nDate: ${date}\r\n` +
    `${status === 405 ? 'Allow: GET, HEAD\r\n' : ''}Content-Length: ${body.length}\r\n\r\n` +
    (isHead ? '' : body)
  );
}
