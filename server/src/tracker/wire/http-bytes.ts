/** The pieces of HTTP's grammar that a request's head is cut along (RFC 9110, 5.5 and 5.6). */
import { wordsOf } from './words';

const TAB = 0x09;
const SPACE = 0x20;
const DELETE = 0x7f;

/** Which bytes a method or a field's name is made of (RFC 9110, 5.6.2). */
const TOKEN = Uint8Array.from({ length: 256 }, (_, byte) =>
  /[\w!#$%&'*+.^`|~-]/.test(String.fromCharCode(byte)) ? 1 : 0,
);

/** Each byte, with small letters for capital ones. */
const SMALL_LETTERS = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
);

/** Whether a blank stands there that fields may have around their values. */
export function isBlank(bytes: Buffer, at: number): boolean {
  const code = bytes[at];
  return code === SPACE || code === TAB;
}

/** Whether a word of small letters stands there, in letters of whatever size. */
export function isName(bytes: Buffer, from: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i += 1) {
    if (SMALL_LETTERS[bytes[from + i] ?? 0] !== word[i]) return false;
  }
  return true;
}

/** Index of the first byte from `from` on that no token has. */
export function skipToken(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && TOKEN[bytes[at] ?? 0] === 1) at += 1;
  return at;
}

/** Index of the first byte from `from` on that is a blank or a control character. */
export function skipVisible(bytes: Buffer, from: number): number {
  const words = wordsOf(bytes);
  const base = bytes.byteOffset;
  let at = from;
  while (at + 4 <= bytes.length && isVisible(words.getInt32(base + at, true))) at += 4;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte <= SPACE || byte === DELETE) break;
  }
  return at;
}

/**
 * Whether none of four bytes is a blank or a control character: taking 0x21 from one of those, or 1 from
 * what is left of 0x7f without its bits, borrows from the highest bit, where it was not set.
 */
function isVisible(word: number): boolean {
  const others = word ^ 0x7f7f7f7f;
  const flaws = ((word - 0x21212121) & ~word) | ((others - 0x01010101) & ~others);
  return (flaws & 0x80808080) === 0;
}

/** Index of the first byte from `from` on that may not stand in a field's value (RFC 9110, 5.5). */
export function skipValue(bytes: Buffer, from: number): number {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if ((byte < SPACE && byte !== TAB) || byte === DELETE) break;
  }
  return at;
}
