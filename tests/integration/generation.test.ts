import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAdmin, send } from './support/admin';
import { infoHashWithCreateTorrent, type NamedBytes } from './support/create-torrent';
import {
  allow,
  documents,
  eventually,
  get,
  readyTorrent,
  removeMedia,
  replace,
  upload,
  uploadService,
  type UploadedFile,
} from './support/content';
import { startSite, type TestSite } from './support/strapi';

let site: TestSite;

beforeAll(async () => {
  site = await startSite();
  await allow(site.strapi, 'public', 'release', 'bundle', 'page', 'article', 'broken', 'shelf');
});

afterAll(() => site.stop());

async function publish(name: string, data: object): Promise<string> {
  const entry = await documents(site.strapi, name).create({ data, status: 'published' });
  return entry.documentId;
}

async function release(
  ...files: NamedBytes[]
): Promise<{ id: string; media: UploadedFile[]; url: string }> {
  const media: UploadedFile[] = [];
  for (const { name, bytes } of files) media.push(await upload(site.strapi, name, bytes));
  const id = await publish('release', { title: 'Release', files: media.map((file) => file.id) });
  return { id, media, url: `${site.url}/api/releases/${id}` };
}

const one = (name: string, bytes = randomBytes(50_000)): NamedBytes => ({ name, bytes });

describe('an entry with media', () => {
  test('gets the torrent that an independent maker would make of the same file', async () => {
    const file = one('first release.iso', randomBytes(200_000));
    const { url } = await release(file);
    const torrent = await readyTorrent(url);
    expect(torrent).toMatchObject({
      status: 'ready',
      progress: 1,
      error: null,
      name: 'first release.iso',
      size: 200_000,
      pieceLength: 16_384,
      files: [{ path: 'first release.iso', size: 200_000 }],
      private: false,
      infoHashV2: null,
      seeders: 0,
      leechers: 0,
      completed: 0,
      revision: 1,
    });
    expect(torrent.infoHash).toBe(await infoHashWithCreateTorrent([file], { pieceLength: 16_384 }));
    expect(Date.parse(torrent.createdAt)).toBeGreaterThan(0);
  });

  test('of several files gets one torrent, whatever order they are attached in', async () => {
    const files = [one('set b.bin'), one('set a.bin'), one('set c é.bin')];
    const first = await readyTorrent((await release(...files)).url);
    const second = await readyTorrent((await release(...files.reverse())).url);
    expect(first.files.map(({ path }) => path)).toEqual(['set a.bin', 'set b.bin', 'set c é.bin']);
    expect(first.name).toBe('set');
    expect(second.infoHash).toBe(first.infoHash);
    expect(first.infoHash).toBe(
      await infoHashWithCreateTorrent(
        [...files].sort((a, b) => (a.name < b.name ? -1 : 1)),
        { name: 'set', pieceLength: 16_384 },
      ),
    );
  });

  test('and the same bytes as another shares its torrent', async () => {
    const file = one('shared.iso');
    const first = await readyTorrent((await release(file)).url);
    const second = await readyTorrent((await release(file)).url);
    expect(second.infoHash).toBe(first.infoHash);
    const { body } = await get(`${site.url}/api/bittorrent/torrents?search=shared.iso`);
    expect(body).toMatchObject({
      data: [{ infoHash: first.infoHash }],
      meta: { pagination: { total: 1 } },
    });
  });

  test('keeps its info-hash when titles and names of media are edited', async () => {
    const { id, media, url } = await release(one('before.iso'));
    const before = await readyTorrent(url);
    await documents(site.strapi, 'release').update({
      documentId: id,
      data: { title: 'Another title' },
      status: 'published',
    });
    await uploadService(site.strapi).updateFileInfo(media[0]!.id, {
      name: 'after.iso',
      caption: 'x',
    });
    await documents(site.strapi, 'release').publish({ documentId: id });
    const after = await readyTorrent(url);
    expect(after).toEqual(before);
  });

  test('that loses its media loses its torrent, and gets it back with it', async () => {
    const { id, media, url } = await release(one('back.iso'));
    const before = await readyTorrent(url);
    const set = async (files: number[]): Promise<void> => {
      await documents(site.strapi, 'release').update({
        documentId: id,
        data: { files },
        status: 'published',
      });
    };
    await set([]);
    await eventually(async () => {
      expect(await get(url)).toMatchObject({ body: { data: { torrent: null } } });
    });
    expect((await get(before.torrentUrl!)).status).toBe(403);
    await set([media[0]!.id]);
    expect(await readyTorrent(url)).toMatchObject({ infoHash: before.infoHash });
  });
});

