/**
 * The plugin makes no hybrid torrents (BEP 52) yet, but its everseed can serve one by its v1 half: it goes
 * by the info dictionary, pad files (BEP 47) included. Here with a hybrid that libtorrent made.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf } from '../../server/src/metainfo';
import { createSeedServer, type SeedServer } from '../../server/src/seeding/everseed/server';
import type { SeedSource } from '../../server/src/seeding/everseed/seed-torrent';
import { writeHandshake } from '../../server/src/seeding/everseed/wire/handshake';
import {
  download,
  freePort,
  makeHybrid,
  payloadHashes,
  requirePrograms,
  type ClientName,
  type DownloadOptions,
  type Hybrid,
} from './clients';

const PIECE_LENGTH = 64 * 1024;
/** None is whole pieces, so that there is padding behind all but the last; one is smaller than a block. */
const SIZES = { 'a.bin': 1_000_007, 'b.bin': 3, 'c/d.bin': 300_001, 'e.bin': PIECE_LENGTH + 1 };
const BIND = '127.0.12.2';

let folder: string;
let data: string;
let torrent: string;
let hybrid: Hybrid;
let server: SeedServer;
let port: number;
/** Info-hashes that were asked for. */
const asked: string[] = [];
let sent = 0;

beforeAll(async () => {
  requirePrograms();
  folder = await mkdtemp(join(tmpdir(), 'interop-hybrid-'));
  data = join(folder, 'release');
  await mkdir(join(data, 'c'), { recursive: true });
  for (const [path, size] of Object.entries(SIZES)) {
    await writeFile(join(data, path), randomBytes(size));
  }
  torrent = join(folder, 'hybrid.torrent');
  hybrid = await makeHybrid(data, PIECE_LENGTH, torrent);
  const source = await sourceOf(hybrid);
  server = createSeedServer({
    options: {
      host: '127.0.0.1',
      port: 0,
      maxConnections: 20,
      uploadRate: null,
      uploadRatePerPeer: null,
    },
    ask(infoHash) {
      asked.push(infoHash);
      return Promise.resolve({ allowed: true, source });
    },
    renew: () => Promise.resolve(null),
    onLeft: () => undefined,
    onChanged: (infoHash) => {
      throw new Error(`${infoHash} has changed`);
    },
    onUnreadable: () => undefined,
    onSeenAs: () => undefined,
    onSent: (_infoHash, bytes) => (sent += bytes),
    clock: () => performance.now(),
  });
  server.add([hybrid.v1]);
  ({ port } = await server.start());
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function sourceOf({ info, files }: Hybrid): Promise<SeedSource> {
  const real = files.filter(({ padding }) => !padding);
  return {
    info,
    files: await Promise.all(
      real.map(async ({ path, size }) => {
        const filename = join(data, path);
        return { filename, size, fingerprint: fingerprintOf(await stat(filename)) };
      }),
    ),
  };
}

test('libtorrent has made padding between the files', () => {
  expect(hybrid.files.filter(({ padding }) => padding).length).toBeGreaterThanOrEqual(3);
  expect(hybrid.files.filter(({ padding }) => !padding)).toHaveLength(4);
});

test.each<[ClientName, string, Partial<DownloadOptions>]>([
  ['libtorrent', 'the .torrent', {}],
  ['libtorrent', 'the .torrent', { encryption: 'require' }],
  ['libtorrent', 'a magnet of the v1 hash', {}],
  ['qbittorrent', 'the .torrent', {}],
])('%s completes from %s (%p)', async (client, from, options) => {
  const outDir = join(folder, randomBytes(4).toString('hex'));
  const before = { asked: asked.length, sent };
  const result = await download({
    client,
    torrent: from === 'the .torrent' ? torrent : `magnet:?xt=urn:btih:${hybrid.v1}`,
    outDir,
    bind: BIND,
    port: await freePort(BIND),
    peers: [`127.0.0.1:${port}`],
    timeoutMs: 60_000,
    ...options,
  });
  expect(result).toMatchObject({ ok: true });
  expect(await payloadHashes(join(outDir, 'release'))).toEqual(await payloadHashes(data));
  // Named by the v1 hash alone.
  expect(new Set(asked.slice(before.asked))).toEqual(new Set([hybrid.v1]));
  const payload = Object.values(SIZES).reduce((sum, size) => sum + size);
  expect(sent - before.sent).toBeGreaterThanOrEqual(payload);
});

test('a connection by the v2 hash is closed without a word', async () => {
  const before = asked.length;
  const socket = connect({ host: '127.0.0.1', port });
  const received: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => received.push(chunk));
  const truncated = Buffer.from(hybrid.v2, 'hex').subarray(0, 20);
  socket.write(writeHandshake(truncated, Buffer.from('-XX0001-abcdefghijkl', 'latin1')));
  await once(socket, 'close');
  expect([received.length, asked.length]).toEqual([0, before]);
});
