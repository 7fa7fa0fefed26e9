/** A lost right is lost at once: at every door, in every swarm, and in the middle of a transfer. */

import { randomBytes } from 'node:crypto';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TorrentValue } from '../../shared/torrent-value';
import { createAdmin } from './support/admin';
import {
  allow,
  createUser,
  documents,
  eventually,
  forbid,
  get,
  readyTorrent,
  replace,
  roleId,
  upload,
  type TestUser,
} from './support/content';
import { ALL_CLOSED, announce, isAdmitted, knock, scrape, type Reader } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

const USER = 'plugin::users-permissions.user';
const LOCALE = 'plugin::i18n.locale';
/** Seconds. */
const AT_ONCE = 1;

let site: TestSite;
let admin: string;
let count = 0;

beforeAll(async () => {
  site = await startSite();
  admin = await createAdmin(site);
  await allow(site.strapi, 'public', 'release', 'article');
  await allow(site.strapi, 'member', 'secret', 'article');
  await allow(site.strapi, 'other', 'secret');
});

afterAll(() => site.stop());

/** A torrent with three peers: two of the user who will lose it, one of a user who keeps it. */
interface Case {
  user: TestUser;
  reader: Reader;
  keeper: Reader;
  torrent: TorrentValue;
  entryId: string;
  mediaId: number;
  url: string;
}

async function readerOf(user: TestUser, torrent: TorrentValue): Promise<Reader> {
  const { body } = await get(`${site.url}/api/bittorrent/passkey`, user.bearer);
  const { passkey } = body['data'] as { passkey: string };
  const token = torrent.webSeeds[0]?.split('/webseed/')[1]?.split('/')[0];
  return { bearer: user.bearer, passkey, token };
}

async function newCase(role = 'member'): Promise<Case> {
  count += 1;
  const user = await createUser(site.strapi, `loser${count}`, role);
  const keeper = await createUser(site.strapi, `keeper${count}`, 'other');
  const media = await upload(site.strapi, `secret ${count}.iso`, randomBytes(12_000_000));
  const { documentId } = await documents(site.strapi, 'secret').create({
    data: { title: 'Secret', file: media.id },
    status: 'published',
  });
  const url = `${site.url}/api/secrets/${documentId}`;
  const torrent = await readyTorrent(url, user.bearer);
  const one: Case = {
    user,
    reader: await readerOf(user, torrent),
    keeper: await readerOf(keeper, await readyTorrent(url, keeper.bearer)),
    torrent,
    entryId: documentId,
    mediaId: media.id,
    url,
  };
  for (const passkey of [one.reader.passkey, one.reader.passkey, one.keeper.passkey]) {
    expect(isAdmitted(await announce(site.url, torrent.infoHash!, passkey))).toBe(true);
  }
  return one;
}

async function setUser({ id }: TestUser, data: object): Promise<void> {
  await site.strapi.db.query(USER).update({ where: { id }, data });
}

/** A download that has begun and is not being read: most of it is still to come. */
async function startDownload({ torrent, reader }: Pick<Case, 'torrent' | 'reader'>) {
  const { token = 'public' } = reader;
  const url = `${site.url}/webseed/${token}/${torrent.infoHash!}/${encodeURIComponent(torrent.name!)}`;
  const request = httpGet(url, { agent: false });
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  response.on('error', () => undefined);
  await once(response, 'readable');
  return {
    /** How much came in all, after waiting for the end. */
    async bytes(): Promise<number> {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => (bytes += chunk.length));
      if (!response.closed) {
        await new Promise((resolve) => response.once('close', resolve));
      }
      return bytes;
    },
  };
}

/** Peers in the swarm, as somebody sees it who may. */
async function leechers(torrent: TorrentValue, passkey?: string): Promise<number> {
  const answer = await scrape(site.url, torrent.infoHash!, passkey);
  return Number(/10:incompletei(\d+)e/.exec(answer)?.[1] ?? 0);
}

