import { createHash } from 'node:crypto';

/**
 * Identity of a payload: equal for equal bytes cut into pieces of the same length, whatever the
 * files are called and whoever may have them. 64 hex digits.
 * @param pieces SHA-1 digests of the pieces, 20 bytes each
 */
export function payloadKey(size: number, pieceLength: number, pieces: Uint8Array): string {
  return createHash('sha256').update(`${size} ${pieceLength} `).update(pieces).digest('hex');
}
