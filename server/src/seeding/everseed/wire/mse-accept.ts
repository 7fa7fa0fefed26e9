/** Protocol encryption, the half of the side that was connected to. */

import { PUBLIC_KEY_BYTES } from './key-exchange';
import {
  CipherInput,
  done,
  HASH_BYTES,
  MAX_PADDING,
  must,
  padding,
  PLAINTEXT,
  RC4,
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
import { createRc4, type Rc4 } from './rc4';

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
