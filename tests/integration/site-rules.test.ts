/** `access.allow`: a rule of the site's own, asked at every door. */

import { randomBytes } from 'node:crypto';
import type { TorrentValue } from '../../shared/torrent-value';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  readyTorrent,
  upload,
} from './support/content';
import { ALL_CLOSED, ALL_OPEN, announce, knock, type Reader } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

interface Asked {
  reader: { kind: string; userId?: number };
  entry: { contentType: string; documentId: string };
  torrent: { infoHash: string | null; name: string | null };
}

const asked: Asked[] = [];
const paid = new Set<number>();
let site: TestSite;
let torrent: TorrentValue;
let url: string;

beforeAll(async () => {
  const rule = async (
    reader: Asked['reader'],
    entry: Asked['entry'],
    about: Asked['torrent'],
  ): Promise<boolean> => {
    asked.push({ reader, entry, torrent: about });
    await Promise.resolve();
    return reader.kind === 'user' && paid.has(reader.userId ?? 0);
  };
  Object.assign(globalThis, { bittorrentConfig: { access: { allow: rule } } });
  site = await startSite();
  await allow(site.strapi, 'public', 'secret');
  await allow(site.strapi, 'member', 'secret');
  const first = await createUser(site.strapi, 'first', 'member');
  paid.add(first.id);
  const media = await upload(site.strapi, 'paid.iso', randomBytes(20_000));
  const data = { title: 'Paid', file: media.id };
  const { documentId } = await documents(site.strapi, 'secret').create({
    data,
    status: 'published',
  });
  url = `${site.url}/api/secrets/${documentId}`;
  torrent = await readyTorrent(url, first.bearer);
});

afterAll(async () => {
  await site.stop();
  Reflect.deleteProperty(globalThis, 'bittorrentConfig');
});

async function newReader(name: string): Promise<Reader & { id: number; bearer: string }> {
  const { id, bearer } = await createUser(site.strapi, name, 'member');
  const { body } = await get(`${site.url}/api/bittorrent/passkey`, bearer);
  return { id, bearer, passkey: (body['data'] as { passkey: string }).passkey };
}

test('closes every door to whom Strapi itself would let in', async () => {
  const reader = await newReader('unpaid');
  await eventually(
    async () => expect(await knock(site.url, torrent, reader)).toEqual(ALL_CLOSED),
    2,
  );
  expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED);
  expect(await get(url, reader.bearer)).toMatchObject({
    status: 200,
    body: { data: { torrent: null } },
  });
});

test('opens every door to whom it agrees, and is told who asks for what', async () => {
  const reader = await newReader('paid');
  paid.add(reader.id);
  const mine = await readyTorrent(url, reader.bearer);
  const token = mine.webSeeds[0]!.split('/webseed/')[1]!.split('/')[0]!;
  await eventually(
    async () => expect(await knock(site.url, torrent, { ...reader, token })).toEqual(ALL_OPEN),
    2,
  );
  expect(mine.webSeeds[0]).not.toContain('/public/');
  expect(asked).toContainEqual({
    reader: expect.objectContaining({ kind: 'user', userId: reader.id }) as unknown,
    entry: { contentType: 'api::secret.secret', documentId: url.split('/').at(-1), locale: null },
    torrent: { infoHash: torrent.infoHash, name: 'paid.iso', size: 20_000 },
  });
});

test('takes a peer out of the swarm when it changes its mind', async () => {
  const reader = await newReader('lapsed');
  paid.add(reader.id);
  await readyTorrent(url, reader.bearer);
  await eventually(async () =>
    expect(await announce(site.url, torrent.infoHash!, reader.passkey)).toContain('5:peers'),
  );
  paid.delete(reader.id);
  // Something changes: the answers remembered are old, and are asked for anew.
  await documents(site.strapi, 'secret').update({
    documentId: url.split('/').at(-1),
    data: { title: 'Renamed' },
    status: 'published',
  });
  await eventually(
    async () =>
      expect(await announce(site.url, torrent.infoHash!, reader.passkey)).toMatch(/no access/),
    2,
  );
});