describe('replacing the bytes of media', () => {
  test('makes a new revision and retires the old torrent', async () => {
    const { media, url } = await release(one('living.iso'));
    const before = await readyTorrent(url);
    const bytes = randomBytes(60_000);
    await replace(site.strapi, media[0]!.id, 'living.iso', bytes);
    const after = await eventually(async () => {
      const value = await readyTorrent(url);
      expect(value.infoHash).not.toBe(before.infoHash);
      return value;
    });
    expect(after.revision).toBe(2);
    expect(after.infoHash).toBe(
      await infoHashWithCreateTorrent([{ name: 'living.iso', bytes }], { pieceLength: 16_384 }),
    );
    expect((await get(before.torrentUrl!)).status).toBe(403);
    expect(await (await fetch(announceUrl(before.infoHash!))).text()).toContain('newer');
    expect((await fetch(before.webSeeds[0]!)).status).toBe(403);
    expect(await (await fetch(after.webSeeds[0]!)).arrayBuffer()).toEqual(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
    );
  });

  test('by the same bytes keeps the torrent', async () => {
    const file = one('same.iso');
    const { media, url } = await release(file);
    const before = await readyTorrent(url);
    await replace(site.strapi, media[0]!.id, file.name, file.bytes);
    await eventually(async () => {
      expect(await webSeedStatus(before.webSeeds[0]!)).toBe(200);
    });
    expect(await readyTorrent(url)).toMatchObject({ infoHash: before.infoHash });
  });

  test('is noticed by the web seed when Strapi was not asked', async () => {
    const { media, url } = await release(one('behind the back.iso'));
    const before = await readyTorrent(url);
    const bytes = randomBytes(50_000);
    await writeFile(pathOf(media[0]!), bytes);
    expect(await webSeedStatus(before.webSeeds[0]!)).toBe(404);
    const after = await eventually(async () => {
      const value = await readyTorrent(url);
      expect(value.infoHash).not.toBe(before.infoHash);
      return value;
    });
    expect(after.revision).toBe(2);
  });

  test('only in its modification time keeps the torrent and serves on', async () => {
    const { media, url } = await release(one('touched.iso'));
    const before = await readyTorrent(url);
    const { mtimeMs } = await stat(pathOf(media[0]!));
    await utimes(pathOf(media[0]!), new Date(), new Date(mtimeMs + 5_000));
    expect(await webSeedStatus(before.webSeeds[0]!)).toBe(404);
    await eventually(async () => {
      expect(await webSeedStatus(before.webSeeds[0]!)).toBe(200);
    });
    expect(await readyTorrent(url)).toMatchObject({ infoHash: before.infoHash });
  });
});

test('media deleted from the library takes its torrent along', async () => {
  const { media, url } = await release(one('deleted.iso'));
  const before = await readyTorrent(url);
  await removeMedia(site.strapi, media[0]!.id);
  await eventually(async () => {
    expect(await get(url)).toMatchObject({ body: { data: { torrent: null } } });
  });
  expect((await get(before.torrentUrl!)).status).toBe(403);
});

describe('what cannot be hashed is said, and can be tried again', () => {
  test('an empty file', async () => {
    const { url } = await release(one('empty.iso', Buffer.alloc(0)));
    expect(await readyTorrent(url, undefined, 'failed')).toMatchObject({
      error: 'The file is empty.',
      infoHash: null,
      magnet: null,
      torrentUrl: null,
      files: [],
    });
  });

  test('a file that is missing in storage heals with the next save', async () => {
    const file = one('lost.iso');
    const media = await upload(site.strapi, file.name, file.bytes);
    await rm(pathOf(media));
    const id = await publish('release', { title: 'Lost', files: [media.id] });
    const url = `${site.url}/api/releases/${id}`;
    expect(await readyTorrent(url, undefined, 'failed')).toMatchObject({
      error: 'The file is not in storage.',
    });
    await writeFile(pathOf(media), file.bytes);
    await documents(site.strapi, 'release').publish({ documentId: id });
    expect(await readyTorrent(url)).toMatchObject({ name: 'lost.iso', size: 50_000 });
  });

  test('a file that cannot be read', async () => {
    const media = await upload(site.strapi, 'folder.iso', randomBytes(10));
    await rm(pathOf(media));
    await mkdir(pathOf(media));
    const id = await publish('release', { title: 'Folder', files: [media.id] });
    const value = await readyTorrent(`${site.url}/api/releases/${id}`, undefined, 'failed');
    expect(value.error).toBe('This is not a regular file.');
  });
});

