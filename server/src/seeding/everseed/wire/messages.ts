/** The messages of the peer wire protocol: BEP 3, 6 (fast) and 10 (extensions). */

/** Numbers of the messages that a seeder says or understands; all others it overhears. */
export const MESSAGE = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  notInterested: 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  haveAll: 14,
  rejectRequest: 16,
  allowedFast: 17,
  extended: 20,
} as const;

/** Bytes of a block at most: clients ask for 16 KiB, and drop who gives them more than 128. */
export const MAX_BLOCK = 128 * 1024;

const LENGTH_BYTES = 4;

export interface BlockRequest {
  piece: number;
  /** Bytes from the start of the piece. */
  begin: number;
  /** Bytes. */
  length: number;
}

/** Called for each message; `body` lies in the input and is only good during the call. */
export type MessageHandler = (id: number, body: Buffer) => void;

/**
 * Cuts what arrives into messages. Keep-alives are swallowed.
 * @param maxLength bytes of a message; a longer one ends the connection before it is stored
 */
export function createMessageReader(maxLength: number, handle: MessageHandler) {
  let rest: Buffer = Buffer.alloc(0);

  return {
    /** False when the other side has said something too long: nothing after it can be read. */
    push(chunk: Buffer): boolean {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      while (at + LENGTH_BYTES <= bytes.length) {
        const length = bytes.readUInt32BE(at);
        if (length > maxLength) return false;
        const end = at + LENGTH_BYTES + length;
        if (end > bytes.length) break;
        const id = bytes[at + LENGTH_BYTES];
        if (length > 0 && id !== undefined) handle(id, bytes.subarray(at + LENGTH_BYTES + 1, end));
        at = end;
      }
      // A copy: the rest of a small message must not keep a large chunk alive.
      rest = Buffer.from(bytes.subarray(at));
      return true;
    },
  };
}

const BLOCK_REQUEST_BYTES = 12;

/** Of a request, a cancel or a reject; `null` when the body is not one. */
export function readBlockRequest(body: Buffer): BlockRequest | null {
  if (body.length !== BLOCK_REQUEST_BYTES) return null;
  return {
    piece: body.readUInt32BE(0),
    begin: body.readUInt32BE(4),
    length: body.readUInt32BE(8),
  };
}

/** A message without a body. */
export function plainMessage(id: number): Buffer {
  return Buffer.from([0, 0, 0, 1, id]);
}

export const KEEP_ALIVE = Buffer.alloc(LENGTH_BYTES);

export function message(id: number, ...body: readonly Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 1);
  const head = Buffer.alloc(LENGTH_BYTES + 1);
  head.writeUInt32BE(length, 0);
  head[LENGTH_BYTES] = id;
  return Buffer.concat([head, ...body]);
}

/** Bytes before the block of a piece message. */
export const PIECE_HEAD_BYTES = LENGTH_BYTES + 9;

/** The block itself follows on its own: it is not copied for its head's sake. */
export function writePieceHead(out: Buffer, { piece, begin, length }: BlockRequest): void {
  out.writeUInt32BE(9 + length, 0);
  out[4] = MESSAGE.piece;
  out.writeUInt32BE(piece, 5);
  out.writeUInt32BE(begin, 9);
}

export function rejectRequest({ piece, begin, length }: BlockRequest): Buffer {
  const body = Buffer.alloc(BLOCK_REQUEST_BYTES);
  body.writeUInt32BE(piece, 0);
  body.writeUInt32BE(begin, 4);
  body.writeUInt32BE(length, 8);
  return message(MESSAGE.rejectRequest, body);
}

/** The peer may ask for this piece while it is choked. */
export function allowedFastPiece(piece: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(piece, 0);
  return message(MESSAGE.allowedFast, body);
}

/** "I have everything": one byte where the other side knows BEP 6, else a bit for each piece. */
export function haveEverything(pieces: number, fast: boolean): Buffer {
  if (fast) return plainMessage(MESSAGE.haveAll);
  const bits = Buffer.alloc(Math.ceil(pieces / 8), 0xff);
  const spare = bits.length * 8 - pieces;
  // Spare bits must be zero, or strict clients close the connection.
  if (spare > 0) bits[bits.length - 1] = (0xff << spare) & 0xff;
  return message(MESSAGE.bitfield, bits);
}
