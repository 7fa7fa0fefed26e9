/** Whole HTTP answers as latin1 strings, for a listener that has no framework under it. */
import { TRACKER_ERRORS } from '../errors';
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

type Prefixes = Record<keyof typeof CONNECTIONS, string>;

/** All that stands before a body's length, made once for each second. */
const prefixes: Prefixes & { date: string } = { date: '', stays: '', staysFor10: '', ends: '' };

function renewPrefixes(date: string): void {
  prefixes.date = date;
  for (const kind of ['stays', 'staysFor10', 'ends'] as const) {
    prefixes[kind] =
      `HTTP/1.1 200 OK\r\n${COMMON}${CONNECTIONS[kind]}Date: ${date}\r\nContent-Length: `;
  }
}

/**
 * @param body bencode, one character per byte
 * @param date of the answer, as HTTP writes it
 */
export function encodeAnswer(body: string, head: HttpHead, date: string): string {
  if (date !== prefixes.date) renewPrefixes(date);
  const kept = head.isHttp10 ? prefixes.staysFor10 : prefixes.stays;
  const prefix = head.keepsAlive ? kept : prefixes.ends;
  return `${prefix}${body.length}\r\n\r\n${head.method === 'HEAD' ? '' : body}`;
}

/** After it the connection is closed. */
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
