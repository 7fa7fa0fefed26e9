/** The main job: real clients download what an editor has published, under the entry's permission. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TorrentValue } from '../../shared/torrent-value';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  readyTorrent,
  upload,
  type TestUser,
} from '../integration/support/content';
import { infoHashWithCreateTorrent } from '../integration/support/create-torrent';
import { startSite, type TestSite } from '../integration/support/strapi';
import {
  download,
  libtorrentInfoHash,
  makeLoopbackTransmission,
  payloadHashes,
  requirePrograms,
  seed,
  type Seed,
  type ClientName,
  type DownloadOptions,
} from './clients';

const TIMEOUT_MS = 90_000;

let site: TestSite;
let folder: string;
let member: TestUser;
let lastAddress = 0;

beforeAll(async () => {
  requirePrograms();
  folder = await mkdtemp(join(tmpdir(), 'interop-site-'));
  site = await startSite();
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'secret');
  member = await createUser(site.strapi, 'alice', 'member');
});

afterAll(async () => {
  await site.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Sample {
  name: string;
  bytes: Buffer;
}

async function publish(name: string, source: string, samples: Sample[]): Promise<string> {
  const ids: number[] = [];
  for (const sample of samples) {
    ids.push((await upload(site.strapi, sample.name, sample.bytes)).id);
  }
  const data = { title: samples[0]!.name, [source]: source === 'files' ? ids : ids[0] };
  const entry = await documents(site.strapi, name).create({ data, status: 'published' });
  return entry.documentId;
}

async function save(torrent: TorrentValue, bearer?: string): Promise<string> {
  const headers = bearer === undefined ? {} : { authorization: bearer };
  const response = await fetch(torrent.torrentUrl!, { headers });
  expect(response.status).toBe(200);
  const filename = join(folder, `${randomBytes(4).toString('hex')}.torrent`);
  await writeFile(filename, Buffer.from(await response.arrayBuffer()));
  return filename;
}

/** Each client has an address of its own, by which the tracker tells them apart. */
function nextAddress(): string {
  lastAddress += 1;
  return `127.0.7.${lastAddress}`;
}

async function fetchWith(
  client: ClientName,
  torrent: string,
  more: Pick<DownloadOptions, 'whenComplete' | 'transmissionBinary'> = {},
) {
  const outDir = join(folder, randomBytes(4).toString('hex'));
  const options = { client, torrent, outDir, bind: nextAddress(), timeoutMs: TIMEOUT_MS };
  const result = await download({ ...options, ...more });
  return { result, hashes: () => payloadHashes(outDir) };
}

