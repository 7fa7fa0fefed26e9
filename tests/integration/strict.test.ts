/** `access.strict`: route policies and middlewares that the site wrote for single entries, at every door. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TorrentValue } from '../../shared/torrent-value';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  readyTorrent,
  roleId,
  upload,
  type UploadedFile,
} from './support/content';
import { ALL_CLOSED, ALL_OPEN, announce, isAdmitted, knock, type Reader } from './support/doors';
import { freePort, startSite, type TestSite } from './support/strapi';

type Member = Reader & { id: number; bearer: string; passkey: string };

let site: TestSite;
let seederPort: number;
let guest: Member;
let other: Member;

beforeAll(async () => {
  seederPort = await freePort();
  site = await startSite({
    config: {
      access: { strict: true },
      seeder: { port: seederPort, host: '127.0.0.1', publicAddress: ['127.0.0.1'] },
    },
  });
  await site.strapi.db
    .query('plugin::i18n.locale')
    .create({ data: { code: 'fr', name: 'French' } });
  for (const role of ['public', 'member']) {
    await allow(site.strapi, role, 'guarded', 'lobby', 'release', 'secret');
  }
  guest = await newMember('guest');
  other = await newMember('other');
});

afterAll(() => site.stop());

async function newMember(name: string, role = 'member'): Promise<Member> {
  const { id, bearer } = await createUser(site.strapi, name, role);
  const { body } = await get(`${site.url}/api/bittorrent/passkey`, bearer);
  return { id, bearer, passkey: (body['data'] as { passkey: string }).passkey };
}

async function apiToken(name: string, type: string, permissions?: string[]): Promise<Reader> {
  const tokens = site.strapi.service('admin::api-token-content-api') as unknown as {
    create(token: object): Promise<{ accessKey: string }>;
  };
  const token = { name, type, permissions, description: '', kind: 'content-api', lifespan: null };
  return { bearer: `Bearer ${(await tokens.create(token)).accessKey}` };
}

interface Guarded {
  documentId: string;
  url: string;
  media: UploadedFile;
  torrent: TorrentValue;
}

/** As a guest sees it. */
async function publish(guests: string, more: object = {}, locale?: string): Promise<Guarded> {
  const media = await upload(site.strapi, `${randomBytes(4).toString('hex')}.iso`, bytes());
  const { documentId } = await documents(site.strapi, 'guarded').create({
    data: { guests, file: media.id, ...more },
    status: 'published',
    ...(locale === undefined ? {} : { locale }),
  });
  const url = `${site.url}/api/guardeds/${documentId}${locale === undefined ? '' : `?locale=${locale}`}`;
  return { documentId, url, media, torrent: await readyTorrent(url, guest.bearer) };
}

const bytes = () => randomBytes(30_000);

/** With the token that a personal web-seed URL would hold; `public` for whoever is given none. */
async function knockAs(torrent: TorrentValue, reader: Reader) {
  const headers = reader.bearer === undefined ? {} : { authorization: reader.bearer };
  const own = await fetch(`${site.url}/api/bittorrent/torrents/${torrent.infoHash}`, { headers });
  const value = own.ok ? ((await own.json()) as { data: TorrentValue }).data : null;
  const token = value?.webSeeds[0]?.split('/webseed/')[1]?.split('/')[0] ?? 'public';
  return knock(site.url, torrent, { ...reader, token });
}

/** Tokens have no passkey: what they send to the tracker and the web seed is Public's. */
const forToken = ({ torrentFile, details, list }: typeof ALL_OPEN) => [torrentFile, details, list];

