/** Where things stand in the packets of BEP 15. All numbers are big-endian. */

export const ACTION = { connect: 0, announce: 1, scrape: 2, error: 3 } as const;

/** The eight bytes that a connect has in place of an id: 0x41727101980. */
export const PROTOCOL_ID = { high: 0x417, low: 0x27101980 } as const;

/** Offsets in every request. */
export const ACTION_AT = 8;
export const TRANSACTION_AT = 12;
/** Bytes of a connect and of its answer; no request is shorter. */
export const CONNECT_BYTES = 16;

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
