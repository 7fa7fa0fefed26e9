import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TorrentValue } from '../../shared/torrent-value';
import { allow, createUser, documents, forbid, get, readyTorrent, upload } from './support/content';
import { announce, scrape } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

let site: TestSite;
let open: TorrentValue;
let secret: TorrentValue;
let passkey: string;
let file: string;

beforeAll(async () => {
  site = await startSite();
  file = join(site.folder, 'swarms.bin');
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'release', 'secret');
  const { bearer } = await createUser(site.strapi, 'alice', 'member');
  const { body } = await get(`${site.url}/api/bittorrent/passkey`, bearer);
  ({ passkey } = body['data'] as { passkey: string });
  open = await readyTorrent(`${site.url}/api/releases/${await publish('release', 'files')}`);
  secret = await readyTorrent(`${site.url}/api/secrets/${await publish('secret', 'file')}`, bearer);
});

afterAll(() => site.stop());

async function publish(name: string, source: string): Promise<string> {
  const media = await upload(site.strapi, `${name}.iso`, randomBytes(20_000));
  const data = { title: name, [source]: source === 'files' ? [media.id] : media.id };
  return (await documents(site.strapi, name).create({ data, status: 'published' })).documentId;
}

const leechers = async ({ infoHash }: TorrentValue, key?: string): Promise<number> =>
  Number(/incompletei(\d+)e/.exec(await scrape(site.url, infoHash!, key))?.[1]);

test('the peers are there again after a restart', async () => {
  for (let i = 0; i < 3; i += 1) await announce(site.url, open.infoHash!);
  await announce(site.url, secret.infoHash!, passkey);
  await site.restart();
  expect(await leechers(open)).toBe(3);
  expect(await leechers(secret, passkey)).toBe(1);
  const answer = await announce(site.url, open.infoHash!);
  expect(answer).toContain('10:incompletei4e');
  expect(answer).toContain('5:peers18:');
});

test('peers of readers who have lost their right in the meantime are not', async () => {
  expect(await leechers(secret, passkey)).toBe(1);
  await site.strapi.destroy();
  const saved = await readFile(file);
  await site.boot();
  await forbid(site.strapi, 'member', 'secret');
  await site.strapi.destroy();
  await writeFile(file, saved);
  await site.boot();
  await allow(site.strapi, 'member', 'secret');
  expect(await leechers(secret, passkey)).toBe(0);
  expect(await leechers(open)).toBe(4);
});

test('a damaged file leaves a tracker that works', async () => {
  await site.strapi.destroy();
  const saved = await readFile(file);
  await writeFile(file, saved.subarray(0, saved.length - 7));
  await site.boot();
  expect(await leechers(open)).toBe(0);
  await announce(site.url, open.infoHash!);
  expect(await leechers(open)).toBe(1);
});