/** Whether the everseed answers this address's handshake. */
async function everseedAnswers(infoHash: string): Promise<boolean> {
  const socket = connect(seederPort, '127.0.0.1');
  const handshake = Buffer.concat([
    Buffer.from('\x13BitTorrent protocol'),
    Buffer.alloc(8),
    Buffer.from(infoHash, 'hex'),
    Buffer.from('-TT0001-000000000000'),
  ]);
  socket.write(handshake);
  const first = await Promise.race([
    once(socket, 'data').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return first;
}

async function graphqlShows(documentId: string, bearer: string): Promise<boolean> {
  const query = `{ guarded(documentId: "${documentId}") { torrent { infoHash } } }`;
  const response = await fetch(`${site.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: bearer },
    body: JSON.stringify({ query }),
  });
  return (await response.text()).includes('infoHash":"');
}

async function fileUrl(entryUrl: string, bearer: string): Promise<string> {
  const { body } = await get(`${entryUrl}?populate=file`, bearer);
  return (body['data'] as { file: { url: string } }).file.url;
}

const status = async (path: string): Promise<number> => (await fetch(`${site.url}${path}`)).status;

describe('an entry whose route has a policy of the site', () => {
  let entry: Guarded;

  beforeAll(async () => {
    entry = await publish('guest,guest token');
  });

  test('opens every door to whom the policy lets in', async () => {
    await eventually(async () => expect(await knockAs(entry.torrent, guest)).toEqual(ALL_OPEN), 3);
    expect(entry.torrent.webSeeds[0]).not.toContain('/public/');
  });

  test('closes every door to others of the same role, and to Public', async () => {
    expect((await get(entry.url, other.bearer)).status).toBe(403);
    for (const reader of [other, {}]) {
      await eventually(
        async () => expect(await knockAs(entry.torrent, reader)).toEqual(ALL_CLOSED),
        3,
      );
    }
    // "Come back" becomes "no" once the site has been asked.
    await eventually(async () => {
      const answer = await announce(site.url, entry.torrent.infoHash!, other.passkey);
      expect(answer).toMatch(/no access/);
    }, 3);
  });

  test('keeps the torrent from whom a list or GraphQL shows the entry by another way', async () => {
    const { body } = await get(`${site.url}/api/guardeds`, other.bearer);
    const listed = (body['data'] as { documentId: string; torrent: unknown }[]).find(
      ({ documentId }) => documentId === entry.documentId,
    );
    expect(listed).toMatchObject({ torrent: null });
    expect(await graphqlShows(entry.documentId, guest.bearer)).toBe(true);
    expect(await graphqlShows(entry.documentId, other.bearer)).toBe(false);
  });

  test('protects its file, whose signed URL is for guests alone', async () => {
    const { hash, ext } = entry.media;
    expect(await status(`/uploads/${hash}${ext}`)).toBe(403);
    const signed = await fileUrl(entry.url, guest.bearer);
    expect(signed).toContain('?');
    expect(await status(signed)).toBe(200);
  });

  test('is served by the everseed to the address of a guest, once he has announced', async () => {
    const { torrent } = await publish('guest');
    expect(await everseedAnswers(torrent.infoHash!)).toBe(false);
    await announce(site.url, torrent.infoHash!, other.passkey);
    await sleep(200);
    expect(await everseedAnswers(torrent.infoHash!)).toBe(false);
    await eventually(async () => {
      expect(isAdmitted(await announce(site.url, torrent.infoHash!, guest.passkey))).toBe(true);
    }, 3);
    await eventually(async () => expect(await everseedAnswers(torrent.infoHash!)).toBe(true), 3);
  });

  test('asks for API tokens as those tokens', async () => {
    const mine = await apiToken('guest token', 'read-only');
    const actions = ['api::guarded.guarded.find', 'api::guarded.guarded.findOne'];
    const foreign = await apiToken('foreign token', 'custom', actions);
    const nobody = await apiToken('another token', 'full-access');
    const open = await knockAs(entry.torrent, mine);
    expect(forToken(open)).toEqual([true, true, true]);
    expect(open.announce).toBe(false);
    for (const token of [foreign, nobody]) {
      expect(forToken(await knockAs(entry.torrent, token))).toEqual([false, false, false]);
    }
  });

  test('closes when the entry changes, and puts out who was in', async () => {
    const mine = await publish('guest,other');
    await eventually(async () => {
      expect(isAdmitted(await announce(site.url, mine.torrent.infoHash!, other.passkey))).toBe(
        true,
      );
    }, 3);
    const signed = await fileUrl(mine.url, other.bearer);
    expect(await status(signed)).toBe(200);
    await documents(site.strapi, 'guarded').update({
      documentId: mine.documentId,
      data: { guests: 'guest' },
      status: 'published',
    });
    // Within the allowed second.
    await eventually(async () => expect(await knockAs(mine.torrent, other)).toEqual(ALL_CLOSED), 1);
    expect(await status(signed)).toBe(403);
    expect(await knockAs(mine.torrent, guest)).toEqual(ALL_OPEN);
  });

  test('opens when the policy lets Public in, and then the bare file as well', async () => {
    const { torrent, media } = await publish('anonymous,guest');
    await eventually(async () => expect(await knockAs(torrent, {})).toEqual(ALL_OPEN), 3);
    expect(await status(`/uploads/${media.hash}${media.ext}`)).toBe(200);
    // Without a key he is Public at the web seed; with his own he is himself.
    const closed = { ...ALL_CLOSED, webSeed: true };
    await eventually(async () => expect(await knockAs(torrent, other)).toEqual(closed), 3);
  });
});

test('a route middleware that looks at what is about to be sent counts', async () => {
  const { documentId, url, torrent } = await publish('guest');
  await documents(site.strapi, 'guarded').update({
    documentId,
    data: { embargo: true },
    status: 'published',
  });
  expect((await get(url, guest.bearer)).status).toBe(403);
  await eventually(async () => expect(await knockAs(torrent, guest)).toEqual(ALL_CLOSED), 1);
});

test('each locale is asked about by itself', async () => {
  const french = await publish('guest', {}, 'fr');
  await documents(site.strapi, 'guarded').update({
    documentId: french.documentId,
    locale: 'en',
    data: { guests: 'other' },
    status: 'published',
  });
  await eventually(async () => expect(await knockAs(french.torrent, guest)).toEqual(ALL_OPEN), 3);
  expect((await get(`${site.url}/api/guardeds/${french.documentId}`, other.bearer)).status).toBe(
    200,
  );
  await eventually(async () => expect(await knockAs(french.torrent, other)).toEqual(ALL_CLOSED), 3);
});

test('a torrent in a component goes by its entry', async () => {
  const media = await upload(site.strapi, 'component.iso', bytes());
  const { documentId } = await documents(site.strapi, 'guarded').create({
    data: { guests: 'guest', download: { file: media.id } },
    status: 'published',
  });
  const torrent = await readyTorrent(
    `${site.url}/api/guardeds/${documentId}?populate=download`,
    guest.bearer,
    'ready',
    (data) => (data['download'] as { torrent: unknown }).torrent,
  );
  await eventually(async () => expect(await knockAs(torrent, guest)).toEqual(ALL_OPEN), 3);
  await eventually(async () => expect(await knockAs(torrent, other)).toEqual(ALL_CLOSED), 3);
});

test('a single type is asked at its own route', async () => {
  const media = await upload(site.strapi, 'lobby.iso', bytes());
  const data = { guests: 'guest', file: media.id };
  await documents(site.strapi, 'lobby').create({ data, status: 'published' });
  const torrent = await readyTorrent(`${site.url}/api/lobby`, guest.bearer);
  await eventually(async () => expect(await knockAs(torrent, guest)).toEqual(ALL_OPEN), 3);
  await eventually(async () => expect(await knockAs(torrent, other)).toEqual(ALL_CLOSED), 3);
});

test('a reader with `find` alone is asked by the list, and a type without rules is as before', async () => {
  const finder = await newMember('finder');
  const role = await roleId(site.strapi, 'finder');
  const data = { action: 'api::secret.secret.find', role };
  await site.strapi.db.query('plugin::users-permissions.permission').create({ data });
  const user = site.strapi.db.query('plugin::users-permissions.user');
  await user.update({ where: { id: finder.id }, data: { role } });
  const media = await upload(site.strapi, 'plain.iso', bytes());
  const { documentId } = await documents(site.strapi, 'secret').create({
    data: { title: 'Plain', file: media.id },
    status: 'published',
  });
  const torrent = await readyTorrent(`${site.url}/api/secrets/${documentId}`);
  expect((await get(`${site.url}/api/secrets/${documentId}`, finder.bearer)).status).toBe(403);
  for (const reader of [finder, other, {}]) {
    await eventually(async () => expect(await knockAs(torrent, reader)).toEqual(ALL_OPEN), 3);
  }
});

test('is not awaited inside of a transaction, where SQLite would wait for ever', async () => {
  const { documentId } = await publish('anonymous,guest');
  const one = { documentId, status: 'published' };
  const schema = site.strapi.getModel('api::guarded.guarded' as 'admin::user');
  const shown = async () => {
    const entry = await documents(site.strapi, 'guarded').findOne(one);
    return site.strapi.contentAPI.sanitize.output(entry ?? {}, schema);
  };
  await eventually(async () => expect(await shown()).toMatchObject({ torrent: {} }), 3);
  // Makes old what is remembered of it.
  await documents(site.strapi, 'guarded').update({ documentId, data: {}, status: 'published' });
  const before = performance.now();
  await site.strapi.db.transaction(shown);
  expect(performance.now() - before).toBeLessThan(4_000); // five seconds is the rule's patience
  await eventually(async () => expect(await shown()).toMatchObject({ torrent: {} }), 3);
});

test('nobody can pass for an in-process request from outside', async () => {
  const { url } = await publish('guest');
  for (const bearer of ['Bearer in-process', 'Bearer ']) {
    const { status: answer } = await get(url, bearer);
    expect([401, 403]).toContain(answer);
  }
});
