/** How large a piece is. */

const MIN_EXPONENT = 14; // 16 KiB
const MAX_EXPONENT = 24; // 16 MiB: older clients choke above it

export const MIN_PIECE_LENGTH = 2 ** MIN_EXPONENT;
export const MAX_PIECE_LENGTH = 2 ** MAX_EXPONENT;

/**
 * libtorrent's and imdl's rule, 2^(⌈log2 size⌉/2 + 4): pieces grow with the square root of the
 * size, so that neither the number of pieces nor the cost of a bad one gets out of hand.
 *
 * @param size bytes, all files together
 * @returns bytes, a power of two from 16 KiB to 16 MiB
 */
export function pieceLengthFor(size: number): number {
  if (size <= 1) return MIN_PIECE_LENGTH;
  const exponent = Math.floor(Math.ceil(Math.log2(size)) / 2) + 4;
  return 2 ** Math.min(MAX_EXPONENT, Math.max(MIN_EXPONENT, exponent));
}

export function isPieceLength(value: number): boolean {
  return (
    value >= MIN_PIECE_LENGTH && value <= MAX_PIECE_LENGTH && Number.isInteger(Math.log2(value))
  );
}
