/**
 * The same random announces to our tracker and to Debian's opentracker, the fastest one in C: equal
 * counts after each, and equal peers, but for what we do on purpose (nobody is told of himself,
 * and seeders are not told of seeders but at their start). At the end, equal numbers of completed downloads, less those
 * that only opentracker believes: of peers who never said that something was left.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createTracker,
  infoHashToHex,
  type AnnounceEvent,
  type AnnounceReply,
  type InfoHash,
} from '../../server/src/tracker';
import {
  endpointAt,
  handClock,
  hashNumber,
  peersOf,
  seededRandom,
} from '../contract/swarm-fixtures';
import { startProcess, type ClientProcess } from './clients/client-process';
import { freePort } from './clients/free-port';
import { requireProgram } from './clients/requirements';

const SEED = Number(process.env.SIMULATION_SEED ?? Math.floor(Math.random() * 2 ** 31));
const ROUNDS = 2_500;
/** One announce to each in a round: what travels at the same time never meets in one swarm. */
const HASHES = Array.from({ length: 40 }, (_, i) => hashNumber(i + 1));
/** Swarms stay below what fits into one answer of either. */
const ADDRESSES = Array.from({ length: 40 }, (_, i) => `127.${i + 1}.${i * 3}.${200 - i}`);
const PORTS = [7001, 7002, 51_413];
const EVENTS: readonly AnnounceEvent[] = ['none', 'completed', 'started', 'stopped'];

interface Answer {
  seeders: number;
  leechers: number;
  peers: string[];
}

interface Announce {
  infoHash: InfoHash;
  source: number;
  port: number;
  event: AnnounceEvent;
  left: number;
}

let folder: string;
let server: ClientProcess;
let port: number;
let sockets: Socket[];
let ids: Buffer[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opentracker-'));
  await chmod(folder, 0o755); // started by root, it becomes nobody and reads the list again
  await writeFile(join(folder, 'whitelist'), HASHES.map(infoHashToHex).join('\n') + '\n');
  port = await freePort();
  const at = ['-i', '127.0.0.1', '-p', String(port), '-P', String(port)];
  server = startProcess(requireProgram('opentracker'), [...at, '-d', folder, '-w', 'whitelist']);
  sockets = await Promise.all(
    ADDRESSES.map(async (address) => {
      const socket = createSocket('udp4').bind(0, address);
      await once(socket, 'listening');
      return socket;
    }),
  );
  ids = await connectAll();
});

afterAll(async () => {
  for (const socket of sockets) socket.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** Sends a request (BEP 15) and gives the answer with the same transaction id. */
function ask(source: number, request: Buffer): Promise<Buffer> {
  const socket = sockets[source]!;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.off('message', listen);
      reject(new Error(`opentracker does not answer:\n${server.output()}`));
    }, 5_000);
    function listen(answer: Buffer): void {
      if (answer.readInt32BE(4) !== request.readInt32BE(12)) return;
      clearTimeout(timer);
      socket.off('message', listen);
      resolve(answer);
    }
    socket.on('message', listen);
    socket.send(request, port, '127.0.0.1');
  });
}

let transactions = 0;

async function connect(source: number): Promise<Buffer> {
  const request = Buffer.alloc(16);
  request.writeBigUInt64BE(0x41727101980n, 0);
  request.writeInt32BE((transactions += 1), 12);
  return (await ask(source, request)).subarray(8, 16);
}

/** Again and again while the server is starting: what is sent to a closed port is lost. */
async function connectAll(): Promise<Buffer[]> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const first = await Promise.race([connect(0).catch(() => null), sleep(200, null)]);
    if (first !== null) return Promise.all(ADDRESSES.map((_, source) => connect(source)));
  }
  throw new Error(`opentracker does not start:\n${server.output()}`);
}

async function askOpentracker({ infoHash, source, port, event, left }: Announce): Promise<Answer> {
  const request = Buffer.alloc(98);
  ids[source]!.copy(request, 0);
  request.writeInt32BE(1, 8);
  request.writeInt32BE((transactions += 1), 12);
  request.write(infoHash, 16, 'latin1');
  request.write('-TT0001-000000000000', 36, 'latin1');
  request.writeBigUInt64BE(BigInt(left), 64);
  request.writeInt32BE(EVENTS.indexOf(event), 80);
  request.writeInt32BE(200, 92);
  request.writeUInt16BE(port, 96);
  const answer = await ask(source, request);
  if (answer.readInt32BE(0) !== 1) throw new Error(answer.toString('latin1', 8));
  const peers: string[] = [];
  for (let at = 20; at < answer.length; at += 6) peers.push(answer.toString('hex', at, at + 6));
  return { leechers: answer.readInt32BE(12), seeders: answer.readInt32BE(16), peers };
}

