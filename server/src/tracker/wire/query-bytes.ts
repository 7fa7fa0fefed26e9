/**
 * The pieces of `query` that an announce over HTTP needs, on the bytes of the request as they came:
 * no string is made of what is only looked at.
 */
import { hexDigit } from '../address';

const PERCENT = 0x25;
const ZERO = 0x30;

/** Whether `bytes[from..to)` is exactly `word`. */
export function isWordAt(bytes: Uint8Array, from: number, to: number, word: Uint8Array): boolean {
  return to - from === word.length && startsAt(bytes, from, word);
}

/** Whether `word` stands at `bytes[from]`. */
export function startsAt(bytes: Uint8Array, from: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i += 1) if (bytes[from + i] !== word[i]) return false;
  return true;
}

/** The byte that `%xy` at `at` stands for, or -1. */
function escapedByte(bytes: Uint8Array, at: number, to: number): number {
  if (at + 2 >= to) return -1;
  const high = hexDigit(bytes[at + 1] ?? 0);
  const low = hexDigit(bytes[at + 2] ?? 0);
  return (high | low) < 0 ? -1 : high * 16 + low;
}

/** Whether each percent sign in `bytes[from..to)` is followed by two hex digits. */
export function hasValidEscapes(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    if (bytes[at] === PERCENT && escapedByte(bytes, at, to) < 0) return false;
  }
  return true;
}

/**
 * Decodes `bytes[from..to)` into `out`.
 * @returns the number of bytes, or -1 when there are more than `out` holds or one is malformed
 */
export function decodeInto(bytes: Uint8Array, from: number, to: number, out: Uint8Array): number {
  let length = 0;
  for (let at = from; at < to; at += 1) {
    let byte = bytes[at] ?? 0;
    if (byte === PERCENT) {
      byte = escapedByte(bytes, at, to);
      at += 2;
    }
    if (byte < 0 || length === out.length) return -1;
    out[length] = byte;
    length += 1;
  }
  return length;
}

/**
 * An unsigned decimal without sign, point, exponent or leading zero.
 * @returns the nearest number (never 0 for a large one), or -1
 */
export function decimalAt(bytes: Uint8Array, from: number, to: number): number {
  if (to === from || (to - from > 1 && bytes[from] === ZERO)) return -1;
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
