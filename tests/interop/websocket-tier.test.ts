/** Clients that speak no WebSocket come to no harm by a torrent that names such a tracker last. */
import {
  download,
  makeLoopbackTransmission,
  payloadHashes,
  requirePrograms,
  seed,
  type ClientName,
  type Seed,
} from './clients';
import { makePayload, type Payload } from './payload';
import { startTrackerSite, type TrackerSite } from './tracker-site';

const TIMEOUT_MS = 60_000;

let payload: Payload;
let site: TrackerSite;
let torrent: string;
let magnet: string;
let transmissionBinary: string;
let seeder: Seed;

beforeAll(async () => {
  requirePrograms();
  payload = await makePayload();
  transmissionBinary = await makeLoopbackTransmission(payload.folder);
  site = await startTrackerSite();
  const trackers = [site.http, site.http.replace('http:', 'ws:')];
  const made = await payload.torrentFor(trackers);
  torrent = made.torrent;
  const names = trackers.map((tracker) => `&tr=${encodeURIComponent(tracker)}`).join('');
  magnet = `magnet:?xt=urn:btih:${made.infoHash}&dn=${payload.name}${names}`;
  seeder = await seed({ client: 'libtorrent', torrent, dataDir: payload.data, bind: '127.0.0.9' });
});

afterAll(async () => {
  await seeder.stop();
  await site.stop();
  await payload.remove();
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
    const outDir = payload.newFolder();
    const before = site.announces.length;
    const result = await download({
      client,
      torrent: form === 'magnet' ? magnet : torrent,
      outDir,
      bind,
      timeoutMs: TIMEOUT_MS,
      ...(client === 'transmission' ? { transmissionBinary } : {}),
    });
    expect(result.ok ? await payloadHashes(outDir) : result.detail).toEqual(payload.hashes);
    expect(site.announces.slice(before).map(({ transport }) => transport)).toContain('http');
    expect(site.complaints).toEqual([]);
  },
  TIMEOUT_MS + 20_000,
);
