/**
 * The pieces of JSON that `regular-reader` takes apart, without white space between them, as bytes.
 * Where the text is none of what is asked for, the answer is `null` or -1, and nobody asks on.
 */
import { isUtf8 } from 'node:buffer';
import { standsAt, wordsOf, type KnownText } from '../wire/words';
import { IdTexts } from './id-texts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const U = 0x75;
const ZERO = 0x30;
const NINE = 0x39;
const BYTES = 20;
/** As many digits as a number holds exactly. */
const MAX_DIGITS = 15;

/** What a letter behind a backslash stands for; 0 for `u`, behind which there are four digits. */
const MEANING = new Uint8Array(256);
for (const [letter, meaning] of Object.entries({
  ...{ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
})) {
  MEANING[letter.charCodeAt(0)] = meaning.charCodeAt(0);
}
/** Of a hexadecimal digit; 255 for what is none. */
const DIGIT = new Uint8Array(256).fill(255);
for (const digit of '0123456789abcdefABCDEF') DIGIT[digit.charCodeAt(0)] = parseInt(digit, 16);

const NOTHING = Buffer.alloc(0);

/** Names of fields by their length. */
export type Keys<Key extends string> = readonly (readonly { key: Key; bytes: Buffer }[])[];

export function keysOf<Key extends string>(names: readonly Key[]): Keys<Key> {
  const longest = Math.max(...names.map(({ length }) => length));
  return Array.from({ length: longest + 1 }, (_, length) =>
    names
      .filter((key) => key.length === length)
      .map((key) => ({ key, bytes: Buffer.from(key, 'latin1') })),
  );
}

export class StringScanner {
  private readonly ids = new IdTexts();
  private bytes: Buffer = NOTHING;
  private words = wordsOf(NOTHING);
  private at = 0;
  private end = 0;
  /** Whether a string that was skipped is UTF-8 has not been looked at. */
  private isDubious = false;

  /** @param bytes what is read lies from `from` to `to` */
  open(bytes: Buffer, from: number, to: number): void {
    this.bytes = bytes;
    this.words = wordsOf(bytes);
    this.at = from;
    this.end = to;
    this.isDubious = false;
  }

  get position(): number {
    return this.at;
  }

  isAtEnd(): boolean {
    return this.at === this.end;
  }

  /** Of what was read. */
  isUtf8(from: number): boolean {
    return !this.isDubious || isUtf8(this.bytes.subarray(from, this.at));
  }

  /** @returns whether that character was there */
  skip(code: number): boolean {
    if (this.at >= this.end || this.bytes[this.at] !== code) return false;
    this.at += 1;
    return true;
  }

  /** @returns whether it was there */
  skipText(text: KnownText): boolean {
    const { bytes, words, at } = this;
    const { length } = text.bytes;
    if (at + length > this.end || !standsAt(words, bytes.byteOffset + at, text)) return false;
    this.at = at + length;
    return true;
  }

  /**
   * The name of a field, and its colon.
   * @returns '' for one that is not among `keys`
   */
  readKey<Key extends string>(keys: Keys<Key>): Key | '' | null {
    const { bytes } = this;
    const from = this.at + 1;
    if (!this.skipPlain()) return null;
    const to = this.at - 1;
    if (!this.skip(COLON)) return null;
    for (const candidate of keys[to - from] ?? []) {
      let at = from;
      while (at < to && bytes[at] === candidate.bytes[at - from]) at += 1;
      if (at === to) return candidate.key;
    }
    return '';
  }

  /** A string, if it is UTF-8. @returns the length of its body as it is written, or -1 */
  skipString(): number {
    const { bytes, words, end } = this;
    const base = bytes.byteOffset;
    const from = this.at + 1;
    if (!this.skip(QUOTE)) return -1;
    let at = from;
    for (;;) {
      // Twice as far in one go, where that goes.
      while (at + 8 <= end) {
        const word = words.getInt32(base + at, true);
        const next = words.getInt32(base + at + 4, true);
        if ((flawsOf(word) | flawsOf(next)) !== 0) break;
        at += 8;
      }
      if (at + 8 <= end) {
        const flaws = flawsOf(words.getInt32(base + at, true));
        at +=
          flaws === 0 ? 4 + firstOf(flawsOf(words.getInt32(base + at + 4, true))) : firstOf(flaws);
        if (at + 4 <= end && words.getInt32(base + at, true) === LINE_END) {
          at += 4;
          continue;
        }
      }
      if (at >= end) return -1;
      const code = bytes[at] ?? 0;
      if (code === QUOTE) break;
      if (code < 0x20) return -1;
      if (code !== BACKSLASH) {
        if (code >= 0x80) this.isDubious = true;
        at += 1;
        continue;
      }
      const letter = at + 1 < end ? (bytes[at + 1] ?? 0) : 0;
      if (letter === U) {
        if (this.readHex(at + 2) < 0) return -1;
        at += 6;
      } else {
        if (MEANING[letter] === 0) return -1;
        at += 2;
      }
    }
    this.at = at + 1;
    return at - from;
  }

  /** A string of twenty characters U+0000..U+00FF. */
  readBytes20(): string | null {
    if (!this.skip(QUOTE)) return null;
    return this.readPlain20() ?? this.readAny20();
  }

  /** As it mostly is with peer ids. */
  private readPlain20(): string | null {
    const { at, bytes, words, ids } = this;
    if (at + BYTES >= this.end || bytes[at + BYTES] !== QUOTE) return null;
    const base = bytes.byteOffset + at;
    for (let i = 0; i < BYTES; i += 4) {
      const word = words.getInt32(base + i, true);
      if (flawsOf(word) !== 0) return null;
      ids.words.setInt32(i, word, true);
    }
    this.at = at + BYTES + 1;
    return ids.text();
  }

  private readAny20(): string | null {
    const { bytes, end } = this;
    const id = this.ids.bytes;
    let { at } = this;
    let length = 0;
    for (;;) {
      if (at >= end) return null;
      let code = bytes[at] ?? 0;
      at += 1;
      if (code === QUOTE) break;
      if (length === BYTES || code < 0x20) return null;
      if (code === BACKSLASH) {
        const letter = at < end ? (bytes[at] ?? 0) : 0;
        code = letter === U ? this.readHex(at + 1) : (MEANING[letter] ?? 0);
        at += letter === U ? 5 : 1;
        if (code > 0xff || code < 0 || (code === 0 && letter !== U)) return null;
      } else if (code >= 0x80) {
        // Of two bytes, and U+0080..U+00FF: all others are more than one byte each.
        const next = at < end ? (bytes[at] ?? 0) : 0;
        at += 1;
        if ((code !== 0xc2 && code !== 0xc3) || (next & 0xc0) !== 0x80) return null;
        code = ((code & 0x03) << 6) | (next & 0x3f);
      }
      id[length] = code;
      length += 1;
    }
    this.at = at;
    return length === BYTES ? this.ids.text() : null;
  }

  /** A whole number that is not negative; -1 for all others. */
  readAmount(): number {
    const { bytes, end } = this;
    const from = this.at;
    let value = 0;
    let at = from;
    for (; at < end; at += 1) {
      const code = bytes[at] ?? 0;
      if (code < ZERO || code > NINE) break;
      value = value * 10 + code - ZERO;
    }
    this.at = at;
    const hasLeadingZero = at > from + 1 && bytes[from] === ZERO;
    return at === from || hasLeadingZero || at - from > MAX_DIGITS ? -1 : value;
  }

  private skipPlain(): boolean {
    const { bytes, end } = this;
    if (!this.skip(QUOTE)) return false;
    let { at } = this;
    for (; at < end; at += 1) {
      const code = bytes[at] ?? 0;
      if (code === QUOTE) break;
      if (code < 0x20 || code >= 0x80 || code === BACKSLASH) return false;
    }
    this.at = at + 1;
    return at < end;
  }

  /** Four hexadecimal digits; -1 when they are not. */
  private readHex(at: number): number {
    if (at + 4 > this.end) return -1;
    let value = 0;
    for (let i = at; i < at + 4; i += 1) {
      const digit = DIGIT[this.bytes[i] ?? 0] ?? 255;
      if (digit > 15) return -1;
      value = (value << 4) | digit;
    }
    return value;
  }
}

/** `\r\n` as it is written in JSON: every line of a session description ends so. */
const LINE_END = Buffer.from('\\r\\n').readInt32LE(0);

/**
 * 0 when four bytes are ASCII and none of them is a quote, a backslash or a control character. The
 * highest bit of a byte is set by being one, by taking 0x20 from less than that, or by taking 1 from
 * nothing. What is borrowed can only find fault with a byte behind one that is at fault.
 */
function flawsOf(word: number): number {
  const notControl = word - 0x20202020;
  const notQuote = (word ^ 0x22222222) - 0x01010101;
  const notBackslash = (word ^ 0x5c5c5c5c) - 0x01010101;
  return (word | notControl | notQuote | notBackslash) & 0x80808080;
}

/** Which byte is the first with a flaw. */
const firstOf = (flaws: number): number => (31 - Math.clz32(flaws & -flaws)) >> 3;
