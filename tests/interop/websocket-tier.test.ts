/** Clients that speak no WebSocket come to no harm by a torrent that names such a tracker last. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  download,
  makeLoopbackTransmission,
  payloadHashes,
  requirePrograms,
  seed,
  type ClientName,
} from './clients';
import { startTrackerSite, type TrackerSite } from './tracker-site';

const TIMEOUT_MS = 60_000;
const NAME = 'payload.bin';

let folder: string;
let data: string;
let site: TrackerSite;
let torrent: string;
let magnet: string;
let transmissionBinary: string;
let seeder: Awaited<ReturnType<typeof seed>>;

beforeAll(async () => {
  requirePrograms();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'websocket-tier-'));
  data = path.join(folder, 'data');
  await fs.mkdir(data);
  await fs.writeFile(path.join(data, NAME), randomBytes(1_000_007));
  transmissionBinary = await makeLoopbackTransmission(folder);
  site = await startTrackerSite();
  const trackers = [site.http, site.http.replace('http:', 'ws:')];
  const { default: createTorrent } = await import('create-torrent');
  const { default: parseTorrent } = await import('parse-torrent');
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const options = {
      name: NAME,
      pieceLength: 64 * 1024,
      announceList: trackers.map((tracker) => [tracker]),
    };
    createTorrent(path.join(data, NAME), options, (error, made) => {
      if (error === null) resolve(Buffer.from(made));
      else reject(error);
    });
  });
  torrent = path.join(folder, 'payload.torrent');
  await fs.writeFile(torrent, bytes);
  const { infoHash } = await parseTorrent(bytes);
  const names = trackers.map((tracker) => `&tr=${encodeURIComponent(tracker)}`).join('');
  magnet = `magnet:?xt=urn:btih:${infoHash}&dn=${NAME}${names}`;
  seeder = await seed({ client: 'libtorrent', torrent, dataDir: data, bind: '127.0.0.9' });
});

afterAll(async () => {
  await seeder.stop();
  await site.stop();
  await fs.rm(folder, { recursive: true, force: true });
});

const CLIENTS: [ClientName, string][] = [
  ['libtorrent', '127.0.0.4'],
  ['aria2', '127.0.0.2'],
  ['transmission', '127.0.0.3'],
  ['qbittorrent', '127.0.0.5'],
  ['rtorrent', '127.0.0.6'],
];

/** The others' drivers come to no end with a magnet link, whatever trackers it names. */
const BY_MAGNET: ClientName[] = ['libtorrent', 'transmission', 'qbittorrent'];

it.each(
  CLIENTS.flatMap(([client, bind]) =>
    (['.torrent', 'magnet'] as const)
      .filter((form) => form === '.torrent' || BY_MAGNET.includes(client))
      .map((form) => [client, bind, form] as const),
  ),
)(
  '%s on %s completes from a %s that names the WebSocket tracker last',
  async (client, bind, form) => {
    const outDir = path.join(folder, `${client}-${form}`);
    const before = site.announces.length;
    const result = await download({
      client,
      torrent: form === 'magnet' ? magnet : torrent,
      outDir,
      bind,
      timeoutMs: TIMEOUT_MS,
      ...(client === 'transmission' ? { transmissionBinary } : {}),
    });
    expect(result.ok ? await payloadHashes(outDir) : result.detail).toEqual(
      await payloadHashes(data),
    );
    expect(site.announces.slice(before).map(({ transport }) => transport)).toContain('http');
    expect(site.complaints).toEqual([]);
  },
  TIMEOUT_MS + 20_000,
);