/** Lifetime counters (BEP 15, scrape). */
async function completedAtOpentracker(hashes: readonly InfoHash[]): Promise<number[]> {
  const request = Buffer.alloc(16 + 20 * hashes.length);
  ids[0]!.copy(request, 0);
  request.writeInt32BE(2, 8);
  request.writeInt32BE((transactions += 1), 12);
  hashes.forEach((infoHash, i) => request.write(infoHash, 16 + 20 * i, 'latin1'));
  const answer = await ask(0, request);
  return hashes.map((_, i) => answer.readInt32BE(8 + 12 * i + 4));
}

/** Downloads that opentracker counts and we do not, by info-hash: one at most per stay of a peer. */
class OnlyTheirs {
  readonly byHash = new Map<InfoHash, number>();
  private readonly stays = new Map<string, { hadLeft: boolean; theirs: boolean; ours: boolean }>();

  add({ infoHash, event, left }: Announce, key: string): void {
    if (event === 'stopped') {
      this.stays.delete(key);
      return;
    }
    const stay = this.stays.get(key) ?? { hadLeft: false, theirs: false, ours: false };
    this.stays.set(key, stay);
    stay.hadLeft ||= left > 0;
    if (event !== 'completed') return;
    const more = Number(!stay.theirs) - Number(stay.hadLeft && !stay.ours);
    this.byHash.set(infoHash, (this.byHash.get(infoHash) ?? 0) + more);
    stay.theirs = true;
    stay.ours ||= stay.hadLeft;
  }
}

it(`answers ${ROUNDS * HASHES.length} random announces as opentracker does (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const below = (n: number): number => Math.floor(random() * n);
  const tracker = createTracker({ gate: { admit: () => 0 }, clock: handClock(), random });
  const isSeeder = new Map<string, boolean>();
  const onlyTheirs = new OnlyTheirs();
  const keyOf = (infoHash: InfoHash, peer: string): string => infoHash + peer;

  function askOurs({ infoHash, source, port, event, left }: Announce): Answer {
    const { swarm } = tracker.announce({
      transport: 'udp',
      infoHash,
      passkey: null,
      endpoint: endpointAt(ADDRESSES[source]!, port),
      family: 4,
      port,
      event,
      left,
      uploaded: 0,
      downloaded: 0,
      numwant: 200,
    }) as AnnounceReply;
    return { seeders: swarm.seeders, leechers: swarm.leechers, peers: peersOf(swarm) };
  }

  /** What opentracker's peers become by our two rules. */
  function byOurRules(
    { infoHash, left, event }: Announce,
    self: string,
    peers: string[],
  ): string[] {
    if (event === 'stopped') return [];
    return peers
      .filter((peer) => peer !== self)
      .filter(
        (peer) => left > 0 || event === 'started' || isSeeder.get(keyOf(infoHash, peer)) === false,
      )
      .sort();
  }

  const sizes = new Set<number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round % 500 === 499) ids = await connectAll();
    const announces = HASHES.map((infoHash): Announce => {
      const event = random() < 0.3 ? 'stopped' : EVENTS[below(3)]!;
      const left = event === 'completed' || random() < 0.4 ? 0 : 5;
      const source = below(ADDRESSES.length);
      return { infoHash, source, port: PORTS[below(PORTS.length)]!, event, left };
    });
    const theirs = await Promise.all(announces.map(askOpentracker));
    for (const [i, announce] of announces.entries()) {
      const ours = askOurs(announce);
      const self = endpointAt(ADDRESSES[announce.source]!, announce.port).toString('hex', 0, 6);
      const key = keyOf(announce.infoHash, self);
      isSeeder.set(key, announce.left === 0);
      onlyTheirs.add(announce, key);
      const expected = {
        ...theirs[i]!,
        peers: byOurRules(announce, self, theirs[i]!.peers),
      };
      sizes.add(expected.peers.length);
      // Plain comparisons: `expect` a hundred thousand times would take minutes.
      const found = JSON.stringify({ ...expected, ...ours, peers: ours.peers.sort() });
      if (found !== JSON.stringify(expected)) {
        expect({ round, announce, ...ours }).toEqual({ round, announce, ...expected });
      }
    }
  }
  const completed = HASHES.map((infoHash) => tracker.counts(infoHash).completed);
  const expected = await completedAtOpentracker(HASHES);
  expect(HASHES.map((hash, i) => completed[i]! + onlyTheirs.byHash.get(hash)!)).toEqual(expected);
  expect(Math.min(...completed)).toBeGreaterThan(100);
  // Swarms of many sizes have been compared, not forty empty ones.
  expect(sizes.size).toBeGreaterThan(40);
  expect(tracker.totals().peers4).toBeGreaterThan(1000);
});
