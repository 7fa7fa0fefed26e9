import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminFieldState, AdminTorrentRow } from '../../shared/admin-api';
import { createAdmin, send } from './support/admin';
import { allow, documents, eventually, upload } from './support/content';
import { announce } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

const RELEASE = 'api::release.release';
const READ_RELEASES = { action: 'plugin::content-manager.explorer.read', subject: RELEASE };

let site: TestSite;
let superAdmin: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  site = await startSite();
  await allow(site.strapi, 'public', 'release');
  superAdmin = await createAdmin(site);
  for (const [title, name, size] of [
    ['Penguin', 'zebra.iso', 30_000],
    ['Walrus', 'yak.iso', 10_000],
    ['Seal', 'xerus.iso', 20_000],
  ] as const) {
    const media = await upload(site.strapi, name, randomBytes(size));
    const data = { title, files: [media.id] };
    const entry = await documents(site.strapi, 'release').create({ data, status: 'published' });
    ids[title] = entry.documentId;
    await eventually(async () => expect((await fields(title))[0]?.status).toBe('ready'));
  }
});

afterAll(() => site.stop());

async function fields(title: string, more = '', bearer = superAdmin): Promise<AdminFieldState[]> {
  const query = `uid=${RELEASE}&documentId=${ids[title]!}${more}`;
  const { status, body } = await send('GET', `${site.url}/bittorrent/fields?${query}`, bearer);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body['data'] as AdminFieldState[];
}

describe('every admin route', () => {
  interface Route {
    method: string;
    path: string;
    config: { policies?: unknown[] };
  }

  const routes = (): Route[] => {
    const { admin } = site.strapi.plugin('bittorrent').routes as unknown as {
      admin: { routes: Route[] };
    };
    return admin.routes;
  };

  const visit = (route: Route, bearer?: string) => {
    const version = { uid: RELEASE, documentId: 'x', key: '0'.repeat(64) };
    const query = new URLSearchParams({ ...version, ids: 'x' }).toString();
    const url = `${site.url}/bittorrent${route.path}?${query}`;
    return send(route.method, url, bearer, route.method === 'POST' ? version : undefined);
  };

  test('is closed to strangers', async () => {
    for (const route of routes()) expect((await visit(route)).status).toBe(401);
    expect(routes().length).toBeGreaterThanOrEqual(5);
  });

  test('is closed to an admin user without the permission for it', async () => {
    const nobody = await createAdmin(site, []);
    for (const route of routes()) {
      expect([route.path, (await visit(route, nobody)).status]).toEqual([route.path, 403]);
    }
  });

  test('of an entry is closed to an admin user whose conditions leave it out', async () => {
    const condition = { ...READ_RELEASES, conditions: ['admin::is-creator'] };
    const author = await createAdmin(site, [condition]);
    const query = `uid=${RELEASE}&documentId=${ids['Walrus']!}`;
    const foreign = await send('GET', `${site.url}/bittorrent/fields?${query}`, author);
    expect(foreign.status).toBe(403);
    const me = await send('GET', `${site.url}/admin/users/me`, author);
    const { id } = me.body['data'] as { id: number };
    await site.strapi.db
      .query(RELEASE)
      .updateMany({ where: { documentId: ids['Walrus'] }, data: { createdBy: id } });
    const own = await send('GET', `${site.url}/bittorrent/fields?${query}`, author);
    expect(own).toMatchObject({ status: 200, body: { data: [{ status: 'ready' }] } });
  });

  test('names its guards', () => {
    for (const { path, config } of routes()) {
      expect([path, config.policies?.length]).toEqual([path, 2]);
    }
  });

  test('opens to who has just the permission it asks for', async () => {
    const reader = await createAdmin(site, [{ action: 'plugin::bittorrent.read' }]);
    const editor = await createAdmin(site, [READ_RELEASES]);
    const list = (bearer: string) => send('GET', `${site.url}/bittorrent/torrents`, bearer);
    const entry = (bearer: string) =>
      send(
        'GET',
        `${site.url}/bittorrent/fields?uid=${RELEASE}&documentId=${ids['Seal']!}`,
        bearer,
      );
    expect([(await list(reader)).status, (await entry(reader)).status]).toEqual([200, 403]);
    expect([(await list(editor)).status, (await entry(editor)).status]).toEqual([403, 200]);
  });
});

