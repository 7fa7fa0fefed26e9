/** Where things stand in the packets of BEP 15. All numbers are big-endian. */

export const ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;

/** The eight bytes that a connect has in place of an id: 0x41727101980. */
export const PROTOCOL_ID = { high: 0x417, low: 0x27101980 } as const;

/** Offsets in every request. */
export const ACTION_AT = 8;
export const TRANSACTION_AT = 12;
/** Bytes of a connect and of its answer; no request is shorter. */
export const CONNECT_BYTES = 16;

/** A number of 32 bits, signed; by hand, since Node's own reading checks each of its arguments. */
export function readWord(packet: Uint8Array, at: number): number {
  return (
    ((packet[at] ?? 0) << 24) |
    ((packet[at + 1] ?? 0) << 16) |
    ((packet[at + 2] ?? 0) << 8) |
    (packet[at + 3] ?? 0)
  );
}

/** Writes the low 32 bits of a number. */
export function writeWord(packet: Uint8Array, at: number, word: number): void {
  packet[at] = word >>> 24;
  packet[at + 1] = word >>> 16;
  packet[at + 2] = word >>> 8;
  packet[at + 3] = word;
}

/** Bytes of an announce without options. */
export const ANNOUNCE_BYTES = 98;
/** Bytes of an announce at most, and of its options with it: 200 more than any client sends. */
export const MAX_ANNOUNCE_BYTES = 1024;

/** Bytes before the first peer of an announce's answer. */
export const PEERS_AT = 20;

/**
 * Peers in an answer at most. A packet of 1280 bytes passes every link that IPv6 runs on; one that
 * the network has to cut is lost behind many a firewall.
 */
export const MAX_PEERS4 = 200;
export const MAX_PEERS6 = 66;

/** Info-hashes answered per scrape (BEP 15: "about 74"); what comes after them is left out. */
export const MAX_SCRAPE = 74;

/** Bytes of the longest answer: an announce's with {@link MAX_PEERS4}. */
export const MAX_REPLY_BYTES = PEERS_AT + MAX_PEERS4 * 6;