describe('a member who is downloading', () => {
  const changes: [string, (one: Case) => Promise<unknown>][] = [
    ['is blocked', ({ user }) => setUser(user, { blocked: true })],
    ['is deleted', ({ user }) => site.strapi.db.query(USER).delete({ where: { id: user.id } })],
    [
      'is moved to another role',
      async ({ user }) => setUser(user, { role: await roleId(site.strapi, 'authenticated') }),
    ],
    ['loses his role', ({ user }) => setUser(user, { role: null })],
    ['has a role that loses the permission', () => forbid(site.strapi, 'member', 'secret')],
    [
      'has a role that is edited in the admin panel',
      async () => {
        const service: { updateRole(id: number, data: object): Promise<void> } = site.strapi
          .plugin('users-permissions')
          .service('role');
        await service.updateRole(await roleId(site.strapi, 'member'), {
          name: 'member',
          description: 'member',
          permissions: {},
        });
      },
    ],
  ];

  /** A second row of one permission would outlive the first. */
  afterEach(async () => {
    await forbid(site.strapi, 'member', 'secret', 'article');
    await allow(site.strapi, 'member', 'secret', 'article');
  });

  test.each(changes)('and %s is out of the swarm at once, and he alone', async (_, change) => {
    const one = await newCase();
    const { torrent, reader, keeper } = one;
    const download = await startDownload(one);
    expect(await leechers(torrent, keeper.passkey)).toBe(3);
    await change(one);
    await eventually(async () => {
      expect(await leechers(torrent, keeper.passkey)).toBe(1);
      expect(await knock(site.url, torrent, reader)).toEqual(ALL_CLOSED);
    }, AT_ONCE);
    expect(await download.bytes()).toBeLessThan(torrent.size!);
    expect(await announce(site.url, torrent.infoHash!, reader.passkey)).toMatch(
      /failure reason\d+:/,
    );
    expect(isAdmitted(await announce(site.url, torrent.infoHash!, keeper.passkey))).toBe(true);
  });

  test('and has not confirmed his address is out when the site begins to ask for that', async () => {
    const one = await newCase();
    await setUser(one.user, { confirmed: false });
    expect(await leechers(one.torrent, one.keeper.passkey)).toBe(3);
    const store = site.strapi.store({ type: 'plugin', name: 'users-permissions', key: 'advanced' });
    const advanced = (await store.get({})) as object;
    await store.set({ value: { ...advanced, email_confirmation: true } });
    await eventually(
      async () => expect(await leechers(one.torrent, one.keeper.passkey)).toBe(1),
      AT_ONCE,
    );
    await store.set({ value: advanced });
  });

  test('and rotates his passkey is out, and comes back with the new one', async () => {
    const one = await newCase();
    const { torrent, reader, keeper, user } = one;
    const download = await startDownload(one);
    await fetch(`${site.url}/api/bittorrent/passkey/rotate`, {
      method: 'POST',
      headers: { authorization: user.bearer },
    });
    expect(await leechers(torrent, keeper.passkey)).toBe(1);
    expect(await download.bytes()).toBeLessThan(torrent.size!);
    expect(await announce(site.url, torrent.infoHash!, reader.passkey)).toMatch(/not valid/);
    const fresh = await readerOf(user, await readyTorrent(one.url, user.bearer));
    expect(isAdmitted(await announce(site.url, torrent.infoHash!, fresh.passkey))).toBe(true);
  });
});

describe('the peers of all readers', () => {
  const changes: [string, (one: Case) => Promise<unknown>][] = [
    [
      'leave when the entry is unpublished',
      ({ entryId }) => documents(site.strapi, 'secret').unpublish({ documentId: entryId }),
    ],
    [
      'leave when the entry is deleted',
      ({ entryId }) => documents(site.strapi, 'secret').delete({ documentId: entryId }),
    ],
    [
      'leave the old torrent when its file is replaced',
      ({ mediaId }) => replace(site.strapi, mediaId, 'other.iso', randomBytes(30_000)),
    ],
  ];

  test.each(changes)('%s', async (_, change) => {
    const one = await newCase();
    const { torrent, reader, keeper } = one;
    const download = await startDownload(one);
    await change(one);
    await eventually(async () => {
      expect(await knock(site.url, torrent, keeper)).toEqual(ALL_CLOSED);
      expect(await knock(site.url, torrent, reader)).toEqual(ALL_CLOSED);
    }, AT_ONCE);
    expect(await peersOf(torrent)).toBe(0);
    expect(await download.bytes()).toBeLessThan(torrent.size!);
  });

  test('of one locale leave when it is removed from the site', async () => {
    const query = site.strapi.db.query(LOCALE);
    const { id } = (await query.create({ data: { code: 'fr', name: 'French' } })) as { id: number };
    const articles = documents(site.strapi, 'article');
    const en = await upload(site.strapi, 'en.mp3', randomBytes(30_000));
    const { documentId } = await articles.create({
      data: { title: 'One', file: en.id },
      status: 'published',
    });
    const url = `${site.url}/api/articles/${documentId}`;
    const stays = await readyTorrent(url);
    const fr = await upload(site.strapi, 'fr.mp3', randomBytes(30_000));
    await articles.update({
      documentId,
      locale: 'fr',
      data: { title: 'Un', file: fr.id },
      status: 'published',
    });
    const goes = await readyTorrent(`${url}?locale=fr`);
    for (const torrent of [stays, goes]) await announce(site.url, torrent.infoHash!);
    const locales: { delete(where: { id: number }): Promise<unknown> } = site.strapi
      .plugin('i18n')
      .service('locales');
    await locales.delete({ id });
    await eventually(
      async () => expect(await knock(site.url, goes, {})).toEqual(ALL_CLOSED),
      AT_ONCE,
    );
    expect(await peersOf(goes)).toBe(0);
    expect(await peersOf(stays)).toBe(1);
  });
});

