/** Two Strapis on one database: what changes in the one is seen by the other. */

import { randomBytes } from 'node:crypto';
import type { TorrentValue } from '../../shared/torrent-value';
import { createAdmin, send } from './support/admin';
import {
  allow,
  createUser,
  documents,
  eventually,
  forbid,
  get,
  readyTorrent,
  upload,
} from './support/content';
import { ALL_CLOSED, ALL_OPEN, announce, isAdmitted, knock } from './support/doors';
import { startProcess, type StrapiProcess } from './support/process';
import { startSite, type TestSite } from './support/strapi';

/** Seconds: `access.syncEvery`, and what a loaded machine adds. */
const SYNC = 1;
const SEEN = 8;

let here: TestSite;
let there: StrapiProcess;
let admin: string;

beforeAll(async () => {
  const config = { access: { syncEvery: SYNC } };
  here = await startSite({ config });
  admin = await createAdmin(here);
  await allow(here.strapi, 'public', 'release');
  await allow(here.strapi, 'member', 'secret');
  there = await startProcess({
    ...here.database.env,
    PUBLIC_DIR: here.publicDir,
    BITTORRENT_CONFIG: JSON.stringify(config),
  });
}, 90_000);

afterAll(async () => {
  await there.remove();
  await here.stop();
});

async function publish(name: string, source: string, file: string): Promise<string> {
  const media = await upload(here.strapi, file, randomBytes(20_000));
  const data = { title: file, [source]: source === 'files' ? [media.id] : media.id };
  return (await documents(here.strapi, name).create({ data, status: 'published' })).documentId;
}

const both = (): string[] => [here.url, there.url];

test('a torrent made by one is open at the other, and closes there with the entry', async () => {
  const documentId = await publish('release', 'files', 'shared.iso');
  const torrent = await readyTorrent(`${here.url}/api/releases/${documentId}`);
  for (const url of both()) {
    await eventually(async () => expect(await knock(url, torrent, {})).toEqual(ALL_OPEN), SEEN);
  }
  await documents(here.strapi, 'release').unpublish({ documentId });
  await eventually(
    async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_CLOSED),
    SEEN,
  );
  await documents(here.strapi, 'release').publish({ documentId });
  await eventually(async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_OPEN), SEEN);
});

test('an entry closed by the other is closed here, and its peers are gone', async () => {
  const documentId = await publish('release', 'files', 'closed there.iso');
  const torrent = await readyTorrent(`${here.url}/api/releases/${documentId}`);
  await announce(here.url, torrent.infoHash!);
  await eventually(async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_OPEN), SEEN);
  const response = await fetch(`${there.url}/api/releases/${documentId}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ data: { files: [] } }),
  });
  expect(response.status).toBe(200);
  await eventually(
    async () => expect(await knock(here.url, torrent, {})).toEqual(ALL_CLOSED),
    SEEN,
  );
});

test('a torrent that one takes down is closed at the other, until it is put back', async () => {
  const documentId = await publish('release', 'files', 'taken down.iso');
  const torrent = await readyTorrent(`${here.url}/api/releases/${documentId}`);
  await eventually(async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_OPEN), SEEN);
  const takedown = (method: string, body?: object) =>
    send(method, `${here.url}/bittorrent/torrents/${torrent.infoHash!}/takedown`, admin, body);
  expect((await takedown('POST', { reason: 'rights unclear' })).status).toBe(204);
  await eventually(
    async () => expect(await knock(there.url, torrent, {})).toEqual(ALL_CLOSED),
    SEEN,
  );
  expect(await announce(there.url, torrent.infoHash!)).toContain('taken down');
  expect((await takedown('DELETE')).status).toBe(204);
  for (const url of both()) {
    await eventually(async () => expect(await knock(url, torrent, {})).toEqual(ALL_OPEN), SEEN);
  }
});

describe('a member', () => {
  let torrent: TorrentValue;
  let passkey: string;
  let bearer: string;
  let userId: number;

  const admitted = async (url: string): Promise<boolean> =>
    isAdmitted(await announce(url, torrent.infoHash!, passkey));

  beforeAll(async () => {
    const member = await createUser(here.strapi, 'alice', 'member');
    ({ bearer, id: userId } = member);
    const documentId = await publish('secret', 'file', 'secret.iso');
    torrent = await readyTorrent(`${here.url}/api/secrets/${documentId}`, bearer);
    const { body } = await get(`${here.url}/api/bittorrent/passkey`, bearer);
    ({ passkey } = body['data'] as { passkey: string });
  });

  test('announces with one passkey to both', async () => {
    for (const url of both()) {
      await eventually(async () => expect(await admitted(url)).toBe(true), SEEN);
    }
  });

  test('who loses the permission loses it at both', async () => {
    await forbid(here.strapi, 'member', 'secret');
    await eventually(async () => expect(await admitted(there.url)).toBe(false), SEEN);
    await allow(here.strapi, 'member', 'secret');
    await eventually(async () => expect(await admitted(there.url)).toBe(true), SEEN);
  });

  test('who is blocked is refused by both', async () => {
    const user = here.strapi.db.query('plugin::users-permissions.user');
    await user.update({ where: { id: userId }, data: { blocked: true } });
    await eventually(async () => expect(await admitted(there.url)).toBe(false), SEEN);
    await user.update({ where: { id: userId }, data: { blocked: false } });
    await eventually(async () => expect(await admitted(there.url)).toBe(true), SEEN);
  });

  test('whose passkey is rotated at one is out at the other', async () => {
    const rotated = await fetch(`${there.url}/api/bittorrent/passkey/rotate`, {
      method: 'POST',
      headers: { authorization: bearer },
    });
    expect(rotated.status).toBe(200);
    await eventually(async () => expect(await admitted(here.url)).toBe(false), SEEN);
    const { data } = (await rotated.json()) as { data: { passkey: string } };
    passkey = data.passkey;
    await eventually(async () => expect(await admitted(here.url)).toBe(true), SEEN);
  });
});
