/**
 * Reads the head of an HTTP/1.0 or HTTP/1.1 request (RFC 9112), for a listener that answers announces
 * and nothing else. Strict where lenience lets two parsers on one way disagree: bare line feeds,
 * folded lines, blanks before a colon and control characters are refused. Lenient where clients are
 * not strict: bytes from 0x80 on may stand in a URL, because some do not escape an info-hash.
 */

import { bytesOf } from './byte-writer';
import { isBlank, isName, skipToken, skipValue, skipVisible } from './http-bytes';
import { KnownFields } from './known-fields';
import { isWordAt, startsAt } from './query-bytes';

/** What a request's head says; filled anew for each request. */
export interface HttpHead {
  method: 'GET' | 'HEAD' | 'other';
  /** Where the URL stands in the request line: origin form or absolute form, undecoded. */
  urlFrom: number;
  urlTo: number;
  isHttp10: boolean;
  /** Whether the client wants to use the connection again. */
  keepsAlive: boolean;
  /** Whether a body follows. */
  hasBody: boolean;
  /** Whether it asks for another protocol (`Upgrade`) or to be told to go on (`Expect`). */
  negotiates: boolean;
  /** What its fields called `forwardedName` say, in their order, joined by commas as by `node:http`. */
  forwarded: string | undefined;
  /** In small letters; the one that is not filled anew. */
  readonly forwardedName: string;
  readonly forwardedBytes: Uint8Array;
  readonly knownFields: KnownFields;
}

/** Those of `node:http` where it has them. */
export const HTTP_LIMITS = { headBytes: 16 * 1024, fields: 100 } as const;

/** More bytes are needed. */
export const INCOMPLETE = 0;

/** The status that tells what is wrong with a head. */
export type HeadProblem = 400 | 414 | 431 | 505;

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const COMMA = 0x2c;

const GET = bytesOf('GET');
const HEAD = bytesOf('HEAD');
const HTTP_10 = bytesOf('HTTP/1.0');
const HTTP_11 = bytesOf('HTTP/1.1');
const CLOSE = bytesOf('close');
const KEEP_ALIVE = bytesOf('keep-alive');

/** The fields that mean something to us. */
const NAMES = {
  host: bytesOf('host'),
  expect: bytesOf('expect'),
  upgrade: bytesOf('upgrade'),
  connection: bytesOf('connection'),
  contentLength: bytesOf('content-length'),
  transferEncoding: bytesOf('transfer-encoding'),
} as const;

/** What the fields of the head that is being read have said so far. */
const said = { hosts: 0, lengths: 0, isChunked: false, close: false, keepAlive: false };

/** @param forwardedName the field in which proxies name the client, in small letters */
export function emptyHttpHead(forwardedName = 'x-forwarded-for'): HttpHead {
  return {
    method: 'GET',
    urlFrom: 0,
    urlTo: 0,
    isHttp10: false,
    keepsAlive: true,
    hasBody: false,
    negotiates: false,
    forwarded: undefined,
    forwardedName,
    forwardedBytes: bytesOf(forwardedName),
    knownFields: new KnownFields(),
  };
}

/**
 * Reads the head that begins at `bytes[from]`, and looks at no byte twice.
 * @returns the index behind the head; {@link INCOMPLETE}; or minus a {@link HeadProblem}, after
 *   which the connection is of no use: nobody knows where its next request begins
 */
