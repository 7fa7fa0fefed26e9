/** Where an administrator sees who holds keys to which torrents, and ends them. */

import { randomBytes } from 'node:crypto';
import type { AdminKey } from '../../shared/admin-api';
import type { TorrentValue } from '../../shared/torrent-value';
import { createAdmin, send } from './support/admin';
import {
  allow,
  createUser,
  documents,
  readyTorrent,
  upload,
  type TestUser,
} from './support/content';
import { announce, isAdmitted } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

let site: TestSite;
let admin: string;
let member: TestUser;

beforeAll(async () => {
  site = await startSite();
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'release', 'secret');
  admin = await createAdmin(site);
  member = await createUser(site.strapi, 'alice', 'member');
});

afterAll(() => site.stop());

const keys = async (): Promise<AdminKey[]> => {
  const { status, body } = await send('GET', `${site.url}/bittorrent/keys`, admin);
  expect(status).toBe(200);
  return body['data'] as AdminKey[];
};
const withdraw = (userId: number, infoHash: string) =>
  send('POST', `${site.url}/bittorrent/torrents/${infoHash}/keys/${userId}/withdraw`, admin);

/** The key in the .torrent that he gets. */
async function fetchKey({ bearer }: TestUser, infoHash: string): Promise<string> {
  const url = `${site.url}/api/bittorrent/torrents/${infoHash}.torrent`;
  const file = await (await fetch(url, { headers: { authorization: bearer } })).text();
  // Its length is fixed: what follows in the file is another number.
  return /passkey=([0-9a-z]+\.[\w-]{22})/.exec(file)![1]!;
}

async function publishSecret(title: string): Promise<TorrentValue> {
  const media = await upload(site.strapi, `${title}.iso`, randomBytes(20_000));
  const { documentId } = await documents(site.strapi, 'secret').create({
    data: { title, file: media.id },
    status: 'published',
  });
  return readyTorrent(`${site.url}/api/secrets/${documentId}`, member.bearer);
}

const joins = async (infoHash: string, key: string): Promise<boolean> =>
  isAdmitted(await announce(site.url, infoHash, key));

async function publishRelease(): Promise<TorrentValue> {
  const media = await upload(site.strapi, 'penguin.iso', randomBytes(20_000));
  const { documentId } = await documents(site.strapi, 'release').create({
    data: { title: 'Penguin', files: [media.id] },
    status: 'published',
  });
  return readyTorrent(`${site.url}/api/releases/${documentId}`);
}

describe('the keys of users', () => {
  test('there are none to begin with', async () => {
    expect(await keys()).toEqual([]);
  });

  test('are listed by user and torrent, and end one by one', async () => {
    const bob = await createUser(site.strapi, 'bob', 'member');
    const [one, two] = [await publishSecret('one'), await publishSecret('two')];
    const [hash, other] = [one.infoHash!, two.infoHash!];
    const alices = await fetchKey(member, hash);
    const alicesOther = await fetchKey(member, other);
    await fetchKey(member, hash);
    const bobs = await fetchKey(bob, hash);
    const user = { id: member.id, name: 'alice' };
    expect((await keys()).slice(0, 3)).toMatchObject([
      { user: { id: bob.id, name: 'bob' }, torrent: { infoHash: hash }, state: 'valid' },
      { user, torrent: { infoHash: hash, name: 'one.iso' }, state: 'valid' },
      { user, torrent: { infoHash: other, name: 'two.iso' }, state: 'valid' },
    ]);

    expect(await joins(hash, alices)).toBe(true);
    expect((await withdraw(member.id, hash)).status).toBe(204);
    expect(await joins(hash, alices)).toBe(false);
    expect(await joins(other, alicesOther)).toBe(true);
    expect(await joins(hash, bobs)).toBe(true);
    expect((await keys()).slice(0, 3).map(({ state }) => state)).toEqual([
      'valid',
      'ended',
      'valid',
    ]);
    const { body } = await send('GET', `${site.url}/bittorrent/audit?infoHash=${hash}`, admin);
    expect((body['data'] as unknown[])[0]).toMatchObject({
      action: 'token-withdrawn',
      user,
      actor: { kind: 'admin' },
    });

    // A key that is fetched anew is good, and the list says so.
    expect(await joins(hash, await fetchKey(member, hash))).toBe(true);
    expect((await keys())[0]).toMatchObject({ user, torrent: { infoHash: hash }, state: 'valid' });

    const revoke = `${site.url}/bittorrent/passkeys/${member.id}/revoke`;
    expect((await send('POST', revoke, admin)).status).toBe(204);
    expect((await keys()).slice(0, 3).map(({ state }) => state)).toEqual([
      'ended',
      'valid',
      'ended',
    ]);
  });

  test('are never shown themselves', async () => {
    const { infoHash } = await publishSecret('three');
    const key = await fetchKey(member, infoHash!);
    const text = JSON.stringify(await keys());
    expect(text).toContain(infoHash);
    expect(text).not.toContain(key);
    expect(text).not.toContain(key.split('.')[1]);
  });

  test('are told apart from the file that everybody gets', async () => {
    const torrent = await publishRelease();
    await fetch(torrent.torrentUrl!, { headers: { authorization: member.bearer } });
    expect((await keys())[0]).toMatchObject({ torrent: { name: 'penguin.iso' }, state: 'public' });
  });

  test('are withdrawn of users who have some, for torrents that exist', async () => {
    const torrent = await publishSecret('four');
    expect((await withdraw(99_999, torrent.infoHash!)).status).toBe(404);
    expect((await withdraw(member.id, 'e'.repeat(40))).status).toBe(404);
  });

  test('are for who may see the audit log, and are ended by who may revoke', async () => {
    const reader = await createAdmin(site, [{ action: 'plugin::bittorrent.audit' }]);
    const nobody = await createAdmin(site, [{ action: 'plugin::bittorrent.read' }]);
    const list = `${site.url}/bittorrent/keys`;
    expect((await send('GET', list, reader)).status).toBe(200);
    expect((await send('GET', list, nobody)).status).toBe(403);
    const { infoHash } = await publishSecret('five');
    const path = `${site.url}/bittorrent/torrents/${infoHash!}/keys/${member.id}/withdraw`;
    expect((await send('POST', path, reader)).status).toBe(403);
    expect((await send('POST', path)).status).toBe(401);
  });

  test('are given in pages', async () => {
    const { body } = await send('GET', `${site.url}/bittorrent/keys?page=2&pageSize=2`, admin);
    expect(body['data']).toHaveLength(2);
    expect(body['meta']).toMatchObject({ pagination: { page: 2, pageSize: 2, total: 5 } });
  });
});
