import { randomBytes } from 'node:crypto';
import threads from 'node:worker_threads';
import { createAdmin, send } from './support/admin';
import {
  allow,
  createUser,
  documents,
  eventually,
  forbid,
  get,
  readyTorrent,
  uploadService,
  upload,
  type TestUser,
} from './support/content';
import { announce, isAdmitted } from './support/doors';
import { startSite, type TestSite } from './support/strapi';
import type { TorrentValue } from '../../shared/torrent-value';

let site: TestSite;
let member: TestUser;
/** Payloads that were given to worker threads so far. */
let hashed = 0;

const { Worker } = threads;
class CountedWorker extends Worker {
  override postMessage(message: { kind: string }): void {
    if (message.kind === 'hash') hashed += 1;
    super.postMessage(message);
  }
}

beforeAll(async () => {
  threads.Worker = CountedWorker;
  site = await startSite();
  await allow(site.strapi, 'member', 'secret');
  member = await createUser(site.strapi, 'alice', 'member');
});

afterAll(async () => {
  threads.Worker = Worker;
  await site.stop();
});

interface Published {
  id: string;
  mediaId: number;
  url: string;
}

async function publish(bytes = randomBytes(50_000)): Promise<Published> {
  const media = await upload(site.strapi, 'film.mp4', bytes);
  const data = { title: 'film', file: media.id };
  const { documentId } = await documents(site.strapi, 'secret').create({
    data,
    status: 'published',
  });
  return { id: documentId, mediaId: media.id, url: `${site.url}/api/secrets/${documentId}` };
}

/** The entry's torrent once it has this flag, as anybody or as the member gets it. */
const withFlag = (url: string, isPrivate: boolean): Promise<TorrentValue> =>
  eventually(async () => {
    const torrent = await readyTorrent(url, isPrivate ? member.bearer : undefined);
    expect(torrent.private).toBe(isPrivate);
    return torrent;
  }, 20);

async function info(infoHash: string | null): Promise<string> {
  const row = (await site.strapi.db
    .query('plugin::bittorrent.torrent')
    .findOne({ where: { infoHash } })) as { info: string };
  return Buffer.from(row.info, 'base64').toString('latin1');
}

const open = () => allow(site.strapi, 'public', 'secret');
const close = () => forbid(site.strapi, 'public', 'secret');

describe('a torrent whose type is opened to Public and closed again', () => {
  let published: Published;
  let closed: TorrentValue;
  let opened: TorrentValue;

  beforeAll(async () => {
    published = await publish();
    closed = await withFlag(published.url, true);
    expect(hashed).toBe(1);
    // A new name is no reason for a new torrent, now or later.
    await uploadService(site.strapi).updateFileInfo(published.mediaId, { name: 'renamed.mp4' });
    await open();
    opened = await withFlag(published.url, false);
  });

  test('is issued anew without hashing: only the flag differs', async () => {
    expect(opened.infoHash).not.toBe(closed.infoHash);
    expect(await info(closed.infoHash)).toContain('7:privatei1e');
    expect(await info(opened.infoHash)).toBe(
      (await info(closed.infoHash)).replace('7:privatei1e', ''),
    );
    expect(opened).toMatchObject({ name: 'film.mp4', size: 50_000, revision: 2, status: 'ready' });
    expect(hashed).toBe(1);
  });

  test('the new one is announced, the old one refused as replaced', async () => {
    expect(isAdmitted(await announce(site.url, opened.infoHash!))).toBe(true);
    expect(await announce(site.url, closed.infoHash!)).toMatch(/failure reason\d+:.*replaced/i);
    expect((await get(closed.torrentUrl!, member.bearer)).status).toBe(403);
  });

  test('the draft follows, so that the entry does not look modified', async () => {
    const [draft, version] = (await Promise.all(
      ['draft', 'published'].map((status) =>
        documents(site.strapi, 'secret').findOne({ documentId: published.id, status }),
      ),
    )) as unknown as { torrent: object }[];
    expect(draft!.torrent).toEqual(version!.torrent);
    expect(draft!.torrent).toMatchObject({ revision: 2 });
  });

  test('is the first one again when it is closed, also after a restart', async () => {
    await close();
    const again = await withFlag(published.url, true);
    expect(again).toMatchObject({ infoHash: closed.infoHash, revision: 3 });
    expect(await announce(site.url, opened.infoHash!)).toMatch(/replaced/i);
    await site.restart();
    expect(await readyTorrent(published.url, member.bearer)).toMatchObject({
      infoHash: closed.infoHash,
      revision: 3,
    });
    expect(await announce(site.url, opened.infoHash!)).toMatch(/replaced/i);
    expect(await announce(site.url, closed.infoHash!)).toMatch(/members/);
    expect(hashed).toBe(1);
  });

  test('shows no key in public places', async () => {
    const { magnet } = await readyTorrent(published.url, member.bearer);
    expect(magnet).toContain('passkey%3D'); // the member's own, to himself alone
    const stored = await documents(site.strapi, 'secret').findOne({ documentId: published.id });
    expect(JSON.stringify(stored)).not.toContain('passkey');
    await open();
    const everybody = await withFlag(published.url, false);
    const mine = await readyTorrent(published.url, member.bearer);
    expect(JSON.stringify([everybody, mine])).not.toContain('passkey');
    await close();
    await withFlag(published.url, true);
  });
});

