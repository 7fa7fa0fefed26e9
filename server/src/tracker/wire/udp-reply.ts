/** Writes the answers of BEP 15. Each function returns how many bytes it wrote. */
import type { AnnounceReply } from '../announce';
import type { TrackerError } from '../errors';
import type { AddressFamily, SwarmCounts } from '../swarm/swarm-store';
import { ACTION, MAX_PEERS4, MAX_PEERS6, PEERS_AT } from './udp-packet';

/** Bytes before the first counts of a scrape's answer, and before an error's text. */
const HEAD_BYTES = 8;
const COUNTS_BYTES = 12;

export function writeHead(out: Buffer, action: number, transaction: number): number {
  out.writeUInt32BE(action, 0);
  out.writeInt32BE(transaction, 4);
  return HEAD_BYTES;
}

/**
 * Peers of the packet's own family only: a client reads 6 or 18 bytes for each, by the family of
 * the socket that it asked from.
 */
export function writeAnnounceReply(
  out: Buffer,
  transaction: number,
  family: AddressFamily,
  { interval, swarm }: AnnounceReply,
): number {
  writeHead(out, ACTION.announce, transaction);
  out.writeUInt32BE(interval, 8);
  out.writeUInt32BE(swarm.leechers, 12);
  out.writeUInt32BE(swarm.seeders, 16);
  const bytes =
    family === 4 ? Math.min(swarm.count4, MAX_PEERS4) * 6 : Math.min(swarm.count6, MAX_PEERS6) * 18;
  (family === 4 ? swarm.peers4 : swarm.peers6).copy(out, PEERS_AT, 0, bytes);
  return PEERS_AT + bytes;
}

/** @returns where the next counts go */
export function writeCounts(out: Buffer, at: number, counts: SwarmCounts): number {
  out.writeUInt32BE(counts.seeders, at);
  out.writeUInt32BE(counts.completed, at + 4);
  out.writeUInt32BE(counts.leechers, at + 8);
  return at + COUNTS_BYTES;
}

/** There is no place for `retry in`: clients wait for longer each time by themselves. */
export function writeError(out: Buffer, transaction: number, { text }: TrackerError): number {
  const at = writeHead(out, ACTION.error, transaction);
  return at + out.write(text, at, 'latin1');
}