describe('names', () => {
  test.each([
    ['50% of #1?.bin', '50_ of _1_.bin'],
    ['a b é + c.bin', 'a b é + c.bin'],
    ['emoji 🐧.bin', 'emoji 🐧.bin'],
    [`${'é'.repeat(130)}.bin`, `${'é'.repeat(125)}.bin`],
    ['con.bin', '_con.bin'],
  ])('like %j are safe in the torrent and served by the web seed', async (name, expected) => {
    const bytes = randomBytes(20_000);
    const media = await upload(site.strapi, name, bytes);
    const id = await publish('release', { title: name.slice(0, 50), files: [media.id] });
    const torrent = await readyTorrent(`${site.url}/api/releases/${id}`);
    expect(torrent.name).toBe(expected);
    const served = await fetch(torrent.webSeeds[0]!);
    expect(Buffer.from(await served.arrayBuffer()).equals(bytes)).toBe(true);
  });
});

describe('a field of picked files', () => {
  test('takes documentIds and numeric ids of media', async () => {
    const a = await upload(site.strapi, 'pick a.bin', randomBytes(1_000));
    const b = await upload(site.strapi, 'pick b.bin', randomBytes(1_000));
    const id = await publish('bundle', {
      title: 'Picked',
      torrent: { files: [b.documentId, a.id] },
    });
    const torrent = await readyTorrent(`${site.url}/api/bundles/${id}`);
    expect(torrent.files.map(({ path }) => path)).toEqual(['pick a.bin', 'pick b.bin']);
  });

  test('keeps its files when the entry is sent back as it was read', async () => {
    const media = await upload(site.strapi, 'kept.bin', randomBytes(1_000));
    const id = await publish('bundle', { title: 'Kept', torrent: { files: [media.documentId] } });
    const url = `${site.url}/api/bundles/${id}`;
    const torrent = await readyTorrent(url);
    await documents(site.strapi, 'bundle').update({
      documentId: id,
      data: { title: 'New', torrent },
    });
    expect(await readyTorrent(url)).toEqual(torrent);
  });

  test.each([null, { files: [] }])('is emptied by %j', async (empty) => {
    const media = await upload(site.strapi, 'emptied.bin', randomBytes(1_000));
    const id = await publish('bundle', {
      title: 'Emptied',
      torrent: { files: [media.documentId] },
    });
    const url = `${site.url}/api/bundles/${id}`;
    await readyTorrent(url);
    await documents(site.strapi, 'bundle').update({ documentId: id, data: { torrent: empty } });
    expect(await get(url)).toMatchObject({ body: { data: { torrent: null } } });
  });

  test('says so when a picked file is gone, and makes no torrent of the rest', async () => {
    const a = await upload(site.strapi, 'rest.bin', randomBytes(1_000));
    const b = await upload(site.strapi, 'gone.bin', randomBytes(1_000));
    const id = await publish('bundle', {
      title: 'Gone',
      torrent: { files: [a.documentId, b.documentId] },
    });
    const url = `${site.url}/api/bundles/${id}`;
    await readyTorrent(url);
    await removeMedia(site.strapi, b.id);
    expect(await readyTorrent(url, undefined, 'failed')).toMatchObject({
      error: 'The file is not in the media library. (file 2 of 2)',
    });
  });

  test.each([
    ['text', 'must be null or an object'],
    [7, 'must be null or an object'],
    [['a'], 'must be null or an object'],
    [{ files: 'a' }, 'must be a list of media ids'],
    [{ files: [1.5] }, 'must be a list of media ids'],
    [{ files: [''] }, 'must be a list of media ids'],
    [{ files: ['a', { path: 'x' }] }, 'must be a list of media ids'],
    [{ files: [999_999] }, 'there is no media with the id 999999'],
    [{ files: Array.from({ length: 1001 }, () => 'a') }, 'at most 1000 files'],
  ])('refuses what is no selection (case %#)', async (torrent, reason) => {
    const created = documents(site.strapi, 'bundle').create({ data: { title: 'Bad', torrent } });
    await expect(created).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(new RegExp(`^torrent.*${reason}`)),
    });
  });
});

test('nobody can forge a torrent through the field', async () => {
  const { id, url } = await release(one('honest.iso'));
  const honest = await readyTorrent(url);
  const forged = {
    status: 'ready',
    infoHash: 'f'.repeat(40),
    job: 'f'.repeat(64),
    revision: 99,
    magnet: 'magnet:?xt=urn:btih:ffff',
    seeders: 1000,
  };
  await documents(site.strapi, 'release').update({
    documentId: id,
    data: { torrent: forged },
    status: 'published',
  });
  expect(await readyTorrent(url)).toEqual(honest);
  const empty = await publish('release', { title: 'Nothing attached', torrent: forged });
  expect(await get(`${site.url}/api/releases/${empty}`)).toMatchObject({
    body: { data: { torrent: null } },
  });
});