describe('the table of all torrents', () => {
  const list = async (query = '') => {
    const { status, body } = await send(
      'GET',
      `${site.url}/bittorrent/torrents${query}`,
      superAdmin,
    );
    return { status, body, rows: body['data'] as AdminTorrentRow[] };
  };

  test('shows torrents with their entries', async () => {
    const { rows, body } = await list('?search=zebra');
    expect(rows).toEqual([
      {
        key: expect.stringMatching(/^[0-9a-f]{64}$/),
        infoHash: expect.stringMatching(/^[0-9a-f]{40}$/),
        name: 'zebra.iso',
        size: 30_000,
        status: 'ready',
        progress: 1,
        error: null,
        takedown: null,
        private: false,
        createdAt: expect.any(String),
        seeders: 0,
        leechers: 0,
        completed: 0,
        served: { webSeed: 0, everseed: 0, peers: 0 },
        entries: [
          {
            uid: RELEASE,
            documentId: ids['Penguin'],
            locale: null,
            published: true,
            title: 'Penguin',
            contentType: 'Release',
            kind: 'collectionType',
          },
        ],
      },
    ]);
    expect(body['meta']).toEqual({
      pagination: { page: 1, pageSize: 10, pageCount: 1, total: 1 },
      served: { webSeed: 0, everseed: 0, peers: 0 },
    });
  });

  test.each([
    ['?sort=name:ASC', ['xerus.iso', 'yak.iso', 'zebra.iso']],
    ['?sort=size:DESC', ['zebra.iso', 'xerus.iso', 'yak.iso']],
    ['?sort=createdAt:ASC', ['zebra.iso', 'yak.iso', 'xerus.iso']],
    ['?sort=name:ASC&pageSize=2&page=2', ['zebra.iso']],
    ['?search=walr', ['yak.iso']],
    ['?search=ISO&sort=name', ['xerus.iso', 'yak.iso', 'zebra.iso']],
  ])('%s gives %j', async (query, names) => {
    expect((await list(query)).rows.map(({ name }) => name)).toEqual(names);
  });

  test('sorts by live counts', async () => {
    const { rows } = await list('?search=yak');
    await announce(site.url, rows[0]!.infoHash!);
    expect((await list('?sort=leechers:DESC')).rows[0]).toMatchObject({
      name: 'yak.iso',
      leechers: 1,
    });
  });

  test.each(['?sort=x:ASC', '?page=0', '?pageSize=1000'])('refuses %s with 400', async (query) => {
    expect((await list(query)).status).toBe(400);
  });

  test('shows what failed, and why', async () => {
    const media = await upload(site.strapi, 'empty.iso', Buffer.alloc(0));
    await documents(site.strapi, 'release').create({ data: { title: 'Empty', files: [media.id] } });
    await eventually(async () => {
      const { rows } = await list('?search=empty');
      expect(rows).toMatchObject([
        {
          status: 'failed',
          infoHash: null,
          size: null,
          error: { code: 'file-empty', message: 'The file is empty.' },
          entries: [{ title: 'Empty', published: false }],
        },
      ]);
    });
  });
});

