/** Peers and clocks for tests of swarm stores. */
import { parseAddress, ROLE, type InfoHash, type PeerUpdate } from '../../server/src/tracker';
import type { SwarmAnswer } from '../../server/src/tracker';

/** A repeatable source of chance (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface HandClock {
  (): number;
  advance(seconds: number): void;
}

/** A clock that stands still until it is moved. */
export function handClock(): HandClock {
  let now = 1_000_000;
  return Object.assign(() => now, {
    advance(seconds: number) {
      now += seconds * 1000;
    },
  });
}

export const hashNumber = (n: number): InfoHash =>
  String.fromCharCode(n & 0xff, (n >> 8) & 0xff).padEnd(20, '\u00ff') as InfoHash;

/** IPv4 peer number n: every number another address, all of them the same port. */
export function endpoint4(n: number, port = 6881): Buffer {
  const bytes = Buffer.alloc(18);
  bytes.writeUInt32BE(0x0b000000 + n, 0);
  bytes.writeUInt16BE(port, 4);
  return bytes;
}

/** IPv6 peer number n: every number another /64 network. */
export function endpoint6(n: number, port = 6881): Buffer {
  const bytes = Buffer.alloc(18);
  bytes.writeUInt32BE(0x20010db8, 0);
  bytes.writeUInt32BE(n, 4);
  bytes.writeUInt8(1, 15);
  bytes.writeUInt16BE(port, 16);
  return bytes;
}

export const leecher = (endpoint: Buffer, more: Partial<PeerUpdate> = {}): PeerUpdate => ({
  infoHash: hashNumber(1),
  family: 4,
  endpoint,
  lot: endpoint.readUInt32LE(0) ^ endpoint.readUInt32LE(4),
  owner: 0,
  role: ROLE.downloader,
  leaving: false,
  completing: false,
  mayRepeat: false,
  mayLackInfo: false,
  want: 50,
  ownFamilyOnly: false,
  ...more,
});

export const seeder = (endpoint: Buffer, more: Partial<PeerUpdate> = {}): PeerUpdate =>
  leecher(endpoint, { role: ROLE.seeder, ...more });

/** The endpoints of an answer as hex text, IPv4 first. */
export function peersOf({ peers4, count4, peers6, count6 }: SwarmAnswer): string[] {
  const list: string[] = [];
  for (let i = 0; i < count4; i += 1) list.push(peers4.toString('hex', i * 6, i * 6 + 6));
  for (let i = 0; i < count6; i += 1) list.push(peers6.toString('hex', i * 18, i * 18 + 18));
  return list;
}

export const name4 = (endpoint: Buffer): string => endpoint.toString('hex', 0, 6);
export const name6 = (endpoint: Buffer): string => endpoint.toString('hex', 0, 18);

/** One age for swarms of every size. */
export const maxAgesOf = (seconds: number): readonly number[] => new Array<number>(8).fill(seconds);

/** An endpoint at an address of one's own choice. */
export function endpointAt(address: string, port = 6881): Buffer {
  const bytes = Buffer.alloc(18);
  const family = parseAddress(address, bytes);
  if (family === 0) throw new Error(`not an address: ${address}`);
  bytes.writeUInt16BE(port, family === 4 ? 4 : 16);
  return bytes;
}
