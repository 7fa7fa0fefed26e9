/** Writes the answers of BEP 15. Each function returns how many bytes it wrote. */
import type { AnnounceReply } from '../announce';
import type { TrackerError } from '../errors';
import type { AddressFamily, SwarmCounts } from '../swarm/swarm-store';
import type { UdpAnswer } from './udp-answer';
import { ACTION, MAX_PEERS4, MAX_PEERS6, PEERS_AT, writeWord } from './udp-packet';

/** Bytes before the first counts of a scrape's answer, and before an error's text. */
const HEAD_BYTES = 8;
const COUNTS_BYTES = 12;

export function writeHead(out: Buffer, action: number, transaction: number): number {
  writeWord(out, 0, action);
  writeWord(out, 4, transaction);
  return HEAD_BYTES;
}

/**
 * Peers of the packet's own family only: a client reads 6 or 18 bytes for each, by the family of
 * the socket that it asked from.
 */
export function writeAnnounceReply(
  answer: UdpAnswer,
  transaction: number,
  family: AddressFamily,
  { interval, swarm }: AnnounceReply,
): number {
  const out = answer.bytes;
  writeHead(out, ACTION.announce, transaction);
  writeWord(out, 8, interval);
  writeWord(out, 12, swarm.leechers);
  writeWord(out, 16, swarm.seeders);
  const bytes =
    family === 4 ? Math.min(swarm.count4, MAX_PEERS4) * 6 : Math.min(swarm.count6, MAX_PEERS6) * 18;
  copiers[family].copy(family === 4 ? swarm.peers4 : swarm.peers6, bytes, answer);
  return PEERS_AT + bytes;
}

/** Copies by words: a call of the engine's own copying costs as much as the rest of an answer. */
class PeerCopier {
  /** Where peers came from last: a store in memory has the same two buffers for all answers. */
  private peers: Buffer | null = null;
  private peerWords: Uint32Array | null = null;

  copy(peers: Buffer, bytes: number, { bytes: out, words }: UdpAnswer): void {
    const from = peers === this.peers ? this.peerWords : this.wordsOf(peers);
    const whole = from === null ? 0 : bytes >> 2;
    if (from !== null) {
      for (let i = 0; i < whole; i += 1) words[PEERS_AT / 4 + i] = from[i] ?? 0;
    }
    for (let i = whole * 4; i < bytes; i += 1) out[PEERS_AT + i] = peers[i] ?? 0;
  }

  private wordsOf(peers: Buffer): Uint32Array | null {
    const { buffer, byteOffset, length } = peers;
    this.peers = peers;
    // Not every buffer begins where a word can.
    this.peerWords = byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, length >> 2) : null;
    return this.peerWords;
  }
}

const copiers = { 4: new PeerCopier(), 6: new PeerCopier() };

/** @returns where the next counts go */
export function writeCounts(out: Buffer, at: number, counts: SwarmCounts): number {
  writeWord(out, at, counts.seeders);
  writeWord(out, at + 4, counts.completed);
  writeWord(out, at + 8, counts.leechers);
  return at + COUNTS_BYTES;
}

/** There is no place for `retry in`: clients wait for longer each time by themselves. */
export function writeError(out: Buffer, transaction: number, { text }: TrackerError): number {
  const at = writeHead(out, ACTION.error, transaction);
  return at + out.write(text, at, 'latin1');
}
