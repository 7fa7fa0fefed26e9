/** Keys for one torrent and links that expire: what a leaked file opens, and how it is closed. */

import { randomBytes } from 'node:crypto';
import type { TorrentValue } from '../../shared/torrent-value';
import {
  allow,
  createUser,
  documents,
  get,
  readyTorrent,
  upload,
  type TestUser,
} from './support/content';
import { announce, isAdmitted, knock } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

let site: TestSite;
let alice: TestUser;
let bob: TestUser;
let stranger: TestUser;
let secret: TorrentValue;
let other: TorrentValue;
let open: TorrentValue;

beforeAll(async () => {
  site = await startSite({ config: { access: { linkLifetime: 10 } } });
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'secret');
  alice = await createUser(site.strapi, 'alice', 'member');
  bob = await createUser(site.strapi, 'bob', 'member');
  stranger = await createUser(site.strapi, 'carol', 'stranger');
  secret = await publish('secret', 'file', 'secret.iso');
  other = await publish('secret', 'file', 'other.iso');
  open = await publish('release', 'files', 'open.iso');
});

afterAll(() => site.stop());

async function publish(name: string, source: string, file: string): Promise<TorrentValue> {
  const media = await upload(site.strapi, file, randomBytes(20_000));
  const data = { title: file, [source]: source === 'files' ? [media.id] : media.id };
  const { documentId } = await documents(site.strapi, name).create({ data, status: 'published' });
  const bearer = name === 'secret' ? alice.bearer : undefined;
  return readyTorrent(`${site.url}/api/${name}s/${documentId}`, bearer);
}

const api = ({ infoHash }: TorrentValue, more = ''): string =>
  `${site.url}/api/bittorrent/torrents/${infoHash!}${more}`;

async function post(url: string, bearer?: string) {
  const headers = bearer === undefined ? {} : { authorization: bearer };
  const response = await fetch(url, { method: 'POST', headers });
  const body = (await response.json()) as { data: Record<string, unknown> };
  return { status: response.status, headers: response.headers, body };
}

async function passkeyOf({ bearer }: TestUser): Promise<string> {
  const { body } = await get(`${site.url}/api/bittorrent/passkey`, bearer);
  return (body['data'] as { passkey: string }).passkey;
}

const admits = async ({ infoHash }: TorrentValue, key: string): Promise<boolean> =>
  isAdmitted(await announce(site.url, infoHash!, key));

describe('the key in a personal .torrent', () => {
  test('opens this torrent, and no other one', async () => {
    const key = await personalKey(secret, alice);
    expect(key).not.toBe(await passkeyOf(alice));
    expect(await admits(secret, key)).toBe(true);
    expect(await admits(other, key)).toBe(false);
    expect(await admits(other, await passkeyOf(alice))).toBe(true);
  });

  test('is no passkey: nothing but announce, scrape and web seed takes it', async () => {
    const key = await personalKey(secret, alice);
    expect(await knock(site.url, secret, { passkey: key, token: key })).toEqual({
      torrentFile: false,
      details: false,
      list: false,
      announce: true,
      scrape: true,
      webSeed: true,
    });
  });

  test('can be withdrawn alone by its owner', async () => {
    const [mine, elsewhere, theirs] = [
      await personalKey(secret, alice),
      await personalKey(other, alice),
      await personalKey(secret, bob),
    ];
    const { status, headers, body } = await post(api(secret, '/token/rotate'), alice.bearer);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('private, no-store');
    expect(body.data['infoHash']).toBe(secret.infoHash);
    expect(await admits(secret, mine)).toBe(false);
    expect(await announce(site.url, secret.infoHash!, mine)).toMatch(/not valid any more/);
    expect(await admits(other, elsewhere)).toBe(true);
    expect(await admits(secret, theirs)).toBe(true);
    const fresh = await personalKey(secret, alice);
    expect(fresh).not.toBe(mine);
    expect(await admits(secret, fresh)).toBe(true);
    await site.restart();
    expect(await admits(secret, mine)).toBe(false);
    expect(await admits(secret, fresh)).toBe(true);
  });

  test('cannot be withdrawn by who has none', async () => {
    expect((await post(api(secret, '/token/rotate'), stranger.bearer)).status).toBe(403);
    expect((await post(api(secret, '/token/rotate'))).status).toBe(403);
    expect((await post(api(secret, '/link'), stranger.bearer)).status).toBe(403);
    expect((await post(api(secret, '/link'))).status).toBe(403);
  });

  test('is not in the database', async () => {
    const key = await personalKey(secret, alice);
    for (const table of ['passkey', 'withdrawal', 'change']) {
      const rows: unknown = await site.strapi.db.query(`plugin::bittorrent.${table}`).findMany({});
      expect(JSON.stringify(rows)).not.toContain(key.split('.')[1]);
    }
  });
});