test('the last of quick changes wins, and every entry follows', async () => {
  const entries = await Promise.all(Array.from({ length: 12 }, () => publish()));
  const before = await Promise.all(entries.map(({ url }) => withFlag(url, true)));
  const hashedBefore = hashed;
  await open();
  await close();
  await open();
  const after = await Promise.all(entries.map(({ url }) => withFlag(url, false)));
  expect(new Set([...before, ...after].map(({ infoHash }) => infoHash)).size).toBe(24);
  await close();
  await open();
  await close();
  const last = await Promise.all(entries.map(({ url }) => withFlag(url, true)));
  expect(last.map(({ infoHash }) => infoHash)).toEqual(before.map(({ infoHash }) => infoHash));
  expect(hashed).toBe(hashedBefore);
});

test('a permission changed while the site is down is followed at the next start, once', async () => {
  const { url } = await publish();
  const closed = await withFlag(url, true);
  const tables = site.strapi.db.connection;
  const role = (await site.strapi.db
    .query('plugin::users-permissions.role')
    .findOne({ where: { type: 'public' } })) as { id: number };
  // Below the lifecycles, as somebody else would.
  await tables('up_permissions').insert({
    document_id: 'foreignpermission',
    action: 'api::secret.secret.findOne',
  });
  const { id } = (await tables('up_permissions')
    .where({ document_id: 'foreignpermission' })
    .first()) as { id: number };
  await tables('up_permissions_role_lnk').insert({ permission_id: id, role_id: role.id });
  await site.restart();
  const opened = await withFlag(url, false);
  expect(opened.infoHash).not.toBe(closed.infoHash);
  await forbid(site.strapi, 'public', 'secret');
  await withFlag(url, true);
  // The flags are settled: a start reads no entry.
  await eventually(async () => {
    const stored: unknown = await site.strapi
      .store({ type: 'plugin', name: 'bittorrent' })
      .get({ key: 'exposures' });
    expect((stored as Record<string, string>)['api::secret.secret']).toContain('true');
  });
  const reads: string[] = [];
  await site.restart();
  site.strapi.db.lifecycles.subscribe({
    models: ['api::secret.secret'],
    afterFindMany: () => void reads.push('findMany'),
  });
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(reads).toEqual([]);
});

test('a torrent that was taken down does not come back with another flag', async () => {
  const { url } = await publish();
  const { infoHash } = await withFlag(url, true);
  const admin = await createAdmin(site);
  const takedown = `${site.url}/bittorrent/torrents/${infoHash!}/takedown`;
  expect((await send('POST', takedown, admin, { reason: 'a test' })).status).toBe(204);
  await open();
  const failed = await readyTorrent(url, undefined, 'failed');
  expect(failed).toMatchObject({ infoHash: null, error: 'This torrent was taken down.' });
  await close();
  await readyTorrent(url, member.bearer, 'failed');
  expect((await send('DELETE', takedown, admin)).status).toBe(204);
  expect(await withFlag(url, true)).toMatchObject({ infoHash });
});

test('a change while files are being hashed loses nothing', async () => {
  const { url } = await publish(randomBytes(30_000_000));
  await open();
  const opened = await withFlag(url, false);
  expect(opened).toMatchObject({ size: 30_000_000, status: 'ready' });
  await close();
  await withFlag(url, true);
});