describe('the state of an entry', () => {
  test('holds all that the edit view shows', async () => {
    const [state] = await fields('Penguin', '&status=published');
    expect(state).toMatchObject({
      path: 'torrent',
      status: 'ready',
      name: 'zebra.iso',
      size: 30_000,
      source: { kind: 'attribute', attribute: 'files' },
      media: [{ name: 'zebra.iso' }],
      published: true,
      public: true,
      protection: 'public',
      revision: 1,
      magnet: expect.stringContaining(`magnet:?xt=urn:btih:${state!.infoHash!}`),
      torrentUrl: `${site.url}/api/bittorrent/torrents/${state!.infoHash!}.torrent`,
      webSeed: { ok: true, url: expect.stringContaining('/webseed/public/') },
    });
  });

  test('tells draft and published version apart', async () => {
    const [published] = await fields('Seal', '&status=published');
    expect((await fields('Seal'))[0]).toEqual(published);
    const media = await upload(site.strapi, 'new draft.iso', randomBytes(1_000));
    await documents(site.strapi, 'release').update({
      documentId: ids['Seal'],
      data: { files: [media.id] },
    });
    const [draft] = await fields('Seal');
    expect(draft).toMatchObject({ name: 'new draft.iso', published: false, revision: 2 });
    expect(await fields('Seal', '&status=published')).toEqual([published]);
  });

  test('is empty for an entry without files, and for an unknown one', async () => {
    const { documentId } = await documents(site.strapi, 'release').create({
      data: { title: 'None' },
    });
    ids['None'] = documentId;
    ids['Unknown'] = 'unknown';
    expect(await fields('None')).toEqual([]);
    expect(await fields('Unknown')).toEqual([]);
  });

  test('refuses an unknown content type', async () => {
    const url = `${site.url}/bittorrent/fields?uid=api::no.no&documentId=x`;
    expect((await send('GET', url, superAdmin)).status).toBe(403);
  });

  test('says why the web seed does not work', async () => {
    const media = await upload(site.strapi, 'vanishing.iso', randomBytes(5_000));
    const data = { title: 'Vanishing', files: [media.id] };
    const entry = await documents(site.strapi, 'release').create({ data, status: 'published' });
    ids['Vanishing'] = entry.documentId;
    await eventually(async () => {
      expect((await fields('Vanishing'))[0]?.webSeed).toMatchObject({ ok: true });
    });
    const filename = join(site.publicDir, 'uploads', `${media.hash}${media.ext}`);
    await rm(filename);
    expect((await fields('Vanishing'))[0]?.webSeed).toEqual({ ok: false, reason: 'file-missing' });
    await writeFile(filename, 'other bytes');
    expect((await fields('Vanishing'))[0]?.webSeed).toEqual({ ok: false, reason: 'file-changed' });
  });
});

describe('try again', () => {
  test('hashes a failed torrent once its file is there', async () => {
    const bytes = randomBytes(5_000);
    const media = await upload(site.strapi, 'again.iso', bytes);
    const filename = join(site.publicDir, 'uploads', `${media.hash}${media.ext}`);
    await rm(filename);
    const { documentId } = await documents(site.strapi, 'release').create({
      data: { title: 'Again', files: [media.id] },
    });
    ids['Again'] = documentId;
    const failed = await eventually(async () => {
      const [state] = await fields('Again');
      expect(state).toMatchObject({ status: 'failed', error: { code: 'file-missing' } });
      return state!;
    });
    const retry = (key: string) =>
      send('POST', `${site.url}/bittorrent/fields/retry`, superAdmin, {
        uid: RELEASE,
        documentId,
        key,
      });
    expect((await retry(failed.key)).status).toBe(200);
    await eventually(async () => expect((await fields('Again'))[0]?.status).toBe('failed'));
    await writeFile(filename, bytes);
    const [{ key } = failed] = await fields('Again');
    expect((await retry(key)).status).toBe(200);
    await eventually(async () => expect((await fields('Again'))[0]?.status).toBe('ready'));
    const [ready] = await fields('Again');
    expect((await retry(ready!.key)).status).toBe(404);
  });
});

describe('the .torrent for an admin', () => {
  test('comes for a draft too', async () => {
    const [state] = await fields('Walrus');
    const query = `uid=${RELEASE}&documentId=${ids['Walrus']!}&key=${state!.key}`;
    const url = `${site.url}/bittorrent/fields/file?${query}`;
    const { status, headers, body } = await send('GET', url, superAdmin);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/x-bittorrent');
    expect(body['text']).toContain('yak.iso');
  });

  test('does not come by way of another entry', async () => {
    const [state] = await fields('Walrus');
    const query = `uid=${RELEASE}&documentId=${ids['Seal']!}&key=${state!.key}`;
    const { status } = await send('GET', `${site.url}/bittorrent/fields/file?${query}`, superAdmin);
    expect(status).toBe(404);
  });
});

test('names of picked media are given in the order asked for', async () => {
  const a = await upload(site.strapi, 'media a.bin', randomBytes(2_000));
  const b = await upload(site.strapi, 'media b.bin', randomBytes(1_000));
  const url = `${site.url}/bittorrent/media?ids=${b.documentId},unknown,${a.documentId}`;
  const { body } = await send('GET', url, superAdmin);
  expect(body).toEqual({
    data: [
      { documentId: b.documentId, name: 'media b.bin', size: 1_000 },
      { documentId: a.documentId, name: 'media a.bin', size: 2_000 },
    ],
  });
});
