/** SHA-1 of every piece of a stream of bytes (BEP 3): pieces run across file borders. */

import { createHash, type Hash } from 'node:crypto';

const DIGEST_LENGTH = 20;

export interface PieceHasher {
  update(chunk: Uint8Array): void;
  /** Closes the last, shorter piece. Nothing may be added afterwards. */
  finish(): void;
  /** The digests of the pieces that were completed since the last call, 20 bytes each. */
  take(): Buffer;
}

export function createPieceHasher(pieceLength: number): PieceHasher {
  let hash: Hash = createHash('sha1');
  let filled = 0;
  let digests: Buffer[] = [];

  function closePiece(): void {
    digests.push(hash.digest());
    hash = createHash('sha1');
    filled = 0;
  }

  return {
    update(chunk) {
      let start = 0;
      while (start < chunk.byteLength) {
        const end = Math.min(chunk.byteLength, start + pieceLength - filled);
        hash.update(chunk.subarray(start, end));
        filled += end - start;
        start = end;
        if (filled === pieceLength) closePiece();
      }
    },
    finish() {
      if (filled > 0) closePiece();
    },
    take() {
      const taken = Buffer.concat(digests, digests.length * DIGEST_LENGTH);
      digests = [];
      return taken;
    },
  };
}
