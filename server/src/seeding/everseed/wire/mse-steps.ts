/** What both halves of protocol encryption are made of: steps over bytes that may be enciphered. */

import { createHash } from 'node:crypto';
import { PUBLIC_KEY_BYTES, type KeyExchange, type KeyPair } from './key-exchange';
import { createRc4, type Rc4 } from './rc4';

/** Bits of crypto_provide and crypto_select. */
export const PLAINTEXT = 1;
export const RC4 = 2;

export const VC_BYTES = 8;
export const HASH_BYTES = 20;
export const MAX_PADDING = 512;

export interface MseDeps {
  keys: KeyExchange;
  random: (bytes: number) => Buffer;
}

export type MseProgress =
  | { kind: 'waiting'; send: Buffer | null }
  | MseDone
  /** No peer of ours, or none of our torrents: close without a word. */
  | { kind: 'refused' };

export interface MseDone {
  kind: 'done';
  send: Buffer | null;
  /** 20 bytes. */
  infoHash: Buffer;
  /** For what is sent and received from here on; `null` when plaintext was selected. */
  encrypt: Rc4 | null;
  decrypt: Rc4 | null;
  /** What the other side has sent of its stream so far, decrypted. */
  received: Buffer;
}

export interface MseHandshake {
  /** Takes what has arrived; never throws. After `done` or `refused` it must not be called again. */
  push(chunk: Buffer): MseProgress;
}

export const WAITING: MseProgress = { kind: 'waiting', send: null };
export const REFUSED: MseProgress = { kind: 'refused' };

/** What both sides begin with: a public key, and 0 to 512 bytes so that no two handshakes are of one length. */
export function opening({ publicKey }: KeyPair, random: MseDeps['random']): Buffer {
  return Buffer.concat([publicKey, random(random(2).readUInt16BE(0) % (MAX_PADDING + 1))]);
}

/** The other side's public key. @param answer what is sent once the secret is known */
export function readKey(
  input: CipherInput,
  pair: KeyPair,
  answer: (secret: Buffer) => Buffer,
): MseProgress {
  const other = input.take(PUBLIC_KEY_BYTES);
  if (other === null) return WAITING;
  const secret = pair.secretWith(other);
  return secret === null ? REFUSED : { kind: 'waiting', send: answer(secret) };
}

/** The other side's padding, which ends where `mark` does. */
export function readPadding(input: CipherInput, mark: Buffer): MseProgress | null {
  const found = input.skipTo(mark, MAX_PADDING);
  if (found === 'found') return null;
  return found === 'missing' ? REFUSED : WAITING;
}

/** @param side 'A': what the side that connects enciphers with; 'B': what the other does */
export function cipherOf(side: 'A' | 'B', secret: Buffer, infoHash: Buffer): Rc4 {
  return createRc4(sha1(`key${side}`, secret, infoHash));
}

export function done(
  input: CipherInput,
  infoHash: Buffer,
  select: number,
  encrypt: Rc4,
  send: Buffer | null,
  initial: Buffer,
): MseDone {
  const decrypt = input.decrypt;
  const isPlain = select === PLAINTEXT;
  if (isPlain) input.decrypt = null;
  const received = Buffer.concat([initial, input.takeAll()]);
  return {
    kind: 'done',
    send,
    infoHash,
    encrypt: isPlain ? null : encrypt,
    decrypt: isPlain ? null : decrypt,
    received,
  };
}

/** Runs step after step as far as the bytes reach; what has to be sent meanwhile is joined. */
export function steps(
  input: CipherInput,
  all: readonly (() => MseProgress | null)[],
): MseHandshake {
  let next = 0;
  return {
    push(chunk) {
      input.add(chunk);
      const sends: Buffer[] = [];
      for (;;) {
        const progress = all[next]?.() ?? null;
        if (progress === null || (progress.kind === 'waiting' && progress.send !== null)) next += 1;
        if (progress === null) continue;
        if (progress.kind === 'refused') return REFUSED;
        if (progress.send !== null) sends.push(progress.send);
        const send = sends.length === 0 ? null : Buffer.concat(sends);
        if (progress.kind === 'done') return { ...progress, send };
        if (progress.send === null) return { kind: 'waiting', send };
      }
    },
  };
}

/** What has arrived and was not read yet. Decrypts exactly what is taken, never what lies behind. */
export class CipherInput {
  decrypt: Rc4 | null = null;
  decryptLater: Rc4 | null = null;
  private waiting: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    // A copy in any case: what is taken is decrypted in place.
    this.waiting = Buffer.concat([this.waiting, chunk]);
  }

  take(length: number): Buffer | null {
    if (this.waiting.length < length) return null;
    const taken = this.waiting.subarray(0, length);
    this.waiting = this.waiting.subarray(length);
    this.decrypt?.(taken);
    return taken;
  }

  takeAll(): Buffer {
    return this.take(this.waiting.length) ?? Buffer.alloc(0);
  }

  /** Drops up to `most` bytes of padding and the mark behind them. */
  skipTo(mark: Buffer, most: number): 'found' | 'waiting' | 'missing' {
    const at = this.waiting.subarray(0, most + mark.length).indexOf(mark);
    if (at >= 0) {
      this.waiting = this.waiting.subarray(at + mark.length);
      return 'found';
    }
    return this.waiting.length >= most + mark.length ? 'missing' : 'waiting';
  }
}

export function sha1(label: string, ...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha1').update(label);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));
}

/** A value that an earlier step has set. */
export function must<T>(value: T | null): T {
  if (value === null) throw new Error('a step of the handshake was left out');
  return value;
}
