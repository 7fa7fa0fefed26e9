import { randomBytes } from 'node:crypto';
import type { TorrentValue } from '../../shared/torrent-value';
import { createApiToken } from './support/admin';
import {
  allow,
  createUser,
  documents,
  eventually,
  forbid,
  get,
  readyTorrent,
  roleId,
  upload,
  type TestUser,
} from './support/content';
import { ALL_CLOSED, ALL_OPEN, announce, knock, scrape, type Reader } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

const USER = 'plugin::users-permissions.user';

let site: TestSite;
let member: TestUser;
let stranger: TestUser;

beforeAll(async () => {
  site = await startSite();
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'secret', 'narrow');
  await allow(site.strapi, 'stranger', 'narrow');
  member = await createUser(site.strapi, 'alice', 'member');
  stranger = await createUser(site.strapi, 'bob', 'stranger');
});

afterAll(() => site.stop());

async function publish(name: string, source: string, file: string): Promise<string> {
  const media = await upload(site.strapi, file, randomBytes(20_000));
  const attached = source === 'files' ? [media.id] : media.id;
  const data = { title: file, [source]: attached };
  return (await documents(site.strapi, name).create({ data, status: 'published' })).documentId;
}

/** A user with everything the site gives him: his passkey, and his token for one torrent. */
async function reader(user: TestUser, torrent?: TorrentValue): Promise<Reader> {
  const { body } = await get(`${site.url}/api/bittorrent/passkey`, user.bearer);
  const { passkey } = body['data'] as { passkey: string };
  const token = torrent?.webSeeds[0]?.split('/webseed/')[1]?.split('/')[0];
  return { bearer: user.bearer, passkey, token };
}

describe('a torrent of a type that the Public role may read', () => {
  let torrent: TorrentValue;

  beforeAll(async () => {
    const id = await publish('release', 'files', 'public.iso');
    torrent = await readyTorrent(`${site.url}/api/releases/${id}`);
  });

  test('is open to everybody at every door', async () => {
    expect(await knock(site.url, torrent, {})).toEqual(ALL_OPEN);
  });

  test('has one .torrent, one magnet and one web seed for all, without a key', async () => {
    const bytes = Buffer.from(await (await fetch(torrent.torrentUrl!)).arrayBuffer());
    expect(bytes.toString('latin1')).toContain(
      `8:announce${`${site.url}/announce`.length}:${site.url}/announce`,
    );
    expect(bytes.toString('latin1')).not.toMatch(/passkey|7:privatei1e/);
    expect(torrent.webSeeds).toEqual([
      `${site.url}/webseed/public/${torrent.infoHash!}/public.iso`,
    ]);
    expect(torrent.magnet).not.toContain('passkey');
  });

  test('is closed to a logged-in user whose role may not read it, as in Strapi’s REST', async () => {
    const bob = await reader(stranger);
    expect(await knock(site.url, torrent, { ...bob, token: 'public' })).toEqual({
      ...ALL_CLOSED,
      webSeed: true, // the public URL carries no reader
    });
  });
});

