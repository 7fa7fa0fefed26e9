/**
 * Whether an answer is right. A server that is fast because it hands out nobody must not win, so
 * each answer is read, not only counted.
 */
import { NUMWANT } from './scenario';

export interface Expectation {
  /** The asker must not be among the peers. Other trackers hand it back, and are not failed for it. */
  isSelfForbidden: boolean;
}

const MIN_INTERVAL = 300;
const MAX_INTERVAL = 10_800;
const PEER_BYTES = 6;

/** `null` when right, else what is wrong. `self` is null when the answer is a constant. */
export function problemOfHttpBody(body: Buffer, self: Buffer | null): string | null {
  const end = body.length - 1;
  if (body[0] !== DICTIONARY || body[end] !== END) return malformed(body);
  let interval = -1;
  let peers: Buffer | null = null;
  cursor.next = 1;
  while (cursor.next < end) {
    if (readValue(body, end) !== 'string') return malformed(body);
    const { from, to } = cursor;
    const kind = readValue(body, end);
    if (kind === null) return malformed(body);
    if (isKey(body, from, to, INTERVAL) && kind === 'number') interval = cursor.value;
    else if (isKey(body, from, to, PEERS)) peers = body.subarray(cursor.from, cursor.to);
    else if (isKey(body, from, to, FAILURE)) return `failure: ${excerpt(body)}`;
  }
  if (cursor.next !== end) return malformed(body);
  if (interval < 0) return 'no interval';
  if (peers === null) return 'no compact peers';
  return problemOfInterval(interval) ?? problemOfPeers(peers, self);
}

/** BEP 15: action 1, our transaction id, interval, leechers, seeders, endpoints. */
export function problemOfUdpAnnounce(
  packet: Buffer,
  transactionId: number,
  self: Buffer | null,
): string | null {
  if (packet.length < 20) return `a packet of ${packet.length} bytes`;
  if (packet.readUInt32BE(0) !== 1) return `action ${packet.readUInt32BE(0)}: ${excerpt(packet)}`;
  if (packet.readUInt32BE(4) !== transactionId) return 'another transaction id';
  return problemOfInterval(packet.readUInt32BE(8)) ?? problemOfPeers(packet.subarray(20), self);
}

export function problemOfInterval(seconds: number): string | null {
  return seconds >= MIN_INTERVAL && seconds <= MAX_INTERVAL ? null : `interval ${seconds}`;
}

function problemOfPeers(peers: Buffer, self: Buffer | null): string | null {
  if (peers.length !== NUMWANT * PEER_BYTES) return `${peers.length} bytes of peers`;
  if (self === null) return null;
  for (let at = peers.indexOf(self); at >= 0; at = peers.indexOf(self, at + 1)) {
    if (at % PEER_BYTES === 0) return 'the asker is among its own peers';
  }
  return null;
}

const excerpt = (bytes: Buffer): string => JSON.stringify(bytes.subarray(0, 60).toString('latin1'));

const malformed = (body: Buffer): string => `not a bencoded dictionary: ${excerpt(body)}`;

const DICTIONARY = 0x64;
const NUMBER = 0x69;
const END = 0x65;
const COLON = 0x3a;
const [INTERVAL, PEERS, FAILURE] = ['interval', 'peers', 'failure reason'].map((key) =>
  Buffer.from(key),
) as [Buffer, Buffer, Buffer];

const isKey = (body: Buffer, from: number, to: number, key: Buffer): boolean =>
  to - from === key.length && body.compare(key, 0, key.length, from, to) === 0;

/** What was read last: one for all, because the load has to be the faster side. */
const cursor = { value: 0, from: 0, to: 0, next: 0 };

/** Reads what stands at `cursor.next`; `null` when it is neither, or does not end before `end`. */
function readValue(body: Buffer, end: number): 'number' | 'string' | null {
  const isNumber = body[cursor.next] === NUMBER;
  const firstDigit = isNumber ? cursor.next + 1 : cursor.next;
  let value = 0;
  let at = firstDigit;
  for (; at < end; at += 1) {
    const digit = (body[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
  }
  if (at === firstDigit || body[at] !== (isNumber ? END : COLON)) return null;
  cursor.value = value;
  cursor.from = at + 1;
  cursor.to = cursor.next = isNumber ? at + 1 : at + 1 + value;
  if (cursor.next > end) return null;
  return isNumber ? 'number' : 'string';
}
