/** Reads the query of an HTTP announce (BEP 3, 21, 23) into an {@link HttpAnnounce}. */
import type { AnnounceEvent, AnnounceRequest } from '../announce';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import { INFO_HASH_BYTES, type InfoHash } from '../info-hash';
import { bytesOf } from './byte-writer';
import { InfoHashCache } from './info-hash-cache';
import { decodePasskey } from './query';
import { decimalAt, decodeInto, hasValidEscapes, isWordAt } from './query-bytes';

export interface HttpAnnounce extends AnnounceRequest {
  /** BEP 23: compact unless the client says `compact=0`. */
  compact: boolean;
}

/** Reads `bytes[from..to)`; says what is wrong with it, or null. */
type Reader = (
  bytes: Buffer,
  from: number,
  to: number,
  request: HttpAnnounce,
) => TrackerError | null;

interface Parameter {
  readonly name: Uint8Array;
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

const EVENTS: readonly (readonly [Uint8Array, AnnounceEvent])[] = [
  [bytesOf(''), 'none'],
  [bytesOf('started'), 'started'],
  [bytesOf('completed'), 'completed'],
  [bytesOf('stopped'), 'stopped'],
  [bytesOf('paused'), 'paused'],
  // BEP 3 calls the absent event "empty", and some clients take the word literally.
  [bytesOf('empty'), 'none'],
];

const amount =
  (field: 'left' | 'uploaded' | 'downloaded'): Reader =>
  (bytes, from, to, request) => {
    const value = decimalAt(bytes, from, to);
    request[field] = value;
    const digits = to - from;
    const fits =
      digits < LARGEST_AMOUNT.length ||
      (digits === LARGEST_AMOUNT.length && bytes.toString('latin1', from, to) <= LARGEST_AMOUNT);
    return value >= 0 && fits ? null : TRACKER_ERRORS['invalid-amount'];
  };

/** All others (`ip`, `ipv4`, `ipv6`, `key`, `supportcrypto`, `no_peer_id`, …) mean nothing to us. */
const PARAMETERS: readonly Parameter[] = [
  { name: bytesOf('info_hash'), bit: INFO_HASH, read: readInfoHash },
  { name: bytesOf('peer_id'), bit: PEER_ID, read: readPeerId },
  { name: bytesOf('port'), bit: PORT, read: readPort },
  { name: bytesOf('passkey'), bit: PASSKEY, read: readPasskey },
  { name: bytesOf('left'), bit: 16, read: amount('left') },
  { name: bytesOf('uploaded'), bit: 32, read: amount('uploaded') },
  { name: bytesOf('downloaded'), bit: 64, read: amount('downloaded') },
  { name: bytesOf('event'), bit: 128, read: readEvent },
  { name: bytesOf('numwant'), bit: 256, read: readNumwant },
  { name: bytesOf('compact'), bit: 512, read: readCompact },
];

const NAMES_BY_LENGTH: readonly (readonly Parameter[])[] = Array.from({ length: 11 }, (_, length) =>
  PARAMETERS.filter(({ name }) => name.length === length),
);

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;

const infoHashes = new InfoHashCache();
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
 * Reads the query in `bytes[from..to)` into `request`: all but the source address. Each byte is
 * looked at once to find the parts, and once more where it means something.
 * @param pathKey the passkey of `/announce/K`, or null
 * @returns what is wrong with the query, or null
 */
export function parseAnnounceQuery(
  bytes: Buffer,
  from: number,
  to: number,
  pathKey: string | null,
  request: HttpAnnounce,
): TrackerError | null {
  reset(request, pathKey);
  let seen = pathKey === null ? 0 : PASSKEY;
  for (let at = from; at < to;) {
    let keyTo = -1;
    let isEscaped = false;
    let end = at;
    for (; end < to; end += 1) {
      const byte = bytes[end];
      if (byte === AMPERSAND) break;
      if (byte === PERCENT) isEscaped = true;
      else if (byte === EQUALS && keyTo < 0) keyTo = end;
    }
    // A part without `=` has an empty value.
    const valueFrom = keyTo < 0 ? end : keyTo + 1;
    const parameter = parameterAt(bytes, at, keyTo < 0 ? end : keyTo);
    if (parameter === undefined) {
      if (isEscaped && !hasValidEscapes(bytes, at, end)) return TRACKER_ERRORS['malformed-query'];
    } else {
      // Never pick one of two silently: somebody else on the way may pick the other.
      if ((seen & parameter.bit) !== 0) return TRACKER_ERRORS['repeated-parameter'];
      seen |= parameter.bit;
      const error = parameter.read(bytes, valueFrom, end, request);
      if (error !== null) return error;
    }
    at = end + 1;
  }
  return missing(seen, request);
}

function missing(seen: number, request: HttpAnnounce): TrackerError | null {
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

function parameterAt(bytes: Buffer, from: number, to: number): Parameter | undefined {
  const candidates = NAMES_BY_LENGTH[to - from];
  if (candidates === undefined) return undefined;
  for (const parameter of candidates) {
    if (isWordAt(bytes, from, to, parameter.name)) return parameter;
  }
  return undefined;
}

function readInfoHash(bytes: Buffer, from: number, to: number, request: HttpAnnounce) {
  const length = decodeInto(bytes, from, to, infoHashBytes);
  if (length !== INFO_HASH_BYTES) return TRACKER_ERRORS['invalid-info-hash'];
  request.infoHash = infoHashes.read(infoHashBytes, 0);
  return null;
}

/** Only checked, never kept: a peer is its address and port; anybody can send somebody else's id. */
function readPeerId(bytes: Buffer, from: number, to: number) {
  const length = decodeInto(bytes, from, to, peerIdBytes);
  return length === PEER_ID_BYTES ? null : TRACKER_ERRORS['invalid-peer-id'];
}

function readPort(bytes: Buffer, from: number, to: number, request: HttpAnnounce) {
  request.port = decimalAt(bytes, from, to);
  return request.port >= 0 && request.port <= 0xffff ? null : TRACKER_ERRORS['invalid-port'];
}

function readPasskey(bytes: Buffer, from: number, to: number, request: HttpAnnounce) {
  const text = bytes.toString('latin1', from, to);
  request.passkey = decodePasskey(text, 0, text.length);
  return hasValidEscapes(bytes, from, to) ? null : TRACKER_ERRORS['malformed-query'];
}

function readEvent(bytes: Buffer, from: number, to: number, request: HttpAnnounce) {
  for (const [word, event] of EVENTS) {
    if (!isWordAt(bytes, from, to, word)) continue;
    request.event = event;
    return null;
  }
  return TRACKER_ERRORS['invalid-event'];
}

/** Negative means "as many as you like" (BEP 15 says so in words, clients in numbers). */
function readNumwant(bytes: Buffer, from: number, to: number, request: HttpAnnounce) {
  const negative = bytes[from] === 0x2d;
  const value = decimalAt(bytes, negative ? from + 1 : from, to);
  request.numwant = negative ? -1 : value;
  return value >= 0 ? null : TRACKER_ERRORS['invalid-numwant'];
}

function readCompact(bytes: Buffer, from: number, to: number, request: HttpAnnounce) {
  const value = decimalAt(bytes, from, to);
  request.compact = value === 1;
  return value === 0 || value === 1 ? null : TRACKER_ERRORS['invalid-compact'];
}