describe('a download link', () => {
  test('gives a browser the personal .torrent without a header, until it expires', async () => {
    const { status, body } = await post(api(secret, '/link'), alice.bearer);
    expect(status).toBe(200);
    const { url, expiresAt } = body.data as { url: string; expiresAt: string };
    const seconds = (Date.parse(expiresAt) - Date.now()) / 1000;
    expect(seconds).toBeGreaterThan(8);
    expect(seconds).toBeLessThanOrEqual(10);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-bittorrent');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('referrer-policy')).toBe('no-referrer');
    const text = Buffer.from(await response.arrayBuffer()).toString('latin1');
    expect(text).toContain(await personalKey(secret, alice));
    const [, user, mac] = /link\/([0-9a-z]+)\.[0-9a-z]+\.([\w-]+)\//.exec(url)!;
    const later = url.replace(/link\/[^/]+/, `link/${user!}.zzzzzz.${mac!}`);
    const elsewhere = url.replace(secret.infoHash!, other.infoHash!);
    for (const wrong of [later, elsewhere, `${site.url}/bittorrent/link/`, `${url}x`]) {
      expect(await get(wrong)).toMatchObject({
        status: 403,
        body: { error: { message: 'The link has expired, or you may not have this torrent' } },
      });
    }
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });

  test('ends when its user loses the right, and when he withdraws it', async () => {
    const link = async (user: TestUser): Promise<string> =>
      (await post(api(secret, '/link'), user.bearer)).body.data['url'] as string;
    const withdrawn = await link(alice);
    await post(api(secret, '/token/rotate'), alice.bearer);
    expect((await fetch(withdrawn)).status).toBe(403);
    const eve = await createUser(site.strapi, 'eve', 'member');
    const url = await link(eve);
    expect((await fetch(url)).status).toBe(200);
    await site.strapi.db
      .query('plugin::users-permissions.user')
      .update({ where: { id: eve.id }, data: { blocked: true } });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await fetch(url)).status).toBe(403);
  });

  test('of a public torrent is the common one', async () => {
    await allow(site.strapi, 'member', 'release');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await post(api(open, '/link'), alice.bearer)).body.data).toEqual({
      url: open.torrentUrl,
      expiresAt: null,
    });
  });
});

async function announceUrl(torrent: TorrentValue, { bearer }: TestUser): Promise<string> {
  const response = await fetch(torrent.torrentUrl!, { headers: { authorization: bearer } });
  expect(response.headers.get('referrer-policy')).toBe('no-referrer');
  const bytes = Buffer.from(await response.arrayBuffer());
  const [, length] = /^d8:announce(\d+):/.exec(bytes.toString('latin1'))!;
  const from = `d8:announce${length!}:`.length;
  return bytes.toString('latin1', from, from + Number(length));
}

async function personalKey(torrent: TorrentValue, user: TestUser): Promise<string> {
  return new URL(await announceUrl(torrent, user)).searchParams.get('passkey')!;
}