export function readHttpHead(bytes: Buffer, from: number, head: HttpHead): number {
  let at = from;
  // RFC 9112, 2.2: some clients send an empty line too many.
  while (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  const line = readRequestLine(bytes, at, head);
  if (line < 0) return line;
  if (line === INCOMPLETE) return bytes.length - from > HTTP_LIMITS.headBytes ? -414 : INCOMPLETE;
  if (line - from > HTTP_LIMITS.headBytes) return -414;
  forget(head);
  const end = recallFields(bytes, line, head) ? bytes.length : readFields(bytes, line, head);
  if (end < 0) return end;
  if (end === INCOMPLETE) return bytes.length - from > HTTP_LIMITS.headBytes ? -431 : INCOMPLETE;
  if (end - from > HTTP_LIMITS.headBytes) return -431;
  if (said.hosts > 1 || (said.hosts === 0 && !head.isHttp10)) return -400;
  // Who names two lengths, or a coding, wants somebody on the way to read the wrong one.
  if (said.lengths > 1 || said.isChunked) return -400;
  head.keepsAlive = !said.close && (said.keepAlive || !head.isHttp10);
  return end;
}

/** @returns whether the fields from `from` to the end are as some that have been read */
function recallFields(bytes: Buffer, from: number, head: HttpHead): boolean {
  const known = head.knownFields.find(bytes, from);
  if (known === null) return false;
  said.hosts = known.hosts;
  said.close = known.close;
  said.keepAlive = known.keepAlive;
  head.negotiates = known.negotiates;
  return true;
}

function forget(head: HttpHead): void {
  said.hosts = said.lengths = 0;
  said.isChunked = said.close = said.keepAlive = false;
  head.hasBody = head.negotiates = false;
  head.forwarded = undefined;
}

/** `method SP request-target SP HTTP-version CRLF`, with exactly these blanks. */
function readRequestLine(bytes: Buffer, from: number, head: HttpHead): number {
  const methodTo = skipToken(bytes, from);
  if (methodTo === bytes.length) return INCOMPLETE;
  if (methodTo === from || bytes[methodTo] !== SPACE) return -400;
  const urlTo = skipVisible(bytes, methodTo + 1);
  if (urlTo === bytes.length) return INCOMPLETE;
  if (urlTo === methodTo + 1 || bytes[urlTo] !== SPACE) return -400;
  const version = urlTo + 1;
  const end = version + 'HTTP/1.1\r\n'.length;
  if (bytes.length < end) return bytes.includes(LF, version) ? -400 : INCOMPLETE;
  if (bytes[end - 2] !== CR || bytes[end - 1] !== LF) return -400;
  head.isHttp10 = startsAt(bytes, version, HTTP_10);
  if (!head.isHttp10 && !startsAt(bytes, version, HTTP_11)) {
    return /^HTTP\/\d\.\d$/.test(bytes.toString('latin1', version, end - 2)) ? -505 : -400;
  }
  head.method = methodAt(bytes, from, methodTo);
  head.urlFrom = methodTo + 1;
  head.urlTo = urlTo;
  return end;
}

function methodAt(bytes: Buffer, from: number, to: number): HttpHead['method'] {
  if (isWordAt(bytes, from, to, GET)) return 'GET';
  return isWordAt(bytes, from, to, HEAD) ? 'HEAD' : 'other';
}

/** Reads field lines and the empty line behind them. */
function readFields(bytes: Buffer, from: number, head: HttpHead): number {
  let at = from;
  for (let count = 0; ; count += 1) {
    if (bytes[at] === CR) {
      if (at + 1 === bytes.length) return INCOMPLETE;
      if (bytes[at + 1] !== LF) return -400;
      if (at + 2 === bytes.length) rememberFields(bytes, from, head);
      return at + 2;
    }
    const nameTo = skipToken(bytes, at);
    if (nameTo === bytes.length) return INCOMPLETE;
    if (nameTo === at || bytes[nameTo] !== COLON) return -400;
    const valueTo = skipValue(bytes, nameTo + 1);
    if (valueTo === bytes.length) return INCOMPLETE;
    if (bytes[valueTo] !== CR) return -400;
    if (valueTo + 1 === bytes.length) return INCOMPLETE;
    if (bytes[valueTo + 1] !== LF) return -400;
    if (count === HTTP_LIMITS.fields) return -431;
    if (!noteField(bytes, at, nameTo, valueTo, head)) return -400;
    at = valueTo + 2;
  }
}

/** For the next request of this client, or of another one of its make. */
function rememberFields(bytes: Buffer, from: number, head: HttpHead): void {
  const isPlain = head.forwarded === undefined && said.lengths === 0 && !said.isChunked;
  if (isPlain) head.knownFields.keep(bytes, from, { ...said, negotiates: head.negotiates });
}

/** Remembers what a field means to us, if anything; false for a length that is none. */
function noteField(
  bytes: Buffer,
  nameFrom: number,
  nameTo: number,
  valueTo: number,
  head: HttpHead,
): boolean {
  const length = nameTo - nameFrom;
  if (length === head.forwardedBytes.length && isName(bytes, nameFrom, head.forwardedBytes)) {
    noteForwarded(bytes.toString('latin1', nameTo + 1, valueTo).trim(), head);
  }
  switch (length) {
    case 4:
      if (isName(bytes, nameFrom, NAMES.host)) said.hosts += 1;
      return true;
    case 6:
      if (isName(bytes, nameFrom, NAMES.expect)) head.negotiates = true;
      return true;
    case 7:
      if (isName(bytes, nameFrom, NAMES.upgrade)) head.negotiates = true;
      return true;
    case 10:
      if (isName(bytes, nameFrom, NAMES.connection)) noteOptions(bytes, nameTo + 1, valueTo);
      return true;
    case 14:
      if (!isName(bytes, nameFrom, NAMES.contentLength)) return true;
      said.lengths += 1;
      return noteLength(bytes.toString('latin1', nameTo + 1, valueTo), head);
    case 17:
      if (isName(bytes, nameFrom, NAMES.transferEncoding)) said.isChunked = true;
      return true;
    default:
      return true;
  }
}

function noteForwarded(value: string, head: HttpHead): void {
  head.forwarded = head.forwarded === undefined ? value : `${head.forwarded}, ${value}`;
}

function noteLength(value: string, head: HttpHead): boolean {
  const digits = /^[\t ]*(\d+)[\t ]*$/.exec(value)?.[1];
  head.hasBody = digits !== undefined && !/^0+$/.test(digits);
  return digits !== undefined;
}

/** `Connection` is a list of words between commas. */
function noteOptions(bytes: Buffer, from: number, to: number): void {
  let wordFrom = from;
  for (let at = from; at <= to; at += 1) {
    if (at < to && bytes[at] !== COMMA) continue;
    let wordTo = at;
    while (wordFrom < wordTo && isBlank(bytes, wordFrom)) wordFrom += 1;
    while (wordFrom < wordTo && isBlank(bytes, wordTo - 1)) wordTo -= 1;
    const length = wordTo - wordFrom;
    if (length === CLOSE.length && isName(bytes, wordFrom, CLOSE)) said.close = true;
    if (length === KEEP_ALIVE.length && isName(bytes, wordFrom, KEEP_ALIVE)) said.keepAlive = true;
    wordFrom = at + 1;
  }
}
