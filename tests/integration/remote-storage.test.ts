import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createAdmin, send } from './support/admin';
import { allow, documents, readyTorrent, upload } from './support/content';
import { infoHashWithCreateTorrent } from './support/create-torrent';
import { startObjectStorage, type ObjectStorage } from './support/object-storage';
import { startSite, type TestSite } from './support/strapi';

const PROVIDER = join(__dirname, '../fixtures/remote-provider');

let storage: ObjectStorage;
let site: TestSite;

beforeAll(async () => {
  storage = await startObjectStorage();
});

afterAll(() => storage.stop());

async function start(isPrivate: boolean): Promise<void> {
  storage.isPrivate = isPrivate;
  const providerOptions = { url: storage.url, isPrivate };
  site = await startSite({
    env: { UPLOAD_PROVIDER: JSON.stringify({ provider: PROVIDER, providerOptions }) },
  });
  await allow(site.strapi, 'public', 'release');
}

async function release(name: string, bytes: Buffer): Promise<{ id: string; url: string }> {
  const media = await upload(site.strapi, name, bytes);
  const entry = await documents(site.strapi, 'release').create({
    data: { title: name, files: [media.id] },
    status: 'published',
  });
  return { id: entry.documentId, url: `${site.url}/api/releases/${entry.documentId}` };
}

describe.each([
  ['public', false],
  ['private', true],
])('media in %s remote storage', (_, isPrivate) => {
  beforeAll(() => start(isPrivate));
  afterAll(() => site.stop());

  test('is hashed from there, and the web seed sends readers there', async () => {
    const bytes = randomBytes(100_000);
    const { url } = await release('remote.iso', bytes);
    const torrent = await readyTorrent(url);
    expect(torrent.infoHash).toBe(
      await infoHashWithCreateTorrent([{ name: 'remote.iso', bytes }], { pieceLength: 16_384 }),
    );
    const redirect = await fetch(torrent.webSeeds[0]!, { redirect: 'manual' });
    expect(redirect.status).toBe(302);
    expect(redirect.headers.get('cache-control')).toBe('no-store');
    expect(redirect.headers.get('location')?.includes('signature')).toBe(isPrivate);
    const followed = await fetch(torrent.webSeeds[0]!, { headers: { range: 'bytes=10-19' } });
    expect(Buffer.from(await followed.arrayBuffer())).toEqual(bytes.subarray(10, 20));
  });

  test('that cannot be reached is said, and can be tried again', async () => {
    const media = await upload(site.strapi, 'down.iso', randomBytes(1_000));
    storage.isDown = true;
    const { documentId } = await documents(site.strapi, 'release').create({
      data: { title: 'Down', files: [media.id] },
      status: 'published',
    });
    const url = `${site.url}/api/releases/${documentId}`;
    const failed = await readyTorrent(url, undefined, 'failed');
    expect(failed.error).toBe('Storage answered 503.');
    storage.isDown = false;
    const admin = await createAdmin(site);
    const version = { uid: 'api::release.release', documentId };
    const query = new URLSearchParams(version).toString();
    const { body } = await send('GET', `${site.url}/bittorrent/fields?${query}`, admin);
    const [{ key }] = body['data'] as [{ key: string }];
    await send('POST', `${site.url}/bittorrent/fields/retry`, admin, { ...version, key });
    expect(await readyTorrent(url)).toMatchObject({ name: 'down.iso', size: 1_000 });
  });
});
