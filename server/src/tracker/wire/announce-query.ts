/** Reads the query of an HTTP announce (BEP 3, 21, 23) into an {@link HttpAnnounce}. */
import type { AnnounceEvent, AnnounceRequest } from '../announce';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import { INFO_HASH_BYTES, type InfoHash } from '../info-hash';
import { decodeBytes, decodePasskey, QueryCursor, readDecimal } from './query';

export interface HttpAnnounce extends AnnounceRequest {
  /** BEP 23: compact unless the client says `compact=0`. */
  compact: boolean;
}

/** Reads `url[from..to)`; says what is wrong with it, or null. */
type Reader = (url: string, from: number, to: number, request: HttpAnnounce) => TrackerError | null;

interface Parameter {
  readonly name: string;
  /** A bit, so that a second one of the kind is seen without a set. */
  readonly bit: number;
  readonly read: Reader;
}

const PEER_ID_BYTES = 20;
/** 2^64 - 1; a larger amount of bytes is a lie. */
const LARGEST_AMOUNT = '18446744073709551615';

const INFO_HASH = 1;
const PEER_ID = 2;
const PORT = 4;
const PASSKEY = 8;

const EVENTS: readonly (readonly [string, AnnounceEvent])[] = [
  ['', 'none'],
  ['started', 'started'],
  ['completed', 'completed'],
  ['stopped', 'stopped'],
  ['paused', 'paused'],
  // BEP 3 calls the absent event "empty", and some clients take the word literally.
  ['empty', 'none'],
];

const amount =
  (field: 'left' | 'uploaded' | 'downloaded'): Reader =>
  (url, from, to, request) => {
    const value = readDecimal(url, from, to);
    request[field] = value;
    const digits = to - from;
    const fits =
      digits < LARGEST_AMOUNT.length ||
      (digits === LARGEST_AMOUNT.length && url.slice(from, to) <= LARGEST_AMOUNT);
    return value >= 0 && fits ? null : TRACKER_ERRORS['invalid-amount'];
  };

/** All others (`ip`, `ipv4`, `ipv6`, `key`, `supportcrypto`, `no_peer_id`, …) mean nothing to us. */
const PARAMETERS: readonly Parameter[] = [
  { name: 'info_hash', bit: INFO_HASH, read: readInfoHash },
  { name: 'peer_id', bit: PEER_ID, read: readPeerId },
  { name: 'port', bit: PORT, read: readPort },
  { name: 'passkey', bit: PASSKEY, read: readPasskey },
  { name: 'left', bit: 16, read: amount('left') },
  { name: 'uploaded', bit: 32, read: amount('uploaded') },
  { name: 'downloaded', bit: 64, read: amount('downloaded') },
  { name: 'event', bit: 128, read: readEvent },
  { name: 'numwant', bit: 256, read: readNumwant },
  { name: 'compact', bit: 512, read: readCompact },
];

const NAMES_BY_LENGTH: readonly (readonly Parameter[])[] = Array.from({ length: 11 }, (_, length) =>
  PARAMETERS.filter(({ name }) => name.length === length),
);

const cursor = new QueryCursor();
const infoHashBytes = Buffer.alloc(INFO_HASH_BYTES);
const peerIdBytes = Buffer.alloc(PEER_ID_BYTES);

export function emptyHttpAnnounce(): HttpAnnounce {
  return {
    transport: 'http',
    infoHash: '' as InfoHash,
    passkey: null,
    endpoint: Buffer.alloc(18),
    family: 4,
    port: 0,
    event: 'none',
    left: Infinity,
    uploaded: 0,
    downloaded: 0,
    numwant: -1,
    compact: true,
  };
}

/**
 * Reads `url` from index `from` (behind the `?`) into `request`: all but the source address.
 * @param pathKey the passkey of `/announce/K`, or null
 * @returns what is wrong with the query, or null
 */
