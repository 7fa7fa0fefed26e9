import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AdminFieldState } from '../../shared/admin-api';
import { createAdmin, send } from './support/admin';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  readyTorrent,
  upload,
} from './support/content';
import { infoHashWithCreateTorrent } from './support/create-torrent';
import { callEverseed } from './support/leecher';
import { startObjectStorage, type ObjectStorage } from './support/object-storage';
import { freePort, startSite, type TestSite } from './support/strapi';

const MIB = 1024 * 1024;
const PROVIDER = join(__dirname, '../fixtures/remote-provider');

let storage: ObjectStorage;
let site: TestSite;
let port: number;

beforeAll(async () => {
  storage = await startObjectStorage();
});

afterAll(() => storage.stop());

async function start(isPrivate: boolean): Promise<void> {
  storage.isPrivate = isPrivate;
  const providerOptions = { url: storage.url, isPrivate };
  port = await freePort();
  site = await startSite({
    config: { seeder: { port } },
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

  test('is seeded from there by the everseed, by ranges, also when a signed URL has expired', async () => {
    const bytes = randomBytes(3 * MIB + 5);
    const { url } = await release('seeded.iso', bytes);
    const { infoHash, pieceLength } = await readyTorrent(url);
    const before = storage.ranges.length;
    const leecher = await callEverseed(infoHash!, { port });
    leecher.wants();
    await eventually(() => expect(leecher.unchoked).toBe(true));
    const block = async (position: number, length: number): Promise<void> => {
      const piece = Math.floor(position / pieceLength!);
      const got = await leecher.block(piece, position - piece * pieceLength!, length);
      expect(got.equals(bytes.subarray(position, position + length))).toBe(true);
    };
    await block(0, 16_384);
    await block(16_384, 16_384);
    storage.expire();
    await block(3 * MIB, 5);
    const asked = storage.ranges.slice(before);
    // The first one refused, and asked for with a new URL.
    const last = `bytes=${3 * MIB}-${3 * MIB + 4}`;
    const renewed = isPrivate ? [last, last] : [last];
    expect(asked).toEqual([`bytes=0-${MIB - 1}`, ...renewed]);
    leecher.close();
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

  test('is left to the provider: its URLs are what they were', async () => {
    const { id } = await release('untouched.iso', randomBytes(1_000));
    const { body } = await get(`${site.url}/api/releases/${id}?populate=files`);
    const [file] = (body['data'] as { files: { url: string }[] }).files;
    expect(file?.url).toMatch(isPrivate ? /^http.+\?signature=good&n=\d+$/ : /^http[^?]+$/);
  });
});

describe('a torrent that Public may not have', () => {
  afterEach(() => site.stop());

  /** What the entry's published row holds. */
  async function stored(documentId: string): Promise<unknown> {
    const where = { documentId, publishedAt: { $notNull: true } };
    const row = await site.strapi.db.query('api::secret.secret').findOne({ where });
    return (row as { torrent: unknown }).torrent;
  }

  async function closed() {
    await allow(site.strapi, 'member', 'secret');
    const { bearer } = await createUser(site.strapi, 'alice', 'member');
    const media = await upload(site.strapi, 'closed.iso', randomBytes(1_000));
    const { documentId } = await documents(site.strapi, 'secret').create({
      data: { title: 'Closed', file: media.id },
      status: 'published',
    });
    const admin = await createAdmin(site);
    const version = { uid: 'api::secret.secret', documentId };
    const state = async (): Promise<AdminFieldState> => {
      const query = new URLSearchParams(version).toString();
      const { body } = await send('GET', `${site.url}/bittorrent/fields?${query}`, admin);
      return (body['data'] as AdminFieldState[])[0]!;
    };
    const retry = (key: string) =>
      send('POST', `${site.url}/bittorrent/fields/retry`, admin, { ...version, key });
    return { documentId, bearer, state, retry, url: `${site.url}/api/secrets/${documentId}` };
  }

  test('is made of files in private storage, which protects them', async () => {
    await start(true);
    const { url, bearer, state } = await closed();
    expect(await readyTorrent(url, bearer)).toMatchObject({ private: true });
    expect(await state()).toMatchObject({ protection: 'protected' });
  });

  test('is held where storage is public, until the editor confirms', async () => {
    await start(false);
    const { documentId, url, bearer, state, retry } = await closed();
    const held = await readyTorrent(url, bearer, 'failed');
    expect(held).toMatchObject({ infoHash: null, error: expect.stringMatching(/confirm/) });
    const { key, ...before } = await state();
    expect(before).toMatchObject({
      protection: 'cannot-be-protected',
      error: { code: 'unprotected' },
    });
    await retry(key);
    expect(await state()).toMatchObject({ status: 'failed' });

    await documents(site.strapi, 'secret').update({
      documentId,
      data: { torrent: { confirmUnprotected: true } },
      status: 'published',
    });
    const made = await readyTorrent(url, bearer);
    expect(made).toMatchObject({ private: true, revision: 1 });
    expect(await state()).toMatchObject({ status: 'ready', protection: 'cannot-be-protected' });
    // One setting alone leaves the other.
    for (const torrent of [{ seed: false }, { confirmUnprotected: true }, { seed: true }]) {
      const data = { torrent };
      await documents(site.strapi, 'secret').update({ documentId, data, status: 'published' });
      expect(await readyTorrent(url, bearer)).toMatchObject({ infoHash: made.infoHash });
      expect(await stored(documentId)).toMatchObject({
        confirmUnprotected: true,
        ...(torrent.seed === true ? {} : { seed: false }),
      });
    }
    expect(await stored(documentId)).not.toHaveProperty('seed');
    // Saved once more as it came, and as the form sends it.
    for (const torrent of [made, { job: key, revision: 1, confirmUnprotected: true }]) {
      const data = { title: 'Again', torrent };
      await documents(site.strapi, 'secret').update({ documentId, data, status: 'published' });
      expect(await readyTorrent(url, bearer)).toMatchObject({ infoHash: made.infoHash });
    }
  });
});