describe('a torrent of a type that only members may read', () => {
  let torrent: TorrentValue;
  let url: string;

  beforeAll(async () => {
    url = `${site.url}/api/secrets/${await publish('secret', 'file', 'secret.iso')}`;
    torrent = await readyTorrent(url, member.bearer);
  });

  test('is open to a member at every door, and private', async () => {
    expect(torrent.private).toBe(true);
    expect(await knock(site.url, torrent, await reader(member, torrent))).toEqual(ALL_OPEN);
  });

  test('is closed to anonymous readers and to users of other roles at every door', async () => {
    expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED);
    expect(await knock(site.url, torrent, await reader(stranger))).toEqual(ALL_CLOSED);
  });

  test('says why in plain words', async () => {
    const bob = await reader(stranger);
    expect(await announce(site.url, torrent.infoHash!)).toMatch(/failure reason\d+:.*members/);
    expect(await announce(site.url, torrent.infoHash!, bob.passkey)).toMatch(/failure reason\d+:/);
    expect(await announce(site.url, torrent.infoHash!, '0'.repeat(32))).toMatch(
      /failure reason\d+:/,
    );
    expect(await get(torrent.torrentUrl!)).toMatchObject({
      status: 403,
      body: { error: { message: 'There is no such torrent, or you may not have it' } },
    });
  });

  test('tells a stranger no more than a torrent that does not exist', async () => {
    const unknown = 'e'.repeat(40);
    const answers = async (infoHash: string) => [
      await scrape(site.url, infoHash),
      await get(`${site.url}/api/bittorrent/torrents/${infoHash}`).then(({ body }) => body),
      await (await fetch(`${site.url}/webseed/public/${infoHash}/secret.iso`)).text(),
    ];
    expect(await answers(torrent.infoHash!)).toEqual(await answers(unknown));
  });

  test('comes as a personal .torrent with the same info-hash for every member', async () => {
    const other = await createUser(site.strapi, 'carol', 'member');
    const texts = await Promise.all(
      [member, other].map(async ({ bearer }) => {
        const response = await fetch(torrent.torrentUrl!, { headers: { authorization: bearer } });
        expect(response.headers.get('cache-control')).toBe('private, no-store');
        expect(response.headers.get('content-type')).toBe('application/x-bittorrent');
        return Buffer.from(await response.arrayBuffer()).toString('latin1');
      }),
    );
    const [mine = '', theirs = ''] = texts;
    const info = (text: string): string =>
      text.slice(text.indexOf('4:infod'), text.indexOf('8:url-list'));
    expect(info(mine)).toBe(info(theirs));
    expect(info(mine)).toContain('7:privatei1e');
    const key = /passkey=([0-9a-z]+\.[\w-]{22})/;
    expect(key.exec(mine)?.[1]).toBeDefined();
    expect(key.exec(mine)?.[1]).not.toBe(key.exec(theirs)?.[1]);
  });

  test('cannot be had with the web-seed token of another torrent', async () => {
    const id = await publish('secret', 'file', 'other secret.iso');
    const other = await readyTorrent(`${site.url}/api/secrets/${id}`, member.bearer);
    const { token } = await reader(member, other);
    expect(await knock(site.url, torrent, { token })).toEqual(ALL_CLOSED);
  });

  test('closes and opens with the permission of the role', async () => {
    const alice = await reader(member, torrent);
    await forbid(site.strapi, 'member', 'secret');
    await eventually(
      async () => expect(await knock(site.url, torrent, alice)).toEqual(ALL_CLOSED),
      2,
    );
    await allow(site.strapi, 'member', 'secret');
    await eventually(
      async () => expect(await knock(site.url, torrent, alice)).toEqual(ALL_OPEN),
      2,
    );
  });

  test('closes when the user is blocked, and opens again', async () => {
    const dave = await createUser(site.strapi, 'dave', 'member');
    const mine = await readyTorrent(url, dave.bearer);
    const reading = await reader(dave, mine);
    const block = (blocked: boolean) =>
      site.strapi.db.query(USER).update({ where: { id: dave.id }, data: { blocked } });
    await block(true);
    await eventually(
      async () => expect(await knock(site.url, torrent, reading)).toEqual(ALL_CLOSED),
      2,
    );
    await block(false);
    await eventually(
      async () => expect(await knock(site.url, torrent, reading)).toEqual(ALL_OPEN),
      2,
    );
  });

  test('closes when the user moves to another role, or is deleted', async () => {
    const erin = await createUser(site.strapi, 'erin', 'member');
    const reading = await reader(erin, await readyTorrent(url, erin.bearer));
    const users = site.strapi.db.query(USER);
    await users.update({
      where: { id: erin.id },
      data: { role: await roleId(site.strapi, 'stranger') },
    });
    await eventually(
      async () => expect(await knock(site.url, torrent, reading)).toEqual(ALL_CLOSED),
      2,
    );
    await users.update({
      where: { id: erin.id },
      data: { role: await roleId(site.strapi, 'member') },
    });
    await eventually(
      async () => expect(await knock(site.url, torrent, reading)).toEqual(ALL_OPEN),
      2,
    );
    await users.delete({ where: { id: erin.id } });
    await eventually(
      async () => expect(await knock(site.url, torrent, reading)).toEqual(ALL_CLOSED),
      2,
    );
  });

  test('closes to an old passkey when it is rotated', async () => {
    const frank = await createUser(site.strapi, 'frank', 'member');
    const before = await reader(frank, await readyTorrent(url, frank.bearer));
    const rotated = await fetch(`${site.url}/api/bittorrent/passkey/rotate`, {
      method: 'POST',
      headers: { authorization: frank.bearer },
    });
    expect(rotated.status).toBe(200);
    expect(
      await knock(site.url, torrent, { passkey: before.passkey, token: before.token }),
    ).toEqual(ALL_CLOSED);
    const after = await reader(frank, await readyTorrent(url, frank.bearer));
    expect(after.passkey).not.toBe(before.passkey);
    expect(await knock(site.url, torrent, after)).toEqual(ALL_OPEN);
  });

  test('opens to everybody when the Public role gets the permission, and closes again', async () => {
    await allow(site.strapi, 'public', 'secret');
    const open = await eventually(async () => {
      const current = await readyTorrent(url);
      expect(current.private).toBe(false);
      return current;
    });
    expect(await knock(site.url, open, {})).toEqual(ALL_OPEN);
    await forbid(site.strapi, 'public', 'secret');
    await eventually(async () => expect(await knock(site.url, open, {})).toEqual(ALL_CLOSED), 2);
  });
});