test('a public download is cut when the Public role loses the permission', async () => {
  const media = await upload(site.strapi, 'public.iso', randomBytes(12_000_000));
  const { documentId } = await documents(site.strapi, 'release').create({
    data: { title: 'Release', files: [media.id] },
    status: 'published',
  });
  const torrent = await readyTorrent(`${site.url}/api/releases/${documentId}`);
  await announce(site.url, torrent.infoHash!);
  const download = await startDownload({ torrent, reader: {} });
  await forbid(site.strapi, 'public', 'release');
  await eventually(async () => expect(await peersOf(torrent)).toBe(0), AT_ONCE);
  expect(await download.bytes()).toBeLessThan(torrent.size!);
  await allow(site.strapi, 'public', 'release');
});

test('an unchanged right keeps a download running to its end', async () => {
  const one = await newCase();
  const download = await startDownload(one);
  await setUser(one.user, { username: `renamed${count}` });
  await documents(site.strapi, 'secret').update({
    documentId: one.entryId,
    data: { title: 'Renamed' },
    status: 'published',
  });
  await sleep(200);
  expect(await download.bytes()).toBe(one.torrent.size);
  expect(await leechers(one.torrent, one.keeper.passkey)).toBe(3);
});

describe('a site that was killed between a change and its following', () => {
  const placements = () => site.strapi.db.query('plugin::bittorrent.placement');

  test('starts with the doors of what is no longer published closed, and puts its tables right', async () => {
    const one = await newCase('other');
    const rows = (await placements().findMany({ where: { entryId: one.entryId } })) as {
      id: number;
      published: boolean;
    }[];
    const published: object = { ...rows.find((row) => row.published)!, id: undefined };
    await documents(site.strapi, 'secret').unpublish({ documentId: one.entryId });
    await placements().create({ data: published });
    await site.restart();
    expect(await knock(site.url, one.torrent, one.keeper)).toEqual(ALL_CLOSED);
    await eventually(async () =>
      expect(await placements().count({ where: { entryId: one.entryId, published: true } })).toBe(
        0,
      ),
    );
  });

  test('starts with the options that the fields have now', async () => {
    await allow(site.strapi, 'other', 'narrow');
    await allow(site.strapi, 'member', 'narrow');
    const media = await upload(site.strapi, 'narrow.iso', randomBytes(30_000));
    const { documentId } = await documents(site.strapi, 'narrow').create({
      data: { title: 'Narrow', file: media.id },
    });
    const member = await createUser(site.strapi, 'narrowmember', 'member');
    const other = await createUser(site.strapi, 'narrowother', 'other');
    const url = `${site.url}/api/narrows/${documentId}`;
    const torrent = await readyTorrent(url, member.bearer);
    // As if the field had been open to all roles when the entry was saved.
    await placements().updateMany({ where: { entryId: documentId }, data: { roles: [] } });
    await site.restart();
    expect(await knock(site.url, torrent, await readerOf(other, torrent))).toMatchObject({
      torrentFile: false,
      announce: false,
    });
    expect(await readyTorrent(url, member.bearer)).toMatchObject({ infoHash: torrent.infoHash });
    await eventually(async () => {
      const row = (await placements().findOne({ where: { entryId: documentId } })) as object;
      expect(row).toMatchObject({ roles: ['member'] });
    });
  });
});

/** The admin panel's own count, which asks no gate; 0 also for a torrent that is history. */
async function peersOf({ infoHash }: TorrentValue): Promise<number> {
  const { body } = await get(`${site.url}/bittorrent/torrents?search=${infoHash!}`, admin);
  const [row] = body['data'] as { seeders: number; leechers: number }[];
  return row === undefined ? 0 : row.seeders + row.leechers;
}
