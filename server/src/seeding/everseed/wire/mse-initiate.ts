/** Protocol encryption, the half of the side that connects. */

import type { KeyPair } from './key-exchange';
import {
  cipherOf,
  CipherInput,
  done,
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

  function answerKey(secret: Buffer): Buffer {
    encrypt = cipherOf('A', secret, infoHash);
    const decrypt = cipherOf('B', secret, infoHash);
    encryptedVc = Buffer.alloc(VC_BYTES);
    decrypt(encryptedVc);
    input.decryptLater = decrypt;
    return request(secret, encrypt);
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
    const progress = readPadding(input, must(encryptedVc));
    if (progress === null) input.decrypt = input.decryptLater;
    return progress;
  }

  let select = 0;
  let padded = 0;
  return {
    start: opening(pair, random),
    ...steps(input, [
      () => readKey(input, pair, answerKey),
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
