/**
 * Twenty bytes as a string. The same info-hashes and peer ids come in one message after the other: most
 * times the string is still there from the last time, and need not be made and hashed again.
 */
const WORDS = 5;
const BITS = 11;

export class IdTexts {
  /** Where the id is to be put before it is asked for. */
  readonly bytes: Buffer;
  /** The same place. */
  readonly words: DataView;
  /** The last id in each place. */
  private readonly texts: string[] = new Array<string>(1 << BITS).fill('');
  private readonly known = new Int32Array(WORDS << BITS);

  constructor() {
    const memory = new ArrayBuffer(WORDS * 4);
    this.bytes = Buffer.from(memory);
    this.words = new DataView(memory);
  }

  /** @returns characters U+0000..U+00FF */
  text(): string {
    const { words, known, texts } = this;
    let hash = 0;
    for (let i = 0; i < WORDS; i += 1) {
      hash = Math.imul(hash ^ words.getInt32(4 * i, true), 0x9e3779b1);
    }
    const place = hash >>> (32 - BITS);
    const at = place * WORDS;
    let isKnown = texts[place] !== '';
    for (let i = 0; i < WORDS; i += 1) {
      const word = words.getInt32(4 * i, true);
      if (known[at + i] !== word) isKnown = false;
      known[at + i] = word;
    }
    if (!isKnown) texts[place] = this.bytes.toString('latin1');
    return texts[place] ?? '';
  }
}
