/**
 * Clients that call the everseed themselves: in a site it calls them as well, and one of the two calls
 * is enough for a file. What passes by is looked at on its way.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeTorrentFile } from '../../server/src/metainfo';
import { createSeedServer, type SeedServer } from '../../server/src/seeding/everseed/server';
import { startTracker, type SeedTracker } from '../bench/seeding/tracker';
import { makePayload, type Payload } from '../unit/seeding/everseed/payload';
import {
  CLIENTS,
  download,
  makeLoopbackTransmission,
  requirePrograms,
  type ClientName,
  type Encryption,
} from './clients';

const MIB = 1024 * 1024;
const PROTOCOL = Buffer.from('BitTorrent protocol', 'latin1');

let folder: string;
let payload: Payload;
let server: SeedServer;
let port: number;
let tracker: SeedTracker;
let transmissionBinary: string;
let lastAddress = 0;

beforeAll(async () => {
  requirePrograms();
  folder = await mkdtemp(join(tmpdir(), 'interop-encryption-'));
  transmissionBinary = await makeLoopbackTransmission(folder);
  payload = await makePayload([2 * MIB + 777], 64 * 1024);
  server = createSeedServer({
    options: {
      host: '127.0.0.1',
      port: 0,
      maxConnections: 20,
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
    clock: () => performance.now(),
  });
  server.add([payload.infoHash]);
  ({ port } = await server.start());
  tracker = await startTracker();
});

afterAll(async () => {
  tracker.stop();
  await server.stop();
  await payload.remove();
  await rm(folder, { recursive: true, force: true });
});

interface Wire {
  port: number;
  /** What the client has said, and what it was answered, over all its connections. */
  said(): Buffer;
  answered(): Buffer;
  stop(): void;
}

/** Stands between a client and the everseed, and keeps all that passes. */
async function tapWire(): Promise<Wire> {
  const said: Buffer[] = [];
  const answered: Buffer[] = [];
  const tap = createServer((client) => {
    const seeder = connect(port, '127.0.0.1');
    client.on('data', (chunk: Buffer) => said.push(chunk)).pipe(seeder);
    seeder.on('data', (chunk: Buffer) => answered.push(chunk)).pipe(client);
    for (const socket of [client, seeder]) {
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        seeder.destroy();
      });
    }
  });
  tap.listen(0, '127.0.0.1');
  await once(tap, 'listening');
  return {
    port: (tap.address() as AddressInfo).port,
    said: () => Buffer.concat(said),
    answered: () => Buffer.concat(answered),
    stop: () => void tap.close(),
  };
}

async function fetchWith(client: ClientName, encryption: Encryption): Promise<Wire> {
  const wire = await tapWire();
  try {
    lastAddress += 1;
    const torrent = join(folder, `${lastAddress}.torrent`);
    const info = Buffer.from(payload.source.info);
    const trackers = [[tracker.announceUrl(wire.port)]];
    const made = { createdBy: 'test', createdAt: new Date(0) };
    await writeFile(torrent, encodeTorrentFile({ info, trackers, webSeeds: [], ...made }));
    const outDir = join(folder, randomBytes(4).toString('hex'));
    const result = await download({
      ...{ client, torrent, outDir, encryption, transmissionBinary },
      bind: `127.0.11.${lastAddress}`,
      timeoutMs: 90_000,
    });
    expect(result).toMatchObject({ ok: true });
    return wire;
  } finally {
    wire.stop();
  }
}

/** The first bytes of some pieces: blocks begin there, so they pass in one stretch. */
function clearPieces(wire: Wire): number {
  const answered = wire.answered();
  return [0, 7, 30].filter((piece) => {
    const at = piece * 64 * 1024;
    return answered.includes(payload.bytes.subarray(at, at + 200));
  }).length;
}

test.each(CLIENTS)(
  '%s, set to require encryption, completes; nothing passes in clear',
  async (client) => {
    const wire = await fetchWith(client, 'require');
    expect(wire.answered().length).toBeGreaterThan(payload.bytes.length);
    expect(clearPieces(wire)).toBe(0);
    expect(wire.answered().includes(PROTOCOL)).toBe(false);
  },
);

test.each<[ClientName, Encryption]>([
  ['libtorrent', 'prefer'],
  ['qbittorrent', 'prefer'],
  ['aria2', 'prefer'],
  ['rtorrent', 'prefer'],
  // Where it prefers encryption, it offers nothing else.
  ['transmission', 'off'],
])('%s gets the payload in clear where it offers that (%s)', async (client, encryption) => {
  const wire = await fetchWith(client, encryption);
  expect(clearPieces(wire)).toBe(3);
});
