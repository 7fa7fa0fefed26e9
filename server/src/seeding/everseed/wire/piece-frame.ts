/** The piece messages of one run of blocks, made in one buffer: it is sent, or enciphered, at once. */

import { PIECE_HEAD_BYTES, writePieceHead, type BlockRequest } from './messages';

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
  eachBlock(pieceLength, run, (block) => {
    writePieceHead(bytes.subarray(at), block);
    at += PIECE_HEAD_BYTES + block.length;
  });

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

/** The same messages around bytes that are there already: a head, the block's own bytes, and so on. */
export function pieceMessages(pieceLength: number, run: Run, payload: Buffer): Buffer[] {
  const heads = Buffer.allocUnsafe(run.blocks.length * PIECE_HEAD_BYTES);
  const messages: Buffer[] = [];
  let at = 0;
  eachBlock(pieceLength, run, (block, n) => {
    const head = heads.subarray(n * PIECE_HEAD_BYTES, (n + 1) * PIECE_HEAD_BYTES);
    writePieceHead(head, block);
    messages.push(head, payload.subarray(at, at + block.length));
    at += block.length;
  });
  return messages;
}

function eachBlock(
  pieceLength: number,
  { position: start, blocks }: Run,
  use: (block: BlockRequest, n: number) => void,
): void {
  let position = start;
  blocks.forEach((length, n) => {
    const piece = Math.floor(position / pieceLength);
    use({ piece, begin: position - piece * pieceLength, length }, n);
    position += length;
  });
}
