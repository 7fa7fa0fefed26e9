/** The piece messages of one run of blocks, made in one buffer: it is sent, or enciphered, at once. */

import { PIECE_HEAD_BYTES, writePieceHead } from './messages';

/** Blocks that lie side by side. */
export interface Run {
  /** Byte of the payload. */
  position: number;
  /** Bytes of them all. */
  length: number;
  /** Bytes of each. */
  blocks: number[];
}

export interface PieceFrame {
  /** Complete when all bytes of the run were put. */
  readonly bytes: Buffer;
  /** Copies bytes of the payload to their places; they must lie within the run. */
  readonly put: (position: number, part: Buffer) => void;
}

export function createPieceFrame(pieceLength: number, run: Run): PieceFrame {
  const { position: start, length, blocks } = run;
  const bytes = Buffer.allocUnsafeSlow(length + blocks.length * PIECE_HEAD_BYTES);
  let at = 0;
  let position = start;
  for (const blockLength of blocks) {
    const piece = Math.floor(position / pieceLength);
    const block = { piece, begin: position - piece * pieceLength, length: blockLength };
    writePieceHead(bytes.subarray(at), block);
    at += PIECE_HEAD_BYTES + blockLength;
    position += blockLength;
  }

  return {
    bytes,
    put(from, part) {
      const end = from + part.length;
      let blockStart = start;
      let target = PIECE_HEAD_BYTES;
      for (const blockLength of blocks) {
        const blockEnd = blockStart + blockLength;
        if (blockEnd > from && blockStart < end) {
          const first = Math.max(from, blockStart);
          const last = Math.min(end, blockEnd);
          part.copy(bytes, target + first - blockStart, first - from, last - from);
        }
        blockStart = blockEnd;
        target += PIECE_HEAD_BYTES + blockLength;
      }
    },
  };
}
