/** Strangers with bad intentions, on real sockets. All the while, an honest client gets its file. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSeedServer, type SeedServer } from '../../../../server/src/seeding/everseed/server';
import { inUse } from '../../memory';
import { makePayload, type Payload } from './payload';
import {
  dial,
  fetchAll,
  handshake,
  INTERESTED,
  localAddress,
  request,
  untilClosed,
  type Wanted,
} from './raw-peer';

/** `HALF_OPEN=100000` for the whole siege; each address may have sixteen, so there are many of them. */
const HALF_OPEN = Number(process.env['HALF_OPEN'] ?? 2_000);
/** Strangers after whom memory is looked at, resident memory as well. */
const HOSTILE = Number(process.env['HOSTILE'] ?? 10_000);
const MIB = 1024 * 1024;
const PIECE = 256 * 1024;
const MOST = 100;
/** Longest time for a file that takes a fraction of a second alone, on a machine that is busy. */
const PATIENCE_S = 30;

let payload: Payload;
let wanted: Wanted;
let server: SeedServer;
let port: number;
/** Milliseconds that the server believes to have passed. */
let ahead = 0;
let lastAddress = 0;
const sockets = new Set<Socket>();

beforeAll(async () => {
  payload = await makePayload([6 * MIB + 123], PIECE);
  wanted = { infoHash: payload.infoHash, size: payload.bytes.length, pieceLength: PIECE };
});

afterAll(() => payload.remove());

beforeEach(async () => {
  server = createSeedServer({
    options: {
      host: '127.0.0.1',
      port: 0,
      maxConnections: MOST,
      uploadRate: null,
      uploadRatePerPeer: null,
    },
    ask: () => Promise.resolve({ allowed: true, source: payload.source }),
    onLeft: () => undefined,
    onChanged: () => undefined,
    onUnreadable: () => undefined,
    renew: () => Promise.resolve(null),
    onSeenAs: () => undefined,
    onSent: () => undefined,
    clock: () => performance.now() + ahead,
  });
  server.add([payload.infoHash]);
  ({ port } = await server.start());
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await server.stop();
});

/** A caller with an address that nobody has had yet, unless it is given. */
async function call(from = nextAddress()): Promise<Socket> {
  const socket = await dial(port, from);
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
  return socket;
}

function nextAddress(): string {
  lastAddress += 1;
  return localAddress(lastAddress);
}

async function honestClient(from = nextAddress()): Promise<void> {
  // Given up in the end, so that a file that came is not held on to by a timer that waits for it.
  const patience = new AbortController();
  const late = sleep(PATIENCE_S * 1000, undefined, { signal: patience.signal }).then(() => {
    throw new Error('the honest client waits');
  });
  const bytes = await Promise.race([fetchAll(port, wanted, from), late]);
  patience.abort();
  await late.catch(() => undefined);
  expect(bytes.equals(payload.bytes)).toBe(true);
}

/** A peer that was let in and unchoked, and that has stopped reading. */
async function deafPeer(): Promise<Socket> {
  const socket = await call();
  socket.write(Buffer.concat([handshake(payload.infoHash), INTERESTED]));
  await once(socket, 'readable');
  return socket;
}

async function until(condition: () => boolean, seconds = 10): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('waited in vain');
    await sleep(20);
  }
}

const badGreetings: [string, () => Buffer][] = [
  ['garbage', () => randomBytes(2000)],
  ['an HTTP request', () => Buffer.from(`GET /${'x'.repeat(1000)} HTTP/1.1\r\n\r\n`)],
  ['a public key of zeros', () => Buffer.alloc(96)],
  ['a public key and no end of padding', () => randomBytes(96 + 532)],
  ['a torrent that we do not have', () => handshake('00'.repeat(20))],
];

test.each(badGreetings)('%s is closed, and tells of no torrent', async (_what, greeting) => {
  const callers = await Promise.all(Array.from({ length: 20 }, () => call()));
  const answers = callers.map(async (socket) => {
    socket.write(greeting());
    return untilClosed(socket);
  });
  const [received] = await Promise.all([Promise.all(answers), honestClient()]);
  for (const answer of received) expect(answer.includes('BitTorrent protocol')).toBe(false);
  await until(() => server.connections === 0);
});