describe('publication', () => {
  test('opens and closes every door within two seconds, and keeps the info-hash', async () => {
    const id = await publish('release', 'files', 'published.iso');
    const url = `${site.url}/api/releases/${id}`;
    const releases = documents(site.strapi, 'release');
    const torrent = await readyTorrent(url);
    expect(await knock(site.url, torrent, {})).toEqual(ALL_OPEN);
    await releases.unpublish({ documentId: id });
    await eventually(async () => expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED), 2);
    expect(await announce(site.url, torrent.infoHash!)).toMatch(/not published/i);
    await releases.publish({ documentId: id });
    await eventually(async () => expect(await knock(site.url, torrent, {})).toEqual(ALL_OPEN), 2);
    expect((await readyTorrent(url)).infoHash).toBe(torrent.infoHash);
    await releases.delete({ documentId: id });
    await eventually(async () => expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED), 2);
  });

  test('of one entry does not open the draft of another, though Strapi shows drafts who asks for them', async () => {
    const media = await upload(site.strapi, 'draft.iso', randomBytes(20_000));
    const { documentId } = await documents(site.strapi, 'release').create({
      data: { title: 'Draft', files: [media.id] },
    });
    const draft = await get(`${site.url}/api/releases/${documentId}?status=draft`);
    expect(draft).toMatchObject({ status: 200, body: { data: { torrent: null } } });
  });

  test('of one of two entries that share a torrent keeps it open', async () => {
    const media = await upload(site.strapi, 'two entries.iso', randomBytes(20_000));
    const releases = documents(site.strapi, 'release');
    const data = { title: 'Shared', files: [media.id] };
    const first = await releases.create({ data, status: 'published' });
    const second = await releases.create({ data, status: 'published' });
    const torrent = await readyTorrent(`${site.url}/api/releases/${first.documentId}`);
    await releases.unpublish({ documentId: first.documentId });
    expect(await knock(site.url, torrent, {})).toEqual(ALL_OPEN);
    await releases.unpublish({ documentId: second.documentId });
    await eventually(async () => expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED), 2);
  });
});

test('the field’s roles narrow the permission and never widen it', async () => {
  const url = `${site.url}/api/narrows/${await publish('narrow', 'file', 'narrow.iso')}`;
  const torrent = await readyTorrent(url, member.bearer);
  expect(await knock(site.url, torrent, await reader(member, torrent))).toEqual(ALL_OPEN);
  expect(await get(url, stranger.bearer)).toMatchObject({
    status: 200,
    body: { data: { title: 'narrow.iso', torrent: null } },
  });
  expect(await knock(site.url, torrent, await reader(stranger))).toEqual(ALL_CLOSED);
});

describe('a content API token', () => {
  const token = (type: string, permissions?: string[]): Promise<string> =>
    createApiToken(site.strapi, type, permissions);

  test.each([
    ['full-access', undefined, true],
    ['read-only', undefined, true],
    ['custom', ['api::secret.secret.find'], true],
    ['custom', ['api::release.release.find'], false],
  ])('of type %s with %j reads members’ torrents: %s', async (type, permissions, allowed) => {
    const id = await publish('secret', 'file', 'for tokens.iso');
    const torrent = await readyTorrent(`${site.url}/api/secrets/${id}`, member.bearer);
    const bearer = await token(type, permissions);
    const { status } = await get(
      `${site.url}/api/bittorrent/torrents/${torrent.infoHash!}`,
      bearer,
    );
    expect(status).toBe(allowed ? 200 : 403);
  });

  test('has no passkey of its own', async () => {
    const bearer = await token('full-access');
    expect(await get(`${site.url}/api/bittorrent/passkey`, bearer)).toMatchObject({
      status: 403,
      body: { error: { message: 'Only a user has a passkey' } },
    });
  });
});

test('a junk token is refused, not taken for an anonymous reader', async () => {
  const { status } = await get(`${site.url}/api/bittorrent/torrents`, 'Bearer junk');
  expect(status).toBe(401);
});

test('a passkey is nowhere in the database', async () => {
  const { passkey } = await reader(member);
  const rows: unknown = await site.strapi.db.query('plugin::bittorrent.passkey').findMany({});
  expect(JSON.stringify(rows)).not.toContain(passkey);
});
