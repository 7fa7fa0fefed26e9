/**
 * RC4 as protocol encryption uses it (BEP 8's "Message Stream Encryption"). It hides the protocol
 * from middle-boxes and protects nothing. Own code: OpenSSL 3 no longer offers it.
 */

/** Early output gives the key away; both sides throw this much of it away. */
const DISCARDED = 1024;

/** Encrypts or decrypts in place, going on where the last call ended. */
export type Rc4 = (bytes: Uint8Array) => void;

export function createRc4(key: Uint8Array): Rc4 {
  /** Words and not bytes: V8 loads and stores them without converting. */
  const state = new Int32Array(256);
  for (let i = 0; i < 256; i += 1) state[i] = i;
  for (let i = 0, j = 0; i < 256; i += 1) {
    const swapped = state[i] ?? 0;
    j = (j + swapped + (key[i % key.length] ?? 0)) & 255;
    state[i] = state[j] ?? 0;
    state[j] = swapped;
  }
  let x = 0;
  let y = 0;

  function single(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at += 1) {
      x = (x + 1) & 255;
      const a = state[x] ?? 0;
      y = (y + a) & 255;
      const b = state[y] ?? 0;
      state[x] = b;
      state[y] = a;
      bytes[at] = (bytes[at] ?? 0) ^ (state[(a + b) & 255] ?? 0);
    }
  }

  /** Four bytes of key stream for each load and store of the text: 1.6 times as fast. */
  function four(words: Int32Array): void {
    const s = state; // locals stay in registers; what a closure shares is stored each time
    let i = x;
    let j = y;
    for (let at = 0; at < words.length; at += 1) {
      let stream = 0;
      i = (i + 1) & 255;
      let a = s[i] ?? 0;
      j = (j + a) & 255;
      let b = s[j] ?? 0;
      s[i] = b;
      s[j] = a;
      stream = s[(a + b) & 255] ?? 0;
      i = (i + 1) & 255;
      a = s[i] ?? 0;
      j = (j + a) & 255;
      b = s[j] ?? 0;
      s[i] = b;
      s[j] = a;
      stream |= (s[(a + b) & 255] ?? 0) << 8;
      i = (i + 1) & 255;
      a = s[i] ?? 0;
      j = (j + a) & 255;
      b = s[j] ?? 0;
      s[i] = b;
      s[j] = a;
      stream |= (s[(a + b) & 255] ?? 0) << 16;
      i = (i + 1) & 255;
      a = s[i] ?? 0;
      j = (j + a) & 255;
      b = s[j] ?? 0;
      s[i] = b;
      s[j] = a;
      stream |= (s[(a + b) & 255] ?? 0) << 24;
      words[at] = (words[at] ?? 0) ^ stream;
    }
    x = i;
    y = j;
  }

  const apply: Rc4 = (bytes) => {
    // Words must lie at multiples of four in memory, and little-endian ones are assumed below.
    const start = Math.min(bytes.length, -bytes.byteOffset & 3);
    const count = IS_LITTLE_ENDIAN ? (bytes.length - start) >> 2 : 0;
    single(bytes, 0, start);
    if (count > 0) four(new Int32Array(bytes.buffer, bytes.byteOffset + start, count));
    single(bytes, start + 4 * count, bytes.length);
  };
  apply(new Uint8Array(DISCARDED));
  return apply;
}

const IS_LITTLE_ENDIAN = new Uint8Array(new Int32Array([1]).buffer)[0] === 1;
