/**
 * Protocol encryption (Message Stream Encryption, as all clients speak it), both halves, without a
 * socket: bytes in, bytes out. Clients set to require it reach nobody who cannot.
 *
 * 1. A → B: public key, padding. 2. B → A: public key, padding.
 * 3. A → B: HASH('req1', S), HASH('req2', SKEY) xor HASH('req3', S),
 *    RC4(VC, crypto_provide, len(padC), padC, len(IA), IA).
 * 4. B → A: RC4(VC, crypto_select, len(padD), padD), and from here on what was selected.
 *
 * S is the shared secret, SKEY the info-hash, VC eight zeros, IA the start of A's own stream.
 */

import { createHash } from 'node:crypto';
import { PUBLIC_KEY_BYTES, type KeyExchange, type KeyPair } from './key-exchange';
import { createRc4, type Rc4 } from './rc4';

/** Bits of crypto_provide and crypto_select. */
const PLAINTEXT = 1;
const RC4 = 2;

const VC_BYTES = 8;
const HASH_BYTES = 20;
const MAX_PADDING = 512;
/** A BitTorrent handshake has 68 bytes, with a bitfield behind it a few thousand. */
const MAX_INITIAL_PAYLOAD = 8192;

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

export interface AcceptDeps extends MseDeps {
  /** The info-hash whose {@link skeyDigest} this is (hexadecimal), or undefined. */
  infoHashOf: (skeyDigest: string) => Buffer | undefined;
}

const WAITING: MseProgress = { kind: 'waiting', send: null };
const REFUSED: MseProgress = { kind: 'refused' };

/** HASH('req2', SKEY), hexadecimal: by this a stranger's torrent is found. */
export function skeyDigest(infoHash: Uint8Array): string {
  return sha1('req2', infoHash).toString('hex');
}

/** The half of the side that was connected to. Plaintext is selected wherever it is offered: it costs nothing. */
export function acceptMse({ keys, random, infoHashOf }: AcceptDeps): MseHandshake {
  const pair = keys();
  let secret: Buffer | null = null;
  let infoHash: Buffer | null = null;
  let encrypt: Rc4 | null = null;
  const input = new CipherInput();

  function readKey(): MseProgress | null {
    const other = input.take(PUBLIC_KEY_BYTES);
    if (other === null) return WAITING;
    secret = pair.secretWith(other);
    if (secret === null) return REFUSED;
    return { kind: 'waiting', send: Buffer.concat([pair.publicKey, padding(random)]) };
  }

  function findTorrent(shared: Buffer): MseProgress | null {
    const found = input.skipTo(sha1('req1', shared), MAX_PADDING);
    if (found !== 'found') return found === 'missing' ? REFUSED : WAITING;
    return null;
  }

  function readTorrent(shared: Buffer): MseProgress | null {
    const masked = input.take(HASH_BYTES);
    if (masked === null) return WAITING;
    infoHash = infoHashOf(xor(masked, sha1('req3', shared)).toString('hex')) ?? null;
    if (infoHash === null) return REFUSED;
    input.decrypt = createRc4(sha1('keyA', shared, infoHash));
    encrypt = createRc4(sha1('keyB', shared, infoHash));
    return null;
  }

  return steps(input, [
    readKey,
    () => findTorrent(must(secret)),
    () => readTorrent(must(secret)),
    ...offer(input, (provide, initial) => {
      const select = provide & PLAINTEXT || provide & RC4;
      if (select === 0) return REFUSED;
      const cipher = must(encrypt);
      const send = Buffer.alloc(VC_BYTES + 6);
      send.writeUInt32BE(select, VC_BYTES);
      cipher(send);
      return done(input, must(infoHash), select, cipher, send, initial);
    }),
  ]);
}

export interface InitiateDeps extends MseDeps {
  infoHash: Buffer;
  /** What our own stream begins with: the BitTorrent handshake. */
  initialPayload: Buffer;
}

