/**
 * RC4 as protocol encryption uses it (BEP 8's "Message Stream Encryption"). It hides the protocol
 * from middle-boxes and protects nothing. Own code: OpenSSL 3 no longer offers it.
 */

/** Early output gives the key away; both sides throw this much of it away. */
const DISCARDED = 1024;

/** Encrypts or decrypts in place, going on where the last call ended. */
export type Rc4 = (bytes: Uint8Array) => void;

export function createRc4(key: Uint8Array): Rc4 {
  const state = new Uint8Array(256);
  for (let i = 0; i < 256; i += 1) state[i] = i;
  for (let i = 0, j = 0; i < 256; i += 1) {
    const swapped = state[i] ?? 0;
    j = (j + swapped + (key[i % key.length] ?? 0)) & 255;
    state[i] = state[j] ?? 0;
    state[j] = swapped;
  }
  let x = 0;
  let y = 0;

  const apply: Rc4 = (bytes) => {
    let i = x;
    let j = y;
    for (let at = 0; at < bytes.length; at += 1) {
      i = (i + 1) & 255;
      const a = state[i] ?? 0;
      j = (j + a) & 255;
      const b = state[j] ?? 0;
      state[i] = b;
      state[j] = a;
      bytes[at] = (bytes[at] ?? 0) ^ (state[(a + b) & 255] ?? 0);
    }
    x = i;
    y = j;
  };
  apply(new Uint8Array(DISCARDED));
  return apply;
}
