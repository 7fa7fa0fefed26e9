/** The main job: real clients download what an editor has published, under the entry's permission. */

import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TorrentValue } from '../../shared/torrent-value';
import {
  allow,
  createUser,
  eventually,
  get,
  readyTorrent,
  type TestUser,
} from '../integration/support/content';
import { infoHashWithCreateTorrent } from '../integration/support/create-torrent';
import { startSite, type TestSite } from '../integration/support/strapi';
import {
  libtorrentInfoHash,
  makeLoopbackTransmission,
  requirePrograms,
  seed,
  type Seed,
  type ClientName,
} from './clients';
import { openReaders, publish, sha256, type Readers } from './published';

let site: TestSite;
let readers: Readers;
let member: TestUser;

beforeAll(async () => {
  requirePrograms();
  readers = await openReaders('127.0.7');
  // Strangers from the internet, as far as the limits go.
  site = await startSite({ config: { tracker: { limits: { exempt: [] } } } });
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'secret');
  member = await createUser(site.strapi, 'alice', 'member');
});

afterAll(async () => {
  await site.stop();
  await readers.remove();
});

/** Clients tell the tracker in their own time: Transmission some seconds after the last piece. */
async function untilCompleted(url: string, completed: number): Promise<void> {
  await eventually(async () => expect(await readyTorrent(url)).toMatchObject({ completed }), 30);
}

describe('a public release of one file', () => {
  const sample = { name: 'penguin é 1.0.iso', bytes: randomBytes(5_000_000) };
  let url: string;
  let torrent: TorrentValue;

  beforeAll(async () => {
    url = await publish(site, 'release', 'files', [sample]);
    torrent = await readyTorrent(url);
  });

  test('has the info-hash that libtorrent and create-torrent compute', async () => {
    const filename = join(readers.folder, sample.name);
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
      const { result, hashes } = await readers.fetchWith(client, await readers.save(torrent), {
        whenComplete,
      });
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
  const torrent = await readyTorrent(await publish(site, 'release', 'files', samples));
  const file = await readers.save(torrent);
  const expected = Object.fromEntries(
    samples.map(({ name, bytes }) => [
      `${torrent.name!}/${name.replace(/[%#?]/g, '_')}`,
      sha256(bytes),
    ]),
  );
  for (const client of ['aria2', 'transmission', 'libtorrent'] as const) {
    const { result, hashes } = await readers.fetchWith(client, file);
    expect(result).toMatchObject({ ok: true });
    expect(await hashes()).toEqual(expected);
  }
});

describe('a release for members', () => {
  const sample = { name: 'secret.bin', bytes: randomBytes(2_000_000) };
  let torrent: TorrentValue;
  let url: string;

  beforeAll(async () => {
    url = await publish(site, 'secret', 'file', [sample]);
    torrent = await readyTorrent(url, member.bearer);
  });

  test.each<ClientName>(['aria2', 'libtorrent', 'transmission'])(
    '%s completes with the personal .torrent',
    async (client) => {
      const { result, hashes } = await readers.fetchWith(
        client,
        await readers.save(torrent, member.bearer),
      );
      expect(result).toMatchObject({ ok: true });
      expect(await hashes()).toEqual({ [sample.name]: sha256(sample.bytes) });
    },
  );

  test('is refused to a client that has lost the key, with a reason in its tracker status', async () => {
    const personal = await readers.save(torrent, member.bearer);
    const rotated = await fetch(`${site.url}/api/bittorrent/passkey/rotate`, {
      method: 'POST',
      headers: { authorization: member.bearer },
    });
    expect(rotated.status).toBe(200);
    const { result } = await readers.fetchWith('libtorrent', personal, { timeoutMs: 6_000 });
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
    const url = await publish(site, 'release', 'files', [sample]);
    const torrent = await readyTorrent(url);
    expect(torrent.webSeeds).toEqual([]);
    const file = await readers.save(torrent);
    const dataDir = join(readers.folder, 'seed');
    await mkdir(dataDir);
    await writeFile(join(dataDir, sample.name), sample.bytes);
    seeder = await seed({
      client: 'libtorrent',
      torrent: file,
      dataDir,
      bind: readers.nextAddress(),
    });
    await eventually(async () => expect(await readyTorrent(url)).toMatchObject({ seeders: 1 }));
    const transmissionBinary = await makeLoopbackTransmission(readers.folder);
    const clients = ['aria2', 'libtorrent', 'rtorrent', 'transmission'] as const;
    for (const [index, client] of clients.entries()) {
      const counted = () => untilCompleted(url, index + 1);
      // rTorrent takes the minimal interval for the interval: it tells when it says goodbye.
      const whenComplete = client === 'rtorrent' ? () => undefined : counted;
      const more = { whenComplete, transmissionBinary };
      const { result, hashes } = await readers.fetchWith(client, file, more);
      expect(result).toMatchObject({ ok: true });
      expect(await hashes()).toEqual({ [sample.name]: sha256(sample.bytes) });
      await counted();
    }
  });
});