describe('fields inside components and dynamic zones', () => {
  test('each get their torrent', async () => {
    const media = [];
    for (const name of ['hero', 'list 0', 'list 1', 'block', 'nested']) {
      media.push((await upload(site.strapi, `${name}.bin`, randomBytes(3_000))).id);
    }
    const [hero, list0, list1, block, nested] = media;
    const id = await publish('page', {
      title: 'Page',
      hero: { heading: 'h', download: { file: hero } },
      downloads: [{ file: list0 }, { label: 'empty' }, { file: list1 }],
      blocks: [
        { __component: 'shared.text', body: 'text' },
        { __component: 'shared.download', file: block },
        { __component: 'shared.section', download: { file: nested } },
      ],
    });
    const populate =
      'populate[hero][populate]=download&populate[downloads]=true&' +
      'populate[blocks][on][shared.download][populate]=*&populate[blocks][on][shared.text]=true&' +
      'populate[blocks][on][shared.section][populate]=download';
    const url = `${site.url}/api/pages/${id}?${populate}`;
    const names = await eventually(async () => {
      const { body } = await get(url);
      const found = [...JSON.stringify(body).matchAll(/"status":"ready"[^}]*?"name":"([^"]+)"/g)];
      expect(found).toHaveLength(5);
      return found.map(([, name]) => name).sort();
    });
    expect(names).toEqual(['block.bin', 'hero.bin', 'list 0.bin', 'list 1.bin', 'nested.bin']);
    const { body } = await get(url);
    expect(body).toMatchObject({
      data: { downloads: [{}, { label: 'empty', torrent: null }, {}] },
    });
  });

  test('follow when a component moves or goes', async () => {
    const a = await upload(site.strapi, 'moving a.bin', randomBytes(3_000));
    const b = await upload(site.strapi, 'moving b.bin', randomBytes(3_000));
    const id = await publish('page', {
      title: 'Moves',
      downloads: [{ file: a.id }, { file: b.id }],
    });
    const url = `${site.url}/api/pages/${id}?populate[downloads]=true`;
    const nth = (n: number) => (data: Record<string, unknown>) =>
      (data['downloads'] as { torrent: unknown }[])[n]?.torrent;
    const second = await readyTorrent(url, undefined, 'ready', nth(1));
    const first = await readyTorrent(url, undefined, 'ready', nth(0));
    await documents(site.strapi, 'page').update({
      documentId: id,
      data: { downloads: [{ file: b.id }] },
      status: 'published',
    });
    const left = await readyTorrent(url, undefined, 'ready', nth(0));
    expect(left.infoHash).toBe(second.infoHash);
    expect((await get(first.torrentUrl!)).status).toBe(403);
  });
});

test('each locale has its own torrent', async () => {
  const locales: { create(locale: object): Promise<unknown> } = site.strapi
    .plugin('i18n')
    .service('locales');
  await locales.create({ code: 'fr', name: 'French' });
  const english = await upload(site.strapi, 'english.bin', randomBytes(3_000));
  const french = await upload(site.strapi, 'français.bin', randomBytes(3_000));
  const articles = documents(site.strapi, 'article');
  const { documentId } = await articles.create({
    data: { title: 'English', file: english.id },
    locale: 'en',
    status: 'published',
  });
  await articles.update({
    documentId,
    locale: 'fr',
    data: { title: 'Français', file: french.id },
    status: 'published',
  });
  const url = `${site.url}/api/articles/${documentId}`;
  const inEnglish = await readyTorrent(url);
  const inFrench = await readyTorrent(`${url}?locale=fr`);
  expect([inEnglish.name, inFrench.name]).toEqual(['english.bin', 'français.bin']);
  await articles.delete({ documentId, locale: 'fr' });
  expect((await get(inFrench.torrentUrl!)).status).toBe(403);
  expect((await get(`${site.url}/api/bittorrent/torrents/${inEnglish.infoHash!}`)).status).toBe(
    200,
  );
});

