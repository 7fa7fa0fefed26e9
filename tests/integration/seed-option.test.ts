/** The field option `seed: false`: nothing of that type is seeded by the everseed, whatever an editor says. */

import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminFieldState } from '../../shared/admin-api';
import type { TorrentValue } from '../../shared/torrent-value';
import { createAdmin, send } from './support/admin';
import { allow, documents, eventually, get, readyTorrent, upload } from './support/content';
import { announceFor, callEverseed, type Leecher } from './support/leecher';
import { copyFixture, freePort, startSite, type TestSite } from './support/strapi';

let appDir: string;
let site: TestSite;
let port: number;
let lastPort = 21_000;
const callers: Leecher[] = [];

beforeAll(async () => {
  appDir = await copyFixture();
  port = await freePort();
  site = await startSite({
    appDir,
    config: { seeder: { port } },
    env: { BITTORRENT_DIR: join(__dirname, '../..') },
  });
  await allow(site.strapi, 'public', 'release');
}, 90_000);

afterAll(async () => {
  for (const caller of callers) caller.close();
  await site.stop();
  await rm(appDir, { recursive: true });
});

/** Writes `seed` into the options of the release's torrent, while Strapi is not running. */
async function setOption(seed: boolean): Promise<void> {
  const path = join(appDir, 'src/api/release/content-types/release/schema.json');
  const schema = JSON.parse(await readFile(path, 'utf8')) as {
    attributes: { torrent: { options: { seed?: boolean } } };
  };
  schema.attributes.torrent.options.seed = seed;
  await writeFile(path, JSON.stringify(schema));
}

async function restartWith(seed: boolean): Promise<void> {
  await site.strapi.destroy();
  await setOption(seed);
  await site.boot();
}

interface Release {
  id: string;
  torrent: TorrentValue;
}

async function release(title: string, value: object = {}): Promise<Release> {
  const media = await upload(site.strapi, `${title}.iso`, randomBytes(60_000));
  const { documentId: id } = await documents(site.strapi, 'release').create({
    data: { title, files: [media.id], ...value },
    status: 'published',
  });
  return { id, torrent: await readyTorrent(`${site.url}/api/releases/${id}`) };
}

async function untilListening(): Promise<void> {
  await eventually(async () => {
    const { body } = await get(`${site.url}/api/bittorrent/health`);
    const { parts } = body['data'] as { parts: { name: string; ok: boolean }[] };
    expect(parts.find(({ name }) => name === 'everseed')?.ok).toBe(true);
  });
}

/** Whether the tracker names the everseed, and whether it talks of the torrent to who calls it. */
async function isSeeded({ torrent }: Release): Promise<{ named: boolean; greeted: boolean }> {
  const infoHash = torrent.infoHash!;
  lastPort += 1;
  const peers = await announceFor(site.url, { infoHash, port: lastPort });
  const caller = await callEverseed(infoHash, { port });
  callers.push(caller);
  return { named: peers.includes(`127.0.0.1:${port}`), greeted: caller.greeted };
}

async function stateOf({ id }: Release): Promise<string | undefined> {
  const admin = await createAdmin(site);
  const query = new URLSearchParams({ uid: 'api::release.release', documentId: id }).toString();
  const { body } = await send('GET', `${site.url}/bittorrent/fields?${query}`, admin);
  return (body['data'] as AdminFieldState[])[0]?.everseed;
}

const SEEDED = { named: true, greeted: true };
const NOT_SEEDED = { named: false, greeted: false };

test('holds for what is there at the next start, and for what comes; and can be taken back', async () => {
  const before = await release('before');
  await untilListening();
  expect(await isSeeded(before)).toEqual(SEEDED);
  expect(await stateOf(before)).toBe('on');

  await restartWith(false);
  await untilListening();
  expect(await isSeeded(before)).toEqual(NOT_SEEDED);
  expect(await stateOf(before)).toBe('off');
  const after = await release('after');
  expect(await isSeeded(after)).toEqual(NOT_SEEDED);
  // Neither does an editor's choice for one entry bring it back, nor is the web seed gone with it.
  const asked = await release('asked', { torrent: { seed: true } });
  expect(await isSeeded(asked)).toEqual(NOT_SEEDED);
  expect((await fetch(asked.torrent.webSeeds[0]!)).status).toBe(200);

  await restartWith(true);
  await untilListening();
  for (const made of [before, after, asked]) expect(await isSeeded(made)).toEqual(SEEDED);
});