/** Clients tell the tracker in their own time: Transmission some seconds after the last piece. */
async function untilCompleted(url: string, completed: number): Promise<void> {
  await eventually(async () => expect(await readyTorrent(url)).toMatchObject({ completed }), 30);
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe('a public release of one file', () => {
  const sample = { name: 'penguin é 1.0.iso', bytes: randomBytes(5_000_000) };
  let url: string;
  let torrent: TorrentValue;

  beforeAll(async () => {
    url = `${site.url}/api/releases/${await publish('release', 'files', [sample])}`;
    torrent = await readyTorrent(url);
  });

  test('has the info-hash that libtorrent and create-torrent compute', async () => {
    const filename = join(folder, sample.name);
    await writeFile(filename, sample.bytes);
    const { name, pieceLength } = { name: torrent.name!, pieceLength: torrent.pieceLength! };
    expect(await libtorrentInfoHash({ name, content: filename, pieceLength })).toBe(
      torrent.infoHash,
    );
    expect(await infoHashWithCreateTorrent([sample], { pieceLength })).toBe(torrent.infoHash);
  });

  test.each<ClientName>(['aria2', 'transmission', 'libtorrent', 'qbittorrent'])(
    '%s completes from the link, and is counted',
    async (client) => {
      const before = (await readyTorrent(url)).completed;
      const whenComplete = () => untilCompleted(url, before + 1);
      const { result, hashes } = await fetchWith(client, await save(torrent), { whenComplete });
      expect(result).toMatchObject({ ok: true });
      expect(await hashes()).toEqual({ [sample.name]: sha256(sample.bytes) });
    },
  );
});

test('three files complete as one torrent, with names that are hard to escape', async () => {
  const samples = ['a b + c.bin', 'é & (x).bin', '50% #1?.bin'].map((name) => ({
    name,
    bytes: randomBytes(700_000),
  }));
  const id = await publish('release', 'files', samples);
  const torrent = await readyTorrent(`${site.url}/api/releases/${id}`);
  const file = await save(torrent);
  const expected = Object.fromEntries(
    samples.map(({ name, bytes }) => [
      `${torrent.name!}/${name.replace(/[%#?]/g, '_')}`,
      sha256(bytes),
    ]),
  );
  for (const client of ['aria2', 'transmission', 'libtorrent'] as const) {
    const { result, hashes } = await fetchWith(client, file);
    expect(result).toMatchObject({ ok: true });
    expect(await hashes()).toEqual(expected);
  }
});

describe('a release for members', () => {
  const sample = { name: 'secret.bin', bytes: randomBytes(2_000_000) };
  let torrent: TorrentValue;
  let url: string;

  beforeAll(async () => {
    url = `${site.url}/api/secrets/${await publish('secret', 'file', [sample])}`;
    torrent = await readyTorrent(url, member.bearer);
  });

  test.each<ClientName>(['aria2', 'libtorrent', 'transmission'])(
    '%s completes with the personal .torrent',
    async (client) => {
      const { result, hashes } = await fetchWith(client, await save(torrent, member.bearer));
      expect(result).toMatchObject({ ok: true });
      expect(await hashes()).toEqual({ [sample.name]: sha256(sample.bytes) });
    },
  );

  test('is refused to a client that has lost the key, with a reason in its tracker status', async () => {
    const personal = await save(torrent, member.bearer);
    const rotated = await fetch(`${site.url}/api/bittorrent/passkey/rotate`, {
      method: 'POST',
      headers: { authorization: member.bearer },
    });
    expect(rotated.status).toBe(200);
    const outDir = join(folder, 'refused');
    await mkdir(outDir);
    const result = await download({
      client: 'libtorrent',
      torrent: personal,
      outDir,
      bind: nextAddress(),
      timeoutMs: 6_000,
    });
    expect(result.ok).toBe(false);
    expect(result.detail).toMatch(/download the torrent again/i);
    expect((await get(url, member.bearer)).status).toBe(200);
  });
});

describe('where there is no web seed', () => {
  let seeder: Seed | undefined;

  beforeAll(async () => {
    // One Strapi per process: the site of the other tests ends here.
    await site.stop();
    site = await startSite({ config: { webSeed: { enabled: false } } });
    await allow(site.strapi, 'public', 'release');
  });

  afterAll(() => seeder?.stop());

  test('clients exchange the payload between themselves', async () => {
    const sample = { name: 'swarm.bin', bytes: randomBytes(3_000_000) };
    const url = `${site.url}/api/releases/${await publish('release', 'files', [sample])}`;
    const torrent = await readyTorrent(url);
    expect(torrent.webSeeds).toEqual([]);
    const file = await save(torrent);
    const dataDir = join(folder, 'seed');
    await mkdir(dataDir);
    await writeFile(join(dataDir, sample.name), sample.bytes);
    seeder = await seed({ client: 'libtorrent', torrent: file, dataDir, bind: nextAddress() });
    await eventually(async () => expect(await readyTorrent(url)).toMatchObject({ seeders: 1 }));
    const transmissionBinary = await makeLoopbackTransmission(folder);
    const clients = ['aria2', 'libtorrent', 'rtorrent', 'transmission'] as const;
    for (const [index, client] of clients.entries()) {
      const counted = () => untilCompleted(url, index + 1);
      // rTorrent takes the minimal interval for the interval: it tells when it says goodbye.
      const whenComplete = client === 'rtorrent' ? () => undefined : counted;
      const more = { whenComplete, transmissionBinary };
      const { result, hashes } = await fetchWith(client, file, more);
      expect(result).toMatchObject({ ok: true });
      expect(await hashes()).toEqual({ [sample.name]: sha256(sample.bytes) });
      await counted();
    }
  });
});
