/**
 * Reads the head of an HTTP/1.0 or HTTP/1.1 request (RFC 9112), for a listener that answers announces
 * and nothing else. Strict where lenience lets two parsers on one way disagree: bare line feeds,
 * folded lines, blanks before a colon and control characters are refused. Lenient where clients are
 * not strict: bytes from 0x80 on may stand in a URL, because some do not escape an info-hash.
 */

/** What a request's head says; filled anew for each request. */
export interface HttpHead {
  method: 'GET' | 'HEAD' | 'other';
  /** As it stands in the request line: origin form or absolute form, undecoded. */
  url: string;
  isHttp10: boolean;
  /** Whether the client wants to use the connection again. */
  keepsAlive: boolean;
  /** Whether a body follows. */
  hasBody: boolean;
  /** What its fields called `forwardedName` say, in their order, joined by commas as by `node:http`. */
  forwarded: string | undefined;
  /** In small letters; the one that is not filled anew. */
  readonly forwardedName: string;
}

/** Those of `node:http` where it has them. */
export const HTTP_LIMITS = { headBytes: 16 * 1024, fields: 100 } as const;

/** More bytes are needed. */
export const INCOMPLETE = 0;

/** The status that tells what is wrong with a head. */
export type HeadProblem = 400 | 414 | 431 | 505;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const COMMA = 0x2c;

const TOKEN = 1;
const VISIBLE = 2;
const VALUE = 4;

/** What each byte may be a part of (RFC 9110, 5.5 and 5.6.2). */
const CLASSES = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === SPACE || byte === TAB) return VALUE;
  if (byte < SPACE || byte === 0x7f) return 0;
  const isToken = /[\w!#$%&'*+.^`|~-]/.test(String.fromCharCode(byte));
  return VISIBLE | VALUE | (isToken ? TOKEN : 0);
});

/** What the fields of the head that is being read have said so far. */
const said = { hosts: 0, lengths: 0, isChunked: false, close: false, keepAlive: false };

/** @param forwardedName the field in which proxies name the client, in small letters */
export function emptyHttpHead(forwardedName = 'x-forwarded-for'): HttpHead {
  return {
    method: 'GET',
    url: '',
    isHttp10: false,
    keepsAlive: true,
    hasBody: false,
    forwarded: undefined,
    forwardedName,
  };
}

/**
 * Reads the head that begins at `text[from]`, and looks at no byte twice.
 * @param text one character per byte
 * @returns the index behind the head; {@link INCOMPLETE}; or minus a {@link HeadProblem}, after
 *   which the connection is of no use: nobody knows where its next request begins
 */
export function readHttpHead(text: string, from: number, head: HttpHead): number {
  let at = from;
  // RFC 9112, 2.2: some clients send an empty line too many.
  while (text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF) at += 2;
  const line = readRequestLine(text, at, head);
  if (line < 0) return line;
  if (line === INCOMPLETE) return text.length - from > HTTP_LIMITS.headBytes ? -414 : INCOMPLETE;
  if (line - from > HTTP_LIMITS.headBytes) return -414;
  forget(head);
  const end = readFields(text, line, head);
  if (end < 0) return end;
  if (end === INCOMPLETE) return text.length - from > HTTP_LIMITS.headBytes ? -431 : INCOMPLETE;
  if (end - from > HTTP_LIMITS.headBytes) return -431;
  if (said.hosts > 1 || (said.hosts === 0 && !head.isHttp10)) return -400;
  // Who names two lengths, or a coding, wants somebody on the way to read the wrong one.
  if (said.lengths > 1 || said.isChunked) return -400;
  head.keepsAlive = !said.close && (said.keepAlive || !head.isHttp10);
  return end;
}

function forget(head: HttpHead): void {
  said.hosts = said.lengths = 0;
  said.isChunked = said.close = said.keepAlive = false;
  head.hasBody = false;
  head.forwarded = undefined;
}