test(`${HALF_OPEN} half-open connections: the oldest make room, and nothing grows`, async () => {
  const besiege = async (count: number) => {
    for (let done = 0; done < count; done += MOST) {
      const batch = Array.from({ length: Math.min(MOST, count - done) }, () =>
        call().catch(() => null),
      );
      await Promise.all(batch);
      expect(server.connections).toBeLessThanOrEqual(MOST);
      // Ours are given up only when there are many: it is the server that has to let go of them.
      for (const socket of [...sockets].slice(0, Math.max(0, sockets.size - 4 * MOST))) {
        socket.destroy();
      }
    }
  };
  await besiege(500);
  const before = inUse();
  const siege = { isOver: false };
  const end = besiege(HALF_OPEN).finally(() => (siege.isOver = true));
  do await honestClient();
  while (!siege.isOver);
  await end;
  expect(inUse() - before).toBeLessThan(32 * MIB);
  await honestClient(); // who came before him was accepted before him
  // And whoever says nothing for ten seconds is closed without anybody coming.
  ahead += 11_000;
  await until(() => server.connections === 0);
}, 600_000);

/** What a stranger does until one of the two is done with the other. */
const hostilities: ((socket: Socket) => Promise<unknown>)[] = [
  (socket) => send(socket, randomBytes(2_000)),
  (socket) => send(socket, randomBytes(96 + 532)),
  // An answer to its key is made, and never used.
  async (socket) => {
    socket.write(randomBytes(96));
    await heard(socket);
  },
  async (socket) => {
    socket.write(handshake(payload.infoHash).subarray(0, 40));
    await sleep(5);
  },
  // Let in: it asks for a piece and goes away when the first of it comes.
  async (socket) => {
    const blocks = Array.from({ length: 16 }, (_, n) => request(n, n * 16 * 1024));
    socket.write(Buffer.concat([handshake(payload.infoHash), INTERESTED, ...blocks]));
    await heard(socket);
  },
  (socket) =>
    send(
      socket,
      Buffer.concat([
        handshake(payload.infoHash),
        Buffer.from('7fffffff07', 'hex'),
        randomBytes(99),
      ]),
    ),
  () => sleep(5),
];

function send(socket: Socket, bytes: Buffer): Promise<unknown> {
  socket.write(bytes);
  return untilClosed(socket);
}

/** It was answered, or closed. */
function heard(socket: Socket): Promise<unknown> {
  return new Promise<void>((resolve) => {
    socket.once('readable', () => resolve());
    socket.once('close', () => resolve());
  });
}

async function beHostile(count: number): Promise<void> {
  const AT_ONCE = 70;
  for (let done = 0; done < count; done += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - done) }, async (_, n) => {
      const socket = await call();
      await hostilities[n % hostilities.length]?.(socket);
      socket.destroy();
    });
    await Promise.all(batch);
  }
  await until(() => server.connections === 0);
}

test(`after ${HOSTILE} hostile connections of all kinds, memory is what it was`, async () => {
  await honestClient();
  await beHostile(2_000); // from here on what is kept for all is there
  const before = { inUse: inUse(), resident: process.memoryUsage.rss() };
  await beHostile(HOSTILE);
  const after = { inUse: inUse(), resident: process.memoryUsage.rss() };
  // 10,000 addresses are remembered for their offences, some 200 bytes each.
  expect(after.inUse - before.inUse).toBeLessThan(8 * MIB);
  // What malloc gives back to the system, and when, is its own affair.
  expect(after.resident - before.resident).toBeLessThan(48 * MIB);
  await honestClient();
}, 600_000);

test('a greeting that comes byte by byte is not waited for', async () => {
  const socket = await call();
  const [first, ...rest] = handshake(payload.infoHash);
  socket.write(Buffer.from([first ?? 0]));
  const closed = untilClosed(socket);
  for (const byte of rest.slice(0, 20)) {
    socket.write(Buffer.from([byte]));
    await sleep(10);
  }
  await honestClient();
  ahead += 11_000;
  expect((await closed).length).toBe(0);
});