export function parseAnnounceQuery(
  url: string,
  from: number,
  pathKey: string | null,
  request: HttpAnnounce,
): TrackerError | null {
  reset(request, pathKey);
  let seen = pathKey === null ? 0 : PASSKEY;
  cursor.open(url, from);
  while (cursor.next()) {
    const parameter = parameterAt(url, cursor.keyFrom, cursor.keyTo);
    if (parameter === undefined) {
      if (!cursor.hasValidEscapes()) return TRACKER_ERRORS['malformed-query'];
      continue;
    }
    // Never pick one of two silently: somebody else on the way may pick the other.
    if ((seen & parameter.bit) !== 0) return TRACKER_ERRORS['repeated-parameter'];
    seen |= parameter.bit;
    const error = parameter.read(url, cursor.valueFrom, cursor.valueTo, request);
    if (error !== null) return error;
  }
  if ((seen & INFO_HASH) === 0) return TRACKER_ERRORS['missing-info-hash'];
  if ((seen & PEER_ID) === 0) return TRACKER_ERRORS['missing-peer-id'];
  if ((seen & PORT) === 0) return TRACKER_ERRORS['missing-port'];
  if (request.port === 0 && request.event !== 'stopped') return TRACKER_ERRORS['invalid-port'];
  return null;
}

function reset(request: HttpAnnounce, passkey: string | null): void {
  request.passkey = passkey;
  request.event = 'none';
  request.left = Infinity;
  request.uploaded = request.downloaded = 0;
  request.numwant = -1;
  request.compact = true;
}

function parameterAt(url: string, from: number, to: number): Parameter | undefined {
  const candidates = NAMES_BY_LENGTH[to - from];
  if (candidates === undefined) return undefined;
  for (const parameter of candidates) if (url.startsWith(parameter.name, from)) return parameter;
  return undefined;
}

function readInfoHash(url: string, from: number, to: number, request: HttpAnnounce) {
  const length = decodeBytes(url, from, to, infoHashBytes);
  if (length !== INFO_HASH_BYTES) return TRACKER_ERRORS['invalid-info-hash'];
  request.infoHash = infoHashBytes.toString('latin1') as InfoHash;
  return null;
}

/** Only checked, never kept: a peer is its address and port; anybody can send somebody else's id. */
function readPeerId(url: string, from: number, to: number) {
  const length = decodeBytes(url, from, to, peerIdBytes);
  return length === PEER_ID_BYTES ? null : TRACKER_ERRORS['invalid-peer-id'];
}

function readPort(url: string, from: number, to: number, request: HttpAnnounce) {
  request.port = readDecimal(url, from, to);
  return request.port >= 0 && request.port <= 0xffff ? null : TRACKER_ERRORS['invalid-port'];
}

function readPasskey(url: string, from: number, to: number, request: HttpAnnounce) {
  request.passkey = decodePasskey(url, from, to);
  return cursor.hasValidEscapes() ? null : TRACKER_ERRORS['malformed-query'];
}

function readEvent(url: string, from: number, to: number, request: HttpAnnounce) {
  for (const [word, event] of EVENTS) {
    if (word.length !== to - from || !url.startsWith(word, from)) continue;
    request.event = event;
    return null;
  }
  return TRACKER_ERRORS['invalid-event'];
}

/** Negative means "as many as you like" (BEP 15 says so in words, clients in numbers). */
function readNumwant(url: string, from: number, to: number, request: HttpAnnounce) {
  const negative = url.charCodeAt(from) === 0x2d;
  const value = readDecimal(url, negative ? from + 1 : from, to);
  request.numwant = negative ? -1 : value;
  return value >= 0 ? null : TRACKER_ERRORS['invalid-numwant'];
}

function readCompact(url: string, from: number, to: number, request: HttpAnnounce) {
  const value = readDecimal(url, from, to);
  request.compact = value === 1;
  return value === 0 || value === 1 ? null : TRACKER_ERRORS['invalid-compact'];
}