/** `method SP request-target SP HTTP-version CRLF`, with exactly these blanks. */
function readRequestLine(text: string, from: number, head: HttpHead): number {
  const methodTo = skip(text, from, TOKEN);
  if (methodTo === text.length) return INCOMPLETE;
  if (methodTo === from || text.charCodeAt(methodTo) !== SPACE) return -400;
  const urlTo = skip(text, methodTo + 1, VISIBLE);
  if (urlTo === text.length) return INCOMPLETE;
  if (urlTo === methodTo + 1 || text.charCodeAt(urlTo) !== SPACE) return -400;
  const version = urlTo + 1;
  const end = version + 'HTTP/1.1\r\n'.length;
  if (text.length < end) return text.includes('\n', version) ? -400 : INCOMPLETE;
  if (text.charCodeAt(end - 2) !== CR || text.charCodeAt(end - 1) !== LF) return -400;
  head.isHttp10 = text.startsWith('HTTP/1.0', version);
  if (!head.isHttp10 && !text.startsWith('HTTP/1.1', version)) {
    return /^HTTP\/\d\.\d$/.test(text.slice(version, end - 2)) ? -505 : -400;
  }
  head.method = methodAt(text, from, methodTo);
  head.url = text.slice(methodTo + 1, urlTo);
  return end;
}

function methodAt(text: string, from: number, to: number): HttpHead['method'] {
  if (to - from === 3 && text.startsWith('GET', from)) return 'GET';
  return to - from === 4 && text.startsWith('HEAD', from) ? 'HEAD' : 'other';
}

/** Reads field lines and the empty line behind them. */
function readFields(text: string, from: number, head: HttpHead): number {
  let at = from;
  for (let count = 0; ; count += 1) {
    if (text.charCodeAt(at) === CR) {
      if (at + 1 === text.length) return INCOMPLETE;
      return text.charCodeAt(at + 1) === LF ? at + 2 : -400;
    }
    const nameTo = skip(text, at, TOKEN);
    if (nameTo === text.length) return INCOMPLETE;
    if (nameTo === at || text.charCodeAt(nameTo) !== COLON) return -400;
    const valueTo = skip(text, nameTo + 1, VALUE);
    if (valueTo === text.length) return INCOMPLETE;
    if (text.charCodeAt(valueTo) !== CR) return -400;
    if (valueTo + 1 === text.length) return INCOMPLETE;
    if (text.charCodeAt(valueTo + 1) !== LF) return -400;
    if (count === HTTP_LIMITS.fields) return -431;
    if (!noteField(text, at, nameTo, valueTo, head)) return -400;
    at = valueTo + 2;
  }
}

/** Remembers what a field means to us, if anything; false for a length that is none. */
function noteField(
  text: string,
  nameFrom: number,
  nameTo: number,
  valueTo: number,
  head: HttpHead,
): boolean {
  const length = nameTo - nameFrom;
  if (length === head.forwardedName.length) {
    const name = text.slice(nameFrom, nameTo).toLowerCase();
    if (name === head.forwardedName) noteForwarded(text.slice(nameTo + 1, valueTo).trim(), head);
  }
  switch (length) {
    case 4:
      if (isWord(text, nameFrom, nameTo, 'host')) said.hosts += 1;
      return true;
    case 10:
      if (isWord(text, nameFrom, nameTo, 'connection')) noteOptions(text, nameTo + 1, valueTo);
      return true;
    case 14:
      if (!isWord(text, nameFrom, nameTo, 'content-length')) return true;
      said.lengths += 1;
      return noteLength(text.slice(nameTo + 1, valueTo), head);
    case 17:
      if (isWord(text, nameFrom, nameTo, 'transfer-encoding')) said.isChunked = true;
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
function noteOptions(text: string, from: number, to: number): void {
  let wordFrom = from;
  for (let at = from; at <= to; at += 1) {
    if (at < to && text.charCodeAt(at) !== COMMA) continue;
    let wordTo = at;
    while (wordFrom < wordTo && isBlank(text, wordFrom)) wordFrom += 1;
    while (wordFrom < wordTo && isBlank(text, wordTo - 1)) wordTo -= 1;
    if (isWord(text, wordFrom, wordTo, 'close')) said.close = true;
    else if (isWord(text, wordFrom, wordTo, 'keep-alive')) said.keepAlive = true;
    wordFrom = at + 1;
  }
}

function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code === SPACE || code === TAB;
}

/** @param word of lower-case letters and hyphens */
function isWord(text: string, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false;
  for (let i = 0; i < word.length; i += 1) {
    // The bit that makes an ASCII letter small is set in a hyphen already.
    if ((text.charCodeAt(from + i) | 0x20) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** Index of the first character from `from` on that is not of this class. */
function skip(text: string, from: number, kind: number): number {
  let at = from;
  while (at < text.length && ((CLASSES[text.charCodeAt(at)] ?? 0) & kind) !== 0) at += 1;
  return at;
}