/** The half of the side that connects; `start` goes out first. */
export function initiateMse(deps: InitiateDeps): MseHandshake & { readonly start: Buffer } {
  const { infoHash, initialPayload, random } = deps;
  const pair: KeyPair = deps.keys();
  let encrypt: Rc4 | null = null;
  /** What the other side's eight zeros look like. */
  let encryptedVc: Buffer | null = null;
  const input = new CipherInput();

  function readKey(): MseProgress | null {
    const other = input.take(PUBLIC_KEY_BYTES);
    if (other === null) return WAITING;
    const secret = pair.secretWith(other);
    if (secret === null) return REFUSED;
    encrypt = createRc4(sha1('keyA', secret, infoHash));
    const decrypt = createRc4(sha1('keyB', secret, infoHash));
    encryptedVc = Buffer.alloc(VC_BYTES);
    decrypt(encryptedVc);
    input.decryptLater = decrypt;
    return { kind: 'waiting', send: request(secret, encrypt) };
  }

  function request(secret: Buffer, cipher: Rc4): Buffer {
    const sealed = Buffer.alloc(VC_BYTES + 8 + initialPayload.length);
    sealed.writeUInt32BE(PLAINTEXT | RC4, VC_BYTES);
    sealed.writeUInt16BE(initialPayload.length, VC_BYTES + 6);
    initialPayload.copy(sealed, VC_BYTES + 8);
    cipher(sealed);
    const torrent = xor(sha1('req2', infoHash), sha1('req3', secret));
    return Buffer.concat([sha1('req1', secret), torrent, sealed]);
  }

  function findAnswer(): MseProgress | null {
    const found = input.skipTo(must(encryptedVc), MAX_PADDING);
    if (found !== 'found') return found === 'missing' ? REFUSED : WAITING;
    input.decrypt = input.decryptLater;
    return null;
  }

  let select = 0;
  let padded = 0;
  return {
    start: Buffer.concat([pair.publicKey, padding(random)]),
    ...steps(input, [
      readKey,
      findAnswer,
      () => {
        const head = input.take(6);
        if (head === null) return WAITING;
        select = head.readUInt32BE(0);
        padded = head.readUInt16BE(4);
        const known = select === PLAINTEXT || select === RC4;
        return known && padded <= MAX_PADDING ? null : REFUSED;
      },
      () => {
        if (input.take(padded) === null) return WAITING;
        return done(input, infoHash, select, must(encrypt), null, Buffer.alloc(0));
      },
    ]),
  };
}

/** Steps 3's encrypted half: VC, crypto_provide, padC, IA. */
function offer(
  input: CipherInput,
  answer: (provide: number, initialPayload: Buffer) => MseProgress,
): (() => MseProgress | null)[] {
  let provide = 0;
  let length = 0;
  return [
    () => {
      const head = input.take(VC_BYTES + 6);
      if (head === null) return WAITING;
      if (!head.subarray(0, VC_BYTES).equals(Buffer.alloc(VC_BYTES))) return REFUSED;
      provide = head.readUInt32BE(VC_BYTES);
      length = head.readUInt16BE(VC_BYTES + 4);
      return length > MAX_PADDING ? REFUSED : null;
    },
    () => {
      const tail = input.take(length + 2);
      if (tail === null) return WAITING;
      length = tail.readUInt16BE(length);
      return length > MAX_INITIAL_PAYLOAD ? REFUSED : null;
    },
    () => {
      const initialPayload = input.take(length);
      return initialPayload === null ? WAITING : answer(provide, initialPayload);
    },
  ];
}

function done(
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
function steps(input: CipherInput, all: readonly (() => MseProgress | null)[]): MseHandshake {
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
class CipherInput {
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

/** 0 to 512 bytes, so that no two handshakes are of one length. */
function padding(random: (bytes: number) => Buffer): Buffer {
  return random(random(2).readUInt16BE(0) % (MAX_PADDING + 1));
}

function sha1(label: string, ...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha1').update(label);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));
}

/** A value that an earlier step has set. */
function must<T>(value: T | null): T {
  if (value === null) throw new Error('a step of the handshake was left out');
  return value;
}
