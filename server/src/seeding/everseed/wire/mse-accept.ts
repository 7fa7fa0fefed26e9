/** Protocol encryption, the half of the side that was connected to. */

import {
  cipherOf,
  CipherInput,
  done,
  HASH_BYTES,
  MAX_PADDING,
  must,
  opening,
  PLAINTEXT,
  RC4,
  readKey,
  readPadding,
  REFUSED,
  sha1,
  steps,
  VC_BYTES,
  WAITING,
  xor,
  type MseDeps,
  type MseHandshake,
  type MseProgress,
} from './mse-steps';
import type { Rc4 } from './rc4';

/** A BitTorrent handshake has 68 bytes, with a bitfield behind it a few thousand. */
const MAX_INITIAL_PAYLOAD = 8192;

export interface AcceptDeps extends MseDeps {
  /** The info-hash whose {@link skeyDigest} this is (hexadecimal), or undefined. */
  infoHashOf: (skeyDigest: string) => Buffer | undefined;
}

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

  function answerKey(shared: Buffer): Buffer {
    secret = shared;
    return opening(pair, random);
  }

  function readTorrent(shared: Buffer): MseProgress | null {
    const masked = input.take(HASH_BYTES);
    if (masked === null) return WAITING;
    infoHash = infoHashOf(xor(masked, sha1('req3', shared)).toString('hex')) ?? null;
    if (infoHash === null) return REFUSED;
    input.decrypt = cipherOf('A', shared, infoHash);
    encrypt = cipherOf('B', shared, infoHash);
    return null;
  }

  return steps(input, [
    () => readKey(input, pair, answerKey),
    () => readPadding(input, sha1('req1', must(secret))),
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
