/** The other end of a connection to the everseed, by hand: honest, or as bad as a test likes. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  HANDSHAKE_BYTES,
  writeHandshake,
} from '../../../../server/src/seeding/everseed/wire/handshake';
import {
  createMessageReader,
  MESSAGE,
  message,
  plainMessage,
} from '../../../../server/src/seeding/everseed/wire/messages';

const PEER_ID = Buffer.from('-XX0001-abcdefghijkl', 'latin1');
const BLOCK = 16 * 1024;
const AT_ONCE = 64;

/** An address of 127/8; each number gives another. */
export const localAddress = (n: number): string =>
  `127.${20 + ((n >> 16) & 63)}.${(n >> 8) & 255}.${n & 255 || 1}`;

/** Rejects when it is not let in at all. */
export async function dial(port: number, from = '127.0.0.1'): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

export const handshake = (infoHash: string): Buffer =>
  writeHandshake(Buffer.from(infoHash, 'hex'), PEER_ID);

/** @param length of the block, in bytes */
export function request(piece: number, begin: number, length = BLOCK): Buffer {
  const body = Buffer.alloc(12);
  [piece, begin, length].forEach((value, n) => body.writeUInt32BE(value, 4 * n));
  return message(MESSAGE.request, body);
}

export const INTERESTED = plainMessage(MESSAGE.interested);

/** Resolves with what has arrived when the other side is done with it. */
export async function untilClosed(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  if (!socket.closed) await once(socket, 'close');
  return Buffer.concat(chunks);
}

export interface Wanted {
  infoHash: string;
  size: number;
  pieceLength: number;
}

/** Fetches all of it as a client does: some requests at a time, a new one for each block. */
export async function fetchAll(port: number, wanted: Wanted, from: string): Promise<Buffer> {
  const { infoHash, size, pieceLength } = wanted;
  const out = Buffer.alloc(size);
  const socket = await dial(port, from);
  let received = 0;
  let asked = 0;
  const ask = (): void => {
    if (asked >= size) return;
    const begin = asked % pieceLength;
    const length = Math.min(BLOCK, pieceLength - begin, size - asked);
    socket.write(request(Math.floor(asked / pieceLength), begin, length));
    asked += length;
  };
  const reader = createMessageReader(2 * BLOCK, (id, body) => {
    if (id === MESSAGE.unchoke) for (let i = 0; i < AT_ONCE; i += 1) ask();
    if (id !== MESSAGE.piece) return;
    const at = body.readUInt32BE(0) * pieceLength + body.readUInt32BE(4);
    received += body.copy(out, at, 8);
    if (received >= size) socket.end();
    else ask();
  });
  let greeting = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    if (greeting.length >= HANDSHAKE_BYTES) reader.push(chunk);
    else {
      greeting = Buffer.concat([greeting, chunk]);
      if (greeting.length >= HANDSHAKE_BYTES) reader.push(greeting.subarray(HANDSHAKE_BYTES));
    }
  });
  socket.write(Buffer.concat([handshake(infoHash), INTERESTED]));
  await once(socket, 'close');
  if (received < size) throw new Error(`only ${received} of ${size} bytes`);
  return out;
}
