/** The answer for a file that may be read: status, headers, and which bytes of it. Pure. */

import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { selectByteRanges, type ByteRange } from './byte-range';
import { evaluatePreconditions, ifRangeHolds, type Validators } from './preconditions';
import { CORS_HEADERS, textReply, type Reply, type ReplyHeaders } from './reply';

export interface ServedFile extends Validators {
  /** Bytes. */
  size: number;
  /** True when the Public role may have it. */
  shared: boolean;
  /** How it is shown; left out: any bytes, for saving, to every origin. */
  as?: Presentation;
}

export interface Presentation {
  contentType: string;
  /** With every answer but errors. */
  headers: ReplyHeaders;
}

/** A literal piece of the message, or bytes of the file. */
export type BodyPart = Buffer | ByteRange;

export type FileReply = Reply<BodyPart>;

/** A web seed's. */
const webSeedPresentation = (cacheControl: string): Presentation => ({
  contentType: 'application/octet-stream',
  headers: {
    ...CORS_HEADERS,
    'X-Content-Type-Options': 'nosniff',
    // Somebody's upload on the site's own origin: a browser must save it, never show it.
    'Content-Disposition': 'attachment',
    'Cache-Control': cacheControl,
  },
});

/**
 * `no-cache` lets a shared cache keep the bytes but makes it ask each time, so that a revocation holds
 * at once; with the ETag that costs a 304.
 */
const SHARED = webSeedPresentation('public, no-cache');
/** What a personal token opened must be kept by nobody. */
const PERSONAL = webSeedPresentation('private, no-store');

const presentation = ({ as, shared }: ServedFile): Presentation =>
  as ?? (shared ? SHARED : PERSONAL);

export function fileReply(
  method: string,
  request: IncomingHttpHeaders,
  file: ServedFile,
): FileReply {
  const precondition = evaluatePreconditions(request, file);
  if (precondition === 'failed') return textReply(412, 'The file is not in that state.');
  if (precondition === 'not-modified') {
    return { status: 304, headers: validatorHeaders(file), body: [] };
  }
  // Ranges are defined for GET alone (RFC 9110 section 14.2): HEAD tells of the whole file.
  const asked = method === 'GET' && ifRangeHolds(request['if-range']?.toString(), file);
  const selection = selectByteRanges(asked ? request.range : undefined, file.size);
  switch (selection.kind) {
    case 'unsatisfiable':
      return textReply(416, 'No such range.', { 'Content-Range': `bytes */${file.size}` });
    case 'ranges':
      return partialReply(selection.ranges, file);
    case 'whole':
      return reply(
        200,
        presentation(file).contentType,
        file.size === 0 ? [] : [{ start: 0, end: file.size - 1 }],
        file,
      );
  }
}

function partialReply(ranges: ByteRange[], file: ServedFile): FileReply {
  const [only, ...others] = ranges;
  const { contentType } = presentation(file);
  // Also when others were asked for that lie beyond the end: no multipart for a single part.
  if (only !== undefined && others.length === 0) {
    return reply(206, contentType, [only], file, { 'Content-Range': contentRange(only, file) });
  }
  // Random, so that nobody can upload a file that holds the boundary.
  const boundary = randomUUID();
  const parts = ranges.flatMap((range) => [
    Buffer.from(
      `\r\n--${boundary}\r\nContent-Type: ${contentType}\r\n` +
        `Content-Range: ${contentRange(range, file)}\r\n\r\n`,
    ),
    range,
  ]);
  return reply(
    206,
    `multipart/byteranges; boundary=${boundary}`,
    [...parts, Buffer.from(`\r\n--${boundary}--\r\n`)],
    file,
  );
}

const contentRange = (range: ByteRange, file: ServedFile): string =>
  `bytes ${range.start}-${range.end}/${file.size}`;

function reply(
  status: number,
  contentType: string,
  body: BodyPart[],
  file: ServedFile,
  more: ReplyHeaders = {},
): FileReply {
  return {
    status,
    headers: {
      ...presentation(file).headers,
      ETag: file.etag,
      'Last-Modified': httpDate(file.lastModified),
      'Content-Type': contentType,
      'Content-Length': bodyLength(body),
      'Accept-Ranges': 'bytes',
      ...more,
    },
    body,
  };
}

/** Bytes. */
export const bodyLength = (body: readonly BodyPart[]): number =>
  body.reduce((sum, part) => sum + partLength(part), 0);

const partLength = (part: BodyPart): number =>
  Buffer.isBuffer(part) ? part.length : part.end - part.start + 1;

const validatorHeaders = (file: ServedFile): ReplyHeaders => ({
  ...presentation(file).headers,
  ETag: file.etag,
  'Last-Modified': httpDate(file.lastModified),
});

/** The same date comes with each of thousands of ranges. */
const httpDates = new WeakMap<Date, string>();

function httpDate(date: Date): string {
  const known = httpDates.get(date);
  if (known !== undefined) return known;
  const text = date.toUTCString();
  httpDates.set(date, text);
  return text;
}
