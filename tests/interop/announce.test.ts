/** Real clients announce over HTTP and UDP, meet their seeder by it, and complete. */
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
let hashes: Record<string, string>;
let transmissionBinary: string;

beforeAll(async () => {
  requirePrograms();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'announce-'));
  data = path.join(folder, 'data');
  await fs.mkdir(data);
  await fs.writeFile(path.join(data, NAME), randomBytes(1_000_007));
  hashes = await payloadHashes(data);
  transmissionBinary = await makeLoopbackTransmission(folder);
});

afterAll(() => fs.rm(folder, { recursive: true, force: true }));

/** A torrent whose only tracker this is. */
async function make(announce: string): Promise<{ torrent: string; infoHash: string }> {
  const { default: createTorrent } = await import('create-torrent');
  const { default: parseTorrent } = await import('parse-torrent');
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const options = { name: NAME, pieceLength: 64 * 1024, announceList: [[announce]] };
    createTorrent(path.join(data, NAME), options, (error, torrent) => {
      if (error === null) resolve(Buffer.from(torrent));
      else reject(error);
    });
  });
  const torrent = path.join(folder, `${announce.replace(/\W+/g, '-')}.torrent`);
  await fs.writeFile(torrent, bytes);
  return { torrent, infoHash: (await parseTorrent(bytes)).infoHash };
}

/** Whether it came true within ten seconds. */
async function until(what: () => boolean): Promise<boolean> {
  const deadline = Date.now() + 10_000;
  while (!what() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  return what();
}

const CLIENTS: [ClientName, string][] = [
  ['libtorrent', '127.0.0.4'],
  ['aria2', '127.0.0.2'],
  ['qbittorrent', '127.0.0.5'],
  ['rtorrent', '127.0.0.6'],
  ['transmission', '127.0.0.3'],
];

describe.each(['http', 'udp'] as const)('over %s', (transport) => {
  let site: TrackerSite;
  let made: Awaited<ReturnType<typeof make>>;
  let seeder: Awaited<ReturnType<typeof seed>>;

  beforeAll(async () => {
    site = await startTrackerSite();
    made = await make(`${site[transport]}?passkey=K`);
    seeder = await seed({
      client: 'libtorrent',
      torrent: made.torrent,
      dataDir: data,
      bind: '127.0.0.9',
    });
    expect(await until(() => site.counts(made.infoHash).seeders === 1)).toBe(true);
  }, 30_000);

  afterAll(async () => {
    await seeder.stop();
    await site.stop();
  });

  it.each(CLIENTS)(
    '%s on %s finds the seeder, completes, and says so',
    async (client, bind) => {
      const before = site.announces.length;
      const { completed } = site.counts(made.infoHash);
      const outDir = path.join(folder, `out-${transport}-${client}`);
      const result = await download({
        client,
        torrent: made.torrent,
        outDir,
        bind,
        timeoutMs: TIMEOUT_MS,
        udpTracker: transport === 'udp',
        ...(client === 'transmission' ? { transmissionBinary } : {}),
        whenComplete: async () => {
          if (client !== 'aria2')
            await until(() => site.counts(made.infoHash).completed > completed);
        },
      });
      expect(result.ok ? await payloadHashes(outDir) : result.detail).toEqual(hashes);
      const announces = site.announces.slice(before);
      expect(announces.length).toBeGreaterThan(0);
      for (const announce of announces) expect(announce).toMatchObject({ transport, family: 4 });
      expect(announces[0]).toMatchObject({ event: 'started', left: 1_000_007 });
      // rTorrent says it as it goes only, and over UDP does not wait for that to arrive.
      const says = !(client === 'rtorrent' && transport === 'udp');
      expect(site.counts(made.infoHash).completed).toBe(completed + (says ? 1 : 0));
      expect(site.complaints).toEqual([]);
    },
    TIMEOUT_MS + 20_000,
  );

  it('libtorrent says its passkey', () => {
    expect(site.announces[0]).toMatchObject({ transport, passkey: 'K' });
  });
});
