/**
 * Walks the parts of a raw query string. Binary-safe: escapes and raw characters are bytes, `+` is
 * byte 0x2B. `URLSearchParams` and `decodeURIComponent` would turn an info-hash into UTF-8 and
 * lose bytes. Nothing is copied before its parameter is known to matter.
 */
import { hexDigit } from '../address';

const PERCENT = 0x25;

/**
 * A walk over the parts: `url[keyFrom..keyTo)` = `url[valueFrom..valueTo)`. Linear in the length of
 * the URL whatever it holds: what has been searched for is not searched for again.
 */
export class QueryCursor {
  keyFrom = 0;
  keyTo = 0;
  valueFrom = 0;
  valueTo = 0;
  private url = '';
  private at = 0;
  /** Next `=` and `%`; behind the end when there is none. */
  private equals = 0;
  private percent = 0;

  open(url: string, from: number): void {
    this.url = url;
    this.at = from;
    this.equals = this.percent = -1;
  }

  /** Goes on to the next part; one without `=` has an empty value. */
  next(): boolean {
    const { url, at } = this;
    if (at >= url.length) return false;
    const end = indexOrEnd(url, '&', at);
    if (this.equals < at) this.equals = indexOrEnd(url, '=', at);
    this.keyFrom = at;
    this.keyTo = Math.min(this.equals, end);
    this.valueFrom = Math.min(this.keyTo + 1, end);
    this.valueTo = end;
    this.at = end + 1;
    return true;
  }

  /** Whether each percent sign of this part is followed by two hex digits. */
  hasValidEscapes(): boolean {
    const { url, keyFrom, valueTo } = this;
    if (this.percent < keyFrom) this.percent = indexOrEnd(url, '%', keyFrom);
    while (this.percent < valueTo) {
      if (escapedByte(url, this.percent, valueTo) < 0) return false;
      this.percent = indexOrEnd(url, '%', this.percent + 1);
    }
    return true;
  }
}

function indexOrEnd(url: string, character: string, from: number): number {
  const index = url.indexOf(character, from);
  return index < 0 ? url.length : index;
}

/** The byte that `%xy` at `at` stands for, or -1. */
function escapedByte(url: string, at: number, to: number): number {
  if (at + 2 >= to) return -1;
  const high = hexDigit(url.charCodeAt(at + 1));
  const low = hexDigit(url.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/**
 * Decodes `url[from..to)` into `out`.
 * @returns the number of bytes, or -1 when there are more than `out` holds or one is malformed
 */
export function decodeBytes(url: string, from: number, to: number, out: Uint8Array): number {
  let length = 0;
  for (let i = from; i < to; i += 1) {
    let byte = url.charCodeAt(i);
    if (byte === PERCENT) {
      byte = escapedByte(url, i, to);
      i += 2;
    }
    if (byte < 0 || byte > 0xff || length === out.length) return -1;
    out[length] = byte;
    length += 1;
  }
  return length;
}

/**
 * An unsigned decimal without sign, point, exponent or leading zero.
 * @returns the nearest number (never 0 for a large one), or -1
 */
export function readDecimal(url: string, from: number, to: number): number {
  if (to === from || (to - from > 1 && url.charCodeAt(from) === 0x30)) return -1;
  let value = 0;
  for (let i = from; i < to; i += 1) {
    const digit = url.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Longer ones are cut: no passkey is so long, and a gate should not hash kilobytes. */
const LONGEST_PASSKEY = 128;
const passkeyBytes = Buffer.alloc(LONGEST_PASSKEY + 1);

/** The passkey in `url[from..to)`; `null` for an empty one, which is as good as none. */
export function decodePasskey(url: string, from: number, to: number): string | null {
  if (to === from) return null;
  const raw = url.slice(from, Math.min(to, from + LONGEST_PASSKEY + 1));
  if (!raw.includes('%')) return raw;
  const length = decodeBytes(url, from, to, passkeyBytes);
  return length < 0 ? raw : passkeyBytes.toString('latin1', 0, length);
}
