/**
 * What every server under test holds and is asked: 1,000 torrents with 100 peers each, one peer per
 * source address (all of 127.0.0.0/8 is ours to announce from), ten of the hundred complete.
 */
import { createHash } from 'node:crypto';

export const TORRENTS = 1000;
export const ADDRESSES = 100;
export const NUMWANT = 50;

const SEEDERS = 10;

/** A client of the load: the peer of its address in whatever torrent it announces. */
export interface Client {
  index: number;
  address: string;
  port: number;
  /** Bytes left of the download; 0 = seeder. */
  left: number;
  /** 20 ASCII characters. */
  peerId: string;
  /** The six bytes by which a compact reply would name it. */
  endpoint: Buffer;
}

export const CLIENTS: readonly Client[] = Array.from({ length: ADDRESSES }, (_, index) => {
  const address = `127.0.1.${index + 1}`;
  const port = 20_000 + index;
  const endpoint = Buffer.from([127, 0, 1, index + 1, port >> 8, port & 0xff]);
  const left = index < SEEDERS ? 0 : 1_000_000_000;
  const peerId = `-BN0001-${String(index).padStart(12, '0')}`;
  return { index, address, port, left, peerId, endpoint };
});

export const INFO_HASHES: readonly Buffer[] = Array.from({ length: TORRENTS }, (_, index) =>
  createHash('sha1').update(`benchmark torrent ${index}`).digest(),
);

/**
 * The torrent of a client's n-th announce. Each client starts elsewhere and strides by a number
 * prime to 1,000: all torrents are visited, and no two clients walk side by side.
 */
export function torrentOf(client: Client, n: number): number {
  return (client.index * 7 + n * 389) % TORRENTS;
}

/** Kept apart from the others: bittorrent-tracker looks for browsers among all peers of a swarm. */
const WEBSOCKET_TORRENTS = 50;
/** Each of the hundred browsers is in ten of the fifty: twenty browsers in each swarm. */
export const TORRENTS_PER_BROWSER = 10;
export const WEBSOCKET_INFO_HASHES: readonly Buffer[] = Array.from(
  { length: WEBSOCKET_TORRENTS },
  (_, index) => createHash('sha1').update(`benchmark browser torrent ${index}`).digest(),
);

/** Every torrent that a server with a list of torrents has to admit. */
export const REGISTERED: readonly Buffer[] = [...INFO_HASHES, ...WEBSOCKET_INFO_HASHES];