describe('drafts', () => {
  test('have a torrent of their own until they are published', async () => {
    const { id, url } = await release(one('published.iso'));
    const published = await readyTorrent(url);
    const media = await upload(site.strapi, 'draft.iso', randomBytes(3_000));
    const releases = documents(site.strapi, 'release');
    await releases.update({ documentId: id, data: { files: [media.id] } });
    expect(await readyTorrent(url)).toEqual(published);
    await releases.publish({ documentId: id });
    const after = await readyTorrent(url);
    expect(after).toMatchObject({ name: 'draft.iso', revision: 2 });
  });

  test('that are discarded leave no torrent behind', async () => {
    const { id, url } = await release(one('stays.iso'));
    const published = await readyTorrent(url);
    const media = await upload(site.strapi, 'discarded.iso', randomBytes(3_000));
    const releases = documents(site.strapi, 'release');
    await releases.update({ documentId: id, data: { files: [media.id] } });
    await releases.discardDraft({ documentId: id });
    await releases.publish({ documentId: id });
    expect(await readyTorrent(url)).toEqual(published);
  });

  test('that are cloned share the torrent, and keep it when the first entry goes', async () => {
    const { id, url } = await release(one('cloned.iso'));
    const torrent = await readyTorrent(url);
    const releases = documents(site.strapi, 'release');
    const clone = await releases.clone({ documentId: id, data: { title: 'Clone' } });
    await releases.publish({ documentId: clone.documentId });
    await releases.delete({ documentId: id });
    expect(await readyTorrent(`${site.url}/api/releases/${clone.documentId}`)).toMatchObject({
      infoHash: torrent.infoHash,
      revision: 1,
    });
  });
});

test('populated relations carry live torrents too', async () => {
  const { id, url } = await release(one('related.iso'));
  const torrent = await readyTorrent(url);
  const shelf = await publish('shelf', { title: 'Shelf', releases: [id] });
  const { body } = await get(`${site.url}/api/shelves/${shelf}?populate=releases`);
  expect(body).toMatchObject({ data: { releases: [{ torrent }] } });
});

test('a field whose source names nothing stays empty and breaks nothing', async () => {
  const id = await publish('broken', { title: 'Broken' });
  expect(await get(`${site.url}/api/brokens/${id}`)).toMatchObject({
    status: 200,
    body: { data: { title: 'Broken', torrent: null } },
  });
});

test('a restart keeps every torrent and hashes nothing again', async () => {
  const { url } = await release(one('restarted.iso'));
  const before = await readyTorrent(url);
  await site.restart();
  expect(await readyTorrent(url)).toEqual(before);
});

function pathOf({ hash, ext }: UploadedFile): string {
  return join(site.publicDir, 'uploads', `${hash}${ext}`);
}

async function webSeedStatus(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

function announceUrl(infoHash: string): string {
  const escaped = infoHash.replace(/../g, '%$&');
  return `${site.url}/announce?info_hash=${escaped}&peer_id=-TT0001-000000000000&port=7000&uploaded=0&downloaded=0&left=1`;
}

describe('inside a transaction of the caller’s', () => {
  test('the torrent comes once it is committed, and nothing waits for it', async () => {
    const media = await upload(site.strapi, 'committed.iso', randomBytes(3_000));
    const id = await site.strapi.db.transaction(async () => {
      const documentId = await publish('release', { title: 'Committed', files: [media.id] });
      await documents(site.strapi, 'release').update({ documentId, data: { title: 'Again' } });
      return documentId;
    });
    expect(await readyTorrent(`${site.url}/api/releases/${id}`)).toMatchObject({
      name: 'committed.iso',
    });
  });

  test('that is rolled back no torrent comes', async () => {
    const media = await upload(site.strapi, 'rolled back.iso', randomBytes(3_000));
    const failing = site.strapi.db.transaction(async () => {
      await publish('release', { title: 'Rolled back', files: [media.id] });
      throw new Error('on purpose');
    });
    await expect(failing).rejects.toThrow('on purpose');
    // What comes after it in the queue is ready: so would this one be.
    await readyTorrent((await release(one('after the rollback.iso'))).url);
    const { body } = await get(`${site.url}/api/bittorrent/torrents?search=rolled`);
    expect(body).toMatchObject({ data: [] });
  });

  test('as the content manager opens one for bulk actions', async () => {
    const { id, url } = await release(one('in bulk.iso'));
    const torrent = await readyTorrent(url);
    const admin = await createAdmin(site);
    const actions = `${site.url}/content-manager/collection-types/api::release.release/actions`;
    const bulk = (action: string) =>
      send('POST', `${actions}/${action}`, admin, { documentIds: [id] });
    expect((await bulk('bulkUnpublish')).status).toBe(200);
    await eventually(async () => expect((await get(torrent.torrentUrl!)).status).toBe(403));
    expect((await bulk('bulkPublish')).status).toBe(200);
    expect(await readyTorrent(url)).toMatchObject({ infoHash: torrent.infoHash });
  });
});
