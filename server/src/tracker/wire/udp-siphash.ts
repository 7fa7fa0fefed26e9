/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash made for short messages, of which nobody
 * without the 128-bit key can guess one value, however many others he has seen. In halves of 32
 * bits, because a BigInt per packet would cost more than the rest of it.
 */

export const SIPHASH_KEY_BYTES = 16;

/** Writes the hash of `bytes[0..length)` into `out`: low word, high word. */
export type SipHash = (bytes: Uint8Array, length: number, out: Int32Array) => void;

const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at] ?? 0) |
  ((bytes[at + 1] ?? 0) << 8) |
  ((bytes[at + 2] ?? 0) << 16) |
  ((bytes[at + 3] ?? 0) << 24);

const BLOCK_BYTES = 8;
const ROUNDS_PER_BLOCK = 2;
const LAST_ROUNDS = 4;

/** @param key of {@link SIPHASH_KEY_BYTES} bytes */
export function createSipHash(key: Uint8Array): SipHash {
  if (key.length !== SIPHASH_KEY_BYTES) throw new RangeError('a SipHash key has 16 bytes');
  const k0 = wordAt(key, 0);
  const k1 = wordAt(key, 4);
  const k2 = wordAt(key, 8);
  const k3 = wordAt(key, 12);
  return function sipHash(bytes, length, out) {
    const blocks = length >> 3;
    // The block that the last bytes of a message make with its length.
    let lastLow = 0;
    let lastHigh = length << 24;
    for (let i = blocks * BLOCK_BYTES; i < length; i += 1) {
      const byte = (bytes[i] ?? 0) << (8 * (i & 3));
      if ((i & 4) === 0) lastLow |= byte;
      else lastHigh |= byte;
    }

    // The four 64-bit words a, b, c, d of the paper's state (v0..v3), low and high half.
    let a = k0 ^ 0x70736575;
    let A = k1 ^ 0x736f6d65;
    let b = k2 ^ 0x6e646f6d;
    let B = k3 ^ 0x646f7261;
    let c = k0 ^ 0x6e657261;
    let C = k1 ^ 0x6c796765;
    let d = k2 ^ 0x79746573;
    let D = k3 ^ 0x74656462;
    const messageRounds = (blocks + 1) * ROUNDS_PER_BLOCK;
    let low = 0;
    let high = 0;
    for (let round = 0; round < messageRounds + LAST_ROUNDS; round += 1) {
      const isMessage = round < messageRounds;
      if (isMessage && (round & 1) === 0) {
        const at = (round >> 1) * BLOCK_BYTES;
        const isLast = at === blocks * BLOCK_BYTES;
        low = isLast ? lastLow : wordAt(bytes, at);
        high = isLast ? lastHigh : wordAt(bytes, at + 4);
        d ^= low;
        D ^= high;
      }
      if (round === messageRounds) c ^= 0xff;

      // A carry is there when the sum is less than what was added to.
      let sum = (a + b) | 0;
      A = (A + B + (sum >>> 0 < a >>> 0 ? 1 : 0)) | 0;
      a = sum;
      sum = (c + d) | 0;
      C = (C + D + (sum >>> 0 < c >>> 0 ? 1 : 0)) | 0;
      c = sum;
      let turned = ((b << 13) | (B >>> 19)) ^ a;
      B = ((B << 13) | (b >>> 19)) ^ A;
      b = turned;
      turned = ((d << 16) | (D >>> 16)) ^ c;
      D = ((D << 16) | (d >>> 16)) ^ C;
      d = turned;
      const oldA = a;
      a = A;
      A = oldA;

      sum = (a + d) | 0;
      A = (A + D + (sum >>> 0 < a >>> 0 ? 1 : 0)) | 0;
      a = sum;
      sum = (c + b) | 0;
      C = (C + B + (sum >>> 0 < c >>> 0 ? 1 : 0)) | 0;
      c = sum;
      turned = ((d << 21) | (D >>> 11)) ^ a;
      D = ((D << 21) | (d >>> 11)) ^ A;
      d = turned;
      turned = ((b << 17) | (B >>> 15)) ^ c;
      B = ((B << 17) | (b >>> 15)) ^ C;
      b = turned;
      const oldC = c;
      c = C;
      C = oldC;

      if (isMessage && (round & 1) === 1) {
        a ^= low;
        A ^= high;
      }
    }
    out[0] = a ^ b ^ c ^ d;
    out[1] = A ^ B ^ C ^ D;
  };
}
