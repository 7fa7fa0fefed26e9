/** The first 68 bytes of a connection (BEP 3), with the bits of BEP 6 and BEP 10. */

const PROTOCOL = Buffer.from('\x13BitTorrent protocol', 'latin1');
const RESERVED_AT = PROTOCOL.length;
const INFO_HASH_AT = RESERVED_AT + 8;
const PEER_ID_AT = INFO_HASH_AT + 20;
export const HANDSHAKE_BYTES = PEER_ID_AT + 20;

/** Byte and bit of the reserved eight. */
const EXTENSIONS = { byte: 5, bit: 0x10 };
const FAST = { byte: 7, bit: 0x04 };

export interface Handshake {
  /** 20 bytes. */
  infoHash: Buffer;
  /** 20 bytes, as the other side claims. */
  peerId: Buffer;
  /** BEP 10. */
  extensions: boolean;
  /** BEP 6. */
  fast: boolean;
}

/**
 * Whether a connection begins in the clear: `null` while the bytes do not tell yet. Anything else
 * is taken for the start of an encrypted one.
 */
export function isPlainHandshake(start: Buffer): boolean | null {
  const known = Math.min(start.length, PROTOCOL.length);
  if (!start.subarray(0, known).equals(PROTOCOL.subarray(0, known))) return false;
  return known === PROTOCOL.length ? true : null;
}

/** @param bytes {@link HANDSHAKE_BYTES} of them; `null` when they are no handshake */
export function readHandshake(bytes: Buffer): Handshake | null {
  if (isPlainHandshake(bytes) !== true) return null;
  return {
    infoHash: Buffer.from(bytes.subarray(INFO_HASH_AT, PEER_ID_AT)),
    peerId: Buffer.from(bytes.subarray(PEER_ID_AT, HANDSHAKE_BYTES)),
    extensions: ((bytes[RESERVED_AT + EXTENSIONS.byte] ?? 0) & EXTENSIONS.bit) !== 0,
    fast: ((bytes[RESERVED_AT + FAST.byte] ?? 0) & FAST.bit) !== 0,
  };
}

/** Says that we speak both extensions. */
export function writeHandshake(infoHash: Buffer, peerId: Buffer): Buffer {
  const reserved = Buffer.alloc(8);
  reserved[EXTENSIONS.byte] = EXTENSIONS.bit;
  reserved[FAST.byte] = FAST.bit;
  return Buffer.concat([PROTOCOL, reserved, infoHash, peerId]);
}
