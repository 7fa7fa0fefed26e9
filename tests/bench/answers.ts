/**
 * Whether an answer is right. A server that is fast because it hands out nobody must not win, so
 * each answer is read, not only counted. A sound answer costs a few microseconds to check.
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
  const fields = readDictionary(body);
  if (fields === null) return `not a bencoded dictionary: ${excerpt(body)}`;
  const failure = fields.get('failure reason');
  if (failure !== undefined) return `failure: ${String(failure)}`;
  const interval = fields.get('interval');
  const peers = fields.get('peers');
  if (typeof interval !== 'number') return 'no interval';
  if (!Buffer.isBuffer(peers)) return 'no compact peers';
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

/** The numbers and strings of a flat bencoded dictionary; `null` for anything else. */
function readDictionary(body: Buffer): Map<string, number | Buffer> | null {
  if (body[0] !== 0x64 || body.at(-1) !== 0x65) return null;
  const fields = new Map<string, number | Buffer>();
  let at = 1;
  while (at < body.length - 1) {
    const key = readValue(body, at);
    if (key === null || typeof key.value === 'number') return null;
    const value = readValue(body, key.end);
    if (value === null) return null;
    fields.set(key.value.toString('latin1'), value.value);
    at = value.end;
  }
  return at === body.length - 1 ? fields : null;
}

function readValue(body: Buffer, from: number): { value: number | Buffer; end: number } | null {
  const isNumber = body[from] === 0x69;
  let number = 0;
  let at = isNumber ? from + 1 : from;
  const firstDigit = at;
  for (; at < body.length; at += 1) {
    const digit = (body[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) break;
    number = number * 10 + digit;
  }
  if (at === firstDigit || body[at] !== (isNumber ? 0x65 : 0x3a)) return null;
  if (isNumber) return { value: number, end: at + 1 };
  const end = at + 1 + number;
  return end > body.length ? null : { value: body.subarray(at + 1, end), end };
}
