/**
 * The info-hash as the tracker keys it: 20 characters, one per byte (latin1). A string is the
 * fastest Map key that JavaScript has, and this one is half as long as hex and never decoded.
 */

declare const brand: unique symbol;

/** 20 characters U+0000..U+00FF. Made only by the parsers of this file and of the wire codecs. */
export type InfoHash = string & { readonly [brand]: 'InfoHash' };

export const INFO_HASH_BYTES = 20;

const HEX = /^[0-9a-f]{40}$/i;

/** `null` unless `hex` is exactly 40 hex digits. */
export function infoHashFromHex(hex: string): InfoHash | null {
  return HEX.test(hex) ? (Buffer.from(hex, 'hex').toString('latin1') as InfoHash) : null;
}

/** 40 lower-case hex digits. */
export function infoHashToHex(infoHash: InfoHash): string {
  return Buffer.from(infoHash, 'latin1').toString('hex');
}

/**
 * The 20 bytes of `bytes` from `offset` on.
 * @throws RangeError when fewer bytes are there: the caller has mixed up its digests.
 */
export function infoHashFromBytes(bytes: Uint8Array, offset = 0): InfoHash {
  if (bytes.length - offset < INFO_HASH_BYTES) {
    throw new RangeError(`an info-hash has ${INFO_HASH_BYTES} bytes`);
  }
  return String.fromCharCode(...bytes.subarray(offset, offset + INFO_HASH_BYTES)) as InfoHash;
}
