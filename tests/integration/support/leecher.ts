/** A leecher reduced to what tests ask for: it announces, calls the everseed, and fetches blocks. */

import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { bdecode, entryOf, type Bencoded } from '../../../server/src/seeding/everseed/wire/bdecode';
import {
  HANDSHAKE_BYTES,
  writeHandshake,
} from '../../../server/src/seeding/everseed/wire/handshake';
import {
  createMessageReader,
  message,
  MESSAGE,
  plainMessage,
} from '../../../server/src/seeding/everseed/wire/messages';
import { eventually } from './content';

const PEER_ID = Buffer.from('-XX0001-abcdefghijkl', 'latin1');

export interface AnnounceOptions {
  infoHash: string;
  passkey?: string;
  port?: number;
  left?: number;
  event?: 'started' | 'stopped' | 'completed';
  /** The address that it comes from. */
  from?: string;
}

/** The peers that the tracker names, as `address:port`; of IPv6 ones the address is hexadecimal. */
export async function announceFor(site: string, options: AnnounceOptions): Promise<string[]> {
  const { infoHash, passkey, port = 6881, left = 1, event, from = '127.0.0.1' } = options;
  const query = [
    `info_hash=${infoHash.replace(/../g, '%$&')}`,
    `peer_id=${PEER_ID.toString('latin1')}`,
    `port=${port}&uploaded=0&downloaded=0&left=${left}&compact=1`,
    ...(passkey === undefined ? [] : [`passkey=${passkey}`]),
    ...(event === undefined ? [] : [`event=${event}`]),
  ].join('&');
  const answer = bdecode(await fetchFrom(`${site}/announce?${query}`, from))?.value;
  const reason = entryOf(answer, 'failure reason');
  if (Buffer.isBuffer(reason)) throw new Error(reason.toString());
  return [
    ...endpoints(entryOf(answer, 'peers'), 4, (address) => address.join('.')),
    ...endpoints(entryOf(answer, 'peers6'), 16, (address) => address.toString('hex')),
  ];
}

/** @param size bytes of an address */
function endpoints(
  compact: Bencoded | undefined,
  size: number,
  nameOf: (address: Buffer) => string,
): string[] {
  const bytes = Buffer.isBuffer(compact) ? compact : Buffer.alloc(0);
  return Array.from({ length: bytes.length / (size + 2) }, (_, index) => {
    const at = index * (size + 2);
    return `${nameOf(bytes.subarray(at, at + size))}:${bytes.readUInt16BE(at + size)}`;
  });
}

async function fetchFrom(url: string, localAddress: string): Promise<Buffer> {
  const request = get(url, { localAddress, agent: false });
  const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface Leecher {
  readonly closed: boolean;
  readonly unchoked: boolean;
  /** Its handshake was answered. */
  readonly greeted: boolean;
  /** Pieces that it may ask for while choked. */
  readonly free: readonly number[];
  /** The other side's extended handshake (BEP 10). */
  readonly extended: Buffer | null;
  wants(): void;
  /** Rejects when the connection ends or the block is refused. */
  block(piece: number, begin: number, length: number): Promise<Buffer>;
  send(bytes: Buffer): void;
  close(): void;
}

/** Resolves once the handshake is answered or the connection has ended. */
export async function callEverseed(
  infoHash: string,
  { port, host = '127.0.0.1', from }: { port: number; host?: string; from?: string },
): Promise<Leecher> {
  const socket = connect({ host, port, ...(from === undefined ? {} : { localAddress: from }) });
  await once(socket, 'connect');
  const leecher = leecherOn(socket);
  leecher.send(writeHandshake(Buffer.from(infoHash, 'hex'), PEER_ID));
  await eventually(() => {
    if (!leecher.greeted && !leecher.closed) throw new Error('no answer');
  });
  return leecher;
}

function leecherOn(socket: Socket): Leecher {
  const wanted = new Map<
    string,
    { resolve: (block: Buffer) => void; reject: (error: Error) => void }
  >();
  const free: number[] = [];
  let start: Buffer | null = Buffer.alloc(0);
  let closed = false;
  let unchoked = false;
  let extended: Buffer | null = null;

  const reader = createMessageReader(1024 * 1024, (id, body) => {
    if (id === MESSAGE.unchoke) unchoked = true;
    if (id === MESSAGE.choke) unchoked = false;
    if (id === MESSAGE.allowedFast) free.push(body.readUInt32BE(0));
    if (id === MESSAGE.extended && body[0] === 0) extended = Buffer.from(body.subarray(1));
    const isBlock = id === MESSAGE.piece;
    if (!isBlock && id !== MESSAGE.rejectRequest) return;
    const key = `${body.readUInt32BE(0)} ${body.readUInt32BE(4)}`;
    if (isBlock) wanted.get(key)?.resolve(Buffer.from(body.subarray(8)));
    else wanted.get(key)?.reject(new Error('rejected'));
    wanted.delete(key);
  });

  socket.on('data', (chunk: Buffer) => {
    if (start === null) return void reader.push(chunk);
    start = Buffer.concat([start, chunk]);
    if (start.length < HANDSHAKE_BYTES) return;
    const rest = start.subarray(HANDSHAKE_BYTES);
    start = null;
    reader.push(rest);
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    closed = true;
    for (const { reject } of wanted.values()) reject(new Error('closed'));
  });

  return {
    get closed() {
      return closed;
    },
    get unchoked() {
      return unchoked;
    },
    get greeted() {
      return start === null;
    },
    get extended() {
      return extended;
    },
    free,
    wants: () => void socket.write(plainMessage(MESSAGE.interested)),
    block(piece, begin, length) {
      const body = Buffer.alloc(12);
      body.writeUInt32BE(piece, 0);
      body.writeUInt32BE(begin, 4);
      body.writeUInt32BE(length, 8);
      socket.write(message(MESSAGE.request, body));
      return new Promise((resolve, reject) => wanted.set(`${piece} ${begin}`, { resolve, reject }));
    },
    send: (bytes) => void socket.write(bytes),
    close: () => void socket.destroy(),
  };
}