test('peers that ask for everything and read nothing wait in little memory', async () => {
  await honestClient(); // what is kept for all is there from here on
  const before = inUse();
  const everything = Buffer.concat(
    Array.from({ length: 384 }, (_, n) => request(Math.floor(n / 16), (n % 16) * 16 * 1024)),
  );
  const deaf = await Promise.all(Array.from({ length: 60 }, () => deafPeer()));
  // Again and again: what was sent already may be asked for once more.
  for (let turn = 0; turn < 20; turn += 1) {
    for (const socket of deaf) socket.write(everything);
    await sleep(10);
  }
  await honestClient();
  // 64 MiB are the bound for all sockets together; some is read already, and our own writes wait here.
  expect(inUse() - before).toBeLessThan(120 * MIB);
  ahead += 121_000;
  await until(() => server.connections === 0); // nobody is waited for who takes nothing
}, 60_000);

test('a message of 2 GiB is not waited for', async () => {
  const boasters = await Promise.all(Array.from({ length: 20 }, () => call()));
  const before = inUse();
  const closed = boasters.map(async (socket) => {
    socket.write(Buffer.concat([handshake(payload.infoHash), Buffer.from('7fffffff07', 'hex')]));
    socket.write(Buffer.alloc(MIB));
    await untilClosed(socket);
  });
  await Promise.all([...closed, honestClient()]);
  expect(inUse() - before).toBeLessThan(32 * MIB);
});

test('requests outside of the payload end the connection after some', async () => {
  const outside = [
    request(payload.torrent.pieceCount, 0),
    request(0xffffffff, 0),
    request(0, PIECE),
    request(0, 0xffffffff),
    request(0, 0, 0),
    request(0, 0, 0xffffffff),
    request(0, 0, 129 * 1024),
    request(payload.torrent.pieceCount - 1, 0, 16 * 1024),
  ];
  const socket = await call();
  socket.write(Buffer.concat([handshake(payload.infoHash), INTERESTED]));
  const closed = untilClosed(socket);
  for (let n = 0; n < 40 && !socket.closed; n += 1) {
    socket.write(outside[n % outside.length] ?? Buffer.alloc(0));
    await sleep(1);
  }
  const [received] = await Promise.all([closed, honestClient()]);
  expect(received.length).toBeLessThan(4_000);
});

test('a flood of requests is answered as fast as it is read, from a bounded queue', async () => {
  const flood = Buffer.concat(
    Array.from({ length: 4_000 }, (_, n) => request(n % 24, ((n * 7) % 16) * 16 * 1024)),
  );
  const before = inUse();
  const deaf = await Promise.all(Array.from({ length: 8 }, () => deafPeer()));
  for (const socket of deaf) for (let n = 0; n < 10; n += 1) socket.write(flood);
  await honestClient();
  expect(inUse() - before).toBeLessThan(120 * MIB);
}, 60_000);

test('an address that only ever talks nonsense is not answered for ten minutes; others are', async () => {
  const address = nextAddress();
  for (let n = 0; n < 50; n += 1) {
    const socket = await call(address);
    socket.write(randomBytes(2000));
    await untilClosed(socket);
  }
  const refused = await call(address);
  refused.write(handshake(payload.infoHash));
  expect((await untilClosed(refused)).length).toBe(0);
  await honestClient();
  ahead += 10 * 60_000 + 1;
  await honestClient(address);
});

test('sixteen connections of one address and no more', async () => {
  const address = nextAddress();
  const many = await Promise.all(Array.from({ length: 30 }, () => call(address)));
  await until(() => many.filter((socket) => socket.closed).length === 14);
  expect(server.connections).toBe(16);
  await honestClient();
});

test('peers that were let in and take nothing make room when all places are taken', async () => {
  const idle: Socket[] = [];
  for (let n = 0; n < MOST; n += 1) {
    const socket = await call();
    socket.write(handshake(payload.infoHash));
    idle.push(socket);
    await once(socket, 'readable');
  }
  await expect(fetchAll(port, wanted, nextAddress())).rejects.toThrow('only 0');
  ahead += 121_000;
  await honestClient();
  expect(idle.filter((socket) => socket.destroyed).length).toBeLessThan(10);
});
