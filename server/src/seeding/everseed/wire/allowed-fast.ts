/**
 * BEP 6, allowed fast: pieces that a peer may ask for while it is choked, so that a newcomer who waits for
 * his turn has something to trade meanwhile.
 */

import { createHash } from 'node:crypto';

/** Of the BEP. */
const PIECES = 10;
const HASH_BYTES = 20;
const WORD_BYTES = 4;

export interface AllowedFastOptions {
  /** 20 bytes. */
  infoHash: Buffer;
  /** As a socket gives it. */
  address: string;
  pieceCount: number;
  /** At most; the BEP's ten by default. */
  count?: number;
}

/**
 * The canonical set, in the order in which it is drawn: all peers of a torrent draw the same pieces for
 * one network (IPv4 /24), so that asking everybody, or from many addresses, brings nothing more. The BEP
 * leaves IPv6 open: there it is the address as written.
 */
export function allowedFast(options: AllowedFastOptions): number[] {
  const { infoHash, address, pieceCount, count = PIECES } = options;
  const most = Math.min(count, pieceCount);
  const pieces = new Set<number>();
  let hash = Buffer.concat([networkOf(address), infoHash]);
  while (pieces.size < most) {
    hash = createHash('sha1').update(hash).digest();
    for (let at = 0; at < HASH_BYTES && pieces.size < most; at += WORD_BYTES) {
      pieces.add(hash.readUInt32BE(at) % pieceCount);
    }
  }
  return [...pieces];
}

/** Where a server listens on IPv6 and IPv4 at once, IPv4 callers have mapped addresses. */
function networkOf(address: string): Buffer {
  const ipv4 = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.\d+$/i.exec(address);
  if (ipv4 === null) return Buffer.from(address, 'latin1');
  return Buffer.from([Number(ipv4[1]), Number(ipv4[2]), Number(ipv4[3]), 0]);
}
