/**
 * The pieces of JSON that `regular-reader` takes apart, without white space between them. Where the
 * text is none of what is asked for, the answer is `null`, and nobody asks on.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const U = 0x75;
const ZERO = 0x30;
const NINE = 0x39;
const BYTES = 20;

/** Written so that there is one way to read a text: nothing makes it try again and again. */
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;

/** What a letter behind a backslash stands for; 0 for `u`, behind which there are four digits. */
const MEANING = new Uint8Array(256);
for (const [letter, meaning] of Object.entries({
  ...{ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' },
})) {
  MEANING[letter.charCodeAt(0)] = meaning.charCodeAt(0);
}
const scratch = Buffer.alloc(BYTES);
const NOTHING = Buffer.alloc(0);

export class StringScanner {
  private bytes: Buffer = NOTHING;
  private text = '';
  private at = 0;
  /** Of the body of the string read last. */
  private from = 0;

  /** @param bytes UTF-8 */
  open(bytes: Buffer): void {
    this.bytes = bytes;
    this.text = bytes.toString('latin1');
    this.at = 0;
  }

  isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** @returns whether that character was there */
  skip(code: number): boolean {
    if (this.bytes[this.at] !== code) return false;
    this.at += 1;
    return true;
  }

  skipNull(): boolean {
    if (!this.text.startsWith('null', this.at)) return false;
    this.at += 4;
    return true;
  }

  /** The string read last, quotes and all. */
  get json(): string {
    return this.text.slice(this.from - 1, this.at);
  }

  /** The body of a valid string, whatever it holds. */
  readBody(): string | null {
    STRING.lastIndex = this.at;
    if (!STRING.test(this.text)) return null;
    return this.pass(STRING.lastIndex - 1);
  }

  /** A string of ASCII that is written as what it means. */
  readPlain(): string | null {
    const { bytes } = this;
    if (bytes[this.at] !== QUOTE) return null;
    let to = this.at + 1;
    for (let code = bytes[to] ?? 0; code !== QUOTE; code = bytes[to] ?? 0) {
      if (code < 0x20 || code >= 0x80 || code === BACKSLASH) return null;
      to += 1;
    }
    return this.pass(to);
  }

  /** A string of twenty characters U+0000..U+00FF. */
  readBytes20(): string | null {
    const plain = this.readPlain();
    if (plain !== null) return plain.length === BYTES ? plain : null;
    const body = this.readBody();
    return body === null ? null : decodeBytes20(body);
  }

  /** A whole number as it is written: '' for all other numbers. */
  readDigits(): string {
    const { bytes } = this;
    const from = this.at;
    let to = from;
    for (let code = bytes[to] ?? 0; code >= ZERO && code <= NINE; code = bytes[to] ?? 0) to += 1;
    this.at = to;
    const hasLeadingZero = to > from + 1 && bytes[from] === ZERO;
    return hasLeadingZero ? '' : this.text.slice(from, to);
  }

  /** @param to where the string's last quote stands */
  private pass(to: number): string {
    this.from = this.at + 1;
    this.at = to + 1;
    return this.text.slice(this.from, to);
  }
}

/** @param body of a valid string, in UTF-8 */
function decodeBytes20(body: string): string | null {
  let length = 0;
  for (let i = 0; i < body.length; i += 1) {
    if (length === BYTES) return null;
    let code = body.charCodeAt(i);
    if (code === BACKSLASH) {
      const letter = body.charCodeAt((i += 1));
      code = MEANING[letter] ?? 0;
      if (letter === U) {
        code = parseInt(body.slice(i + 1, i + 5), 16);
        i += 4;
        if (code > 0xff) return null;
      }
    } else if (code >= 0x80) {
      // Of two bytes, and U+0080..U+00FF: all others are more than one byte each.
      if (code !== 0xc2 && code !== 0xc3) return null;
      code = ((code & 0x03) << 6) | (body.charCodeAt((i += 1)) & 0x3f);
    }
    scratch[length] = code;
    length += 1;
  }
  return length === BYTES ? scratch.toString('latin1') : null;
}
