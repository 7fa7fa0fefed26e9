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
import { announce } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

let site: TestSite;
let member: TestUser;
const ids: Record<string, string> = {};
const torrents: Record<string, TorrentValue> = {};

beforeAll(async () => {
  site = await startSite({
    config: {
      tracker: { announcePath: '/announce-here', interval: 300, minInterval: 120 },
      metainfo: { pieceLength: 65_536, comment: 'Made by us', source: 'our site' },
      webSeed: { url: 'http://cdn.example/' },
    },
  });
  await allow(site.strapi, 'public', 'release', 'page', 'shelf');
  await allow(site.strapi, 'member', 'release', 'secret');
  member = await createUser(site.strapi, 'alice', 'member');
  for (const [name, size] of [
    ['alpha', 30_000],
    ['beta', 10_000],
    ['gamma', 20_000],
  ] as const) {
    const media = await upload(site.strapi, `${name}.iso`, randomBytes(size));
    const data = { title: name, files: [media.id] };
    const entry = await documents(site.strapi, 'release').create({ data, status: 'published' });
    ids[name] = entry.documentId;
    torrents[name] = await readyTorrent(`${site.url}/api/releases/${entry.documentId}`);
  }
  const media = await upload(site.strapi, 'secret.iso', randomBytes(5_000));
  const data = { title: 'secret', file: media.id };
  const entry = await documents(site.strapi, 'secret').create({ data, status: 'published' });
  ids['secret'] = entry.documentId;
  torrents['secret'] = await readyTorrent(
    `${site.url}/api/secrets/${entry.documentId}`,
    member.bearer,
  );
});

afterAll(() => site.stop());

describe('GET /api/bittorrent/torrents', () => {
  const list = (query = '', bearer?: string) =>
    get(`${site.url}/api/bittorrent/torrents${query}`, bearer);

  test('gives the caller what he may have, in Strapi’s shape', async () => {
    const { status, body } = await list();
    expect(status).toBe(200);
    expect(body).toEqual({
      data: [torrents['gamma'], torrents['beta'], torrents['alpha']],
      meta: { pagination: { page: 1, pageSize: 25, pageCount: 1, total: 3 } },
    });
    expect((await list('', member.bearer)).body).toMatchObject({
      meta: { pagination: { total: 4 } },
    });
  });

  test.each([
    ['?sort=name:ASC', ['alpha', 'beta', 'gamma']],
    ['?sort=name:desc', ['gamma', 'beta', 'alpha']],
    ['?sort=size', ['beta', 'gamma', 'alpha']],
    ['?sort=createdAt:ASC', ['alpha', 'beta', 'gamma']],
    ['?search=ETA', ['beta']],
    ['?search=nothing', []],
    ['?sort=name:ASC&pagination[pageSize]=2', ['alpha', 'beta']],
    ['?sort=name:ASC&pagination[pageSize]=2&pagination[page]=2', ['gamma']],
    ['?pagination[page]=9', []],
    ['?contentType=api::secret.secret', []],
    [
      '?filters[contentType]=api::release.release&search=a.iso&sort=name:ASC',
      ['alpha', 'beta', 'gamma'],
    ],
  ])('%s gives %j', async (query, names) => {
    const { body } = await list(query);
    const found = (body['data'] as TorrentValue[]).map(({ name }) => name);
    expect(found).toEqual(names.map((name) => `${name}.iso`));
  });

  test('finds by the beginning of an info-hash', async () => {
    const { infoHash } = torrents['beta']!;
    const { body } = await list(`?search=${infoHash!.slice(0, 12)}`);
    expect(body).toMatchObject({ data: [{ infoHash }] });
  });

  test('sorts by live counts', async () => {
    await announce(`${site.url}/announce-here?x=`, torrents['beta']!.infoHash!).catch(
      () => undefined,
    );
    await fetch(announceUrl(torrents['beta']!.infoHash!, 1));
    const { body } = await list('?sort=leechers:DESC');
    expect(body).toMatchObject({ data: [{ name: 'beta.iso', leechers: 1 }, {}, {}] });
  });

  test.each([
    ['?sort=color', 'sort'],
    ['?sort=name:UP', 'sort'],
    ['?pagination[page]=0', 'pagination.page'],
    ['?pagination[pageSize]=101', 'pagination.pageSize'],
    ['?pagination[pageSize]=x', 'pagination.pageSize'],
    [`?search=${'x'.repeat(201)}`, 'search'],
  ])('refuses %s with 400 and the parameter', async (query, parameter) => {
    const { status, body } = await list(query);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      error: { name: 'ValidationError', message: expect.stringContaining(`${parameter}: `) },
    });
  });
});

describe('GET /api/bittorrent/torrents/:infoHash', () => {
  test('gives one, also by an upper-case info-hash', async () => {
    const { infoHash } = torrents['alpha']!;
    const url = `${site.url}/api/bittorrent/torrents/${infoHash!.toUpperCase()}`;
    expect((await get(url)).body).toEqual({ data: torrents['alpha'] });
  });

  test.each(['zz', 'a'.repeat(39), 'a'.repeat(41)])('refuses %s with 400', async (infoHash) => {
    const { status } = await get(`${site.url}/api/bittorrent/torrents/${infoHash}`);
    expect(status).toBe(400);
  });
});

describe('the .torrent', () => {
  test('carries the site’s configuration and nobody else’s tracker', async () => {
    const { default: parseTorrent } = await import('parse-torrent');
    const response = await fetch(torrents['alpha']!.torrentUrl!);
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="alpha.iso.torrent"',
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(await parseTorrent(bytes)).toMatchObject({
      infoHash: torrents['alpha']!.infoHash,
      announce: [`${site.url}/announce-here`, `${site.url.replace('http', 'ws')}/announce-here`],
      urlList: [`http://cdn.example/webseed/public/${torrents['alpha']!.infoHash!}/alpha.iso`],
      pieceLength: 65_536,
      comment: 'Made by us',
      createdBy: 'strapi-plugin-bittorrent',
    });
    expect(bytes.toString('latin1')).toContain('6:source8:our site');
    expect(bytes.toString('latin1')).not.toContain('5:nodes');
  });

  test('is the same file every time', async () => {
    const url = torrents['alpha']!.torrentUrl!;
    const [first, second] = await Promise.all(
      [url, url].map(async (u) => Buffer.from(await (await fetch(u)).arrayBuffer())),
    );
    expect(first!.equals(second!)).toBe(true);
  });
});

describe('the tracker behind Strapi’s port', () => {
  test('answers under the configured path with the configured intervals', async () => {
    const answer = await (await fetch(announceUrl(torrents['alpha']!.infoHash!, 5))).text();
    // Give or take a tenth.
    const interval = Number(/8:intervali(\d+)e/.exec(answer)?.[1]);
    expect(interval).toBeGreaterThanOrEqual(270);
    expect(interval).toBeLessThanOrEqual(330);
    expect(answer).toMatch(/12:min intervali120e/);
    expect((await fetch(`${site.url}/announce`)).status).toBe(404);
  });

  test('shows live counts wherever the torrent appears', async () => {
    const { infoHash } = torrents['gamma']!;
    await fetch(announceUrl(infoHash!, 0));
    await fetch(announceUrl(infoHash!, 9));
    const counts = { seeders: 1, leechers: 1, completed: 0 };
    const entry = await get(`${site.url}/api/releases/${ids['gamma']!}`);
    expect(entry.body).toMatchObject({ data: { torrent: counts } });
    await fetch(`${announceUrl(infoHash!, 0, 9)}&event=completed`);
    const after = await get(`${site.url}/api/bittorrent/torrents/${infoHash!}`);
    expect(after.body).toMatchObject({ data: { seeders: 2, leechers: 0, completed: 1 } });
  });

  test('keeps the completed counter over a restart', async () => {
    const { infoHash } = torrents['gamma']!;
    await site.restart();
    const { body } = await get(`${site.url}/api/bittorrent/torrents/${infoHash!}`);
    expect(body).toMatchObject({ data: { completed: 1 } });
  });

  test('costs no database query per announce', async () => {
    let queries = 0;
    const count = (): void => void (queries += 1);
    site.strapi.db.connection.on('query', count);
    for (let n = 0; n < 200; n += 1) await fetch(announceUrl(torrents['alpha']!.infoHash!, n + 1));
    site.strapi.db.connection.off('query', count);
    expect(queries).toBe(0);
  });
});

describe('GraphQL', () => {
  async function query(text: string, bearer?: string): Promise<Record<string, unknown>> {
    const response = await fetch(`${site.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(bearer === undefined ? {} : { authorization: bearer }),
      },
      body: JSON.stringify({ query: text }),
    });
    return (await response.json()) as Record<string, unknown>;
  }

  const FIELDS =
    'status progress error infoHash infoHashV2 name size pieceLength files { path size } private ' +
    'magnet torrentUrl webSeeds seeders leechers completed revision createdAt';

  test('gives the same values as REST', async () => {
    const result = await query(
      `{ release(documentId: "${ids['beta']!}") { torrent { __typename ${FIELDS} } } }`,
    );
    const rest = await get(`${site.url}/api/releases/${ids['beta']!}`);
    expect(result).toEqual({
      data: {
        release: {
          torrent: {
            __typename: 'BittorrentTorrent',
            ...(rest.body['data'] as { torrent: object }).torrent,
          },
        },
      },
    });
  });

  test('gives a member his own links', async () => {
    const text = `{ secret(documentId: "${ids['secret']!}") { torrent { magnet } } }`;
    expect(await query(text, member.bearer)).toEqual({
      data: { secret: { torrent: { magnet: torrents['secret']!.magnet } } },
    });
    expect(await query(text)).toMatchObject({ errors: [{ message: 'Forbidden access' }] });
  });

  test('reaches torrents in components', async () => {
    const media = await upload(site.strapi, 'component.iso', randomBytes(1_000));
    const { documentId } = await documents(site.strapi, 'page').create({
      data: {
        title: 'Page',
        downloads: [{ file: media.id }],
        blocks: [{ __component: 'shared.download', file: media.id }],
      },
      status: 'published',
    });
    await readyTorrent(
      `${site.url}/api/pages/${documentId}?populate=downloads`,
      undefined,
      'ready',
      (data) => (data['downloads'] as { torrent: unknown }[])[0]?.torrent,
    );
    const text = `{ page(documentId: "${documentId}") {
      downloads { torrent { name } }
      blocks { ... on ComponentSharedDownload { torrent { name } } }
    } }`;
    const torrent = { name: 'component.iso' };
    expect(await query(text)).toEqual({
      data: { page: { downloads: [{ torrent }], blocks: [{ torrent }] } },
    });
  });

  test('has no types for the plugin’s own tables', async () => {
    const result = await query('{ __type(name: "BittorrentPasskey") { name } }');
    expect(result).toEqual({ data: { __type: null } });
  });
});

describe('passkeys', () => {
  test('are their owner’s alone', async () => {
    expect((await get(`${site.url}/api/bittorrent/passkey`)).status).toBe(401);
    const first = await get(`${site.url}/api/bittorrent/passkey`, member.bearer);
    const second = await get(`${site.url}/api/bittorrent/passkey`, member.bearer);
    expect(first.body).toEqual(second.body);
    expect(first.headers.get('cache-control')).toBe('private, no-store');
    const { passkey, announceUrl: url } = first.body['data'] as Record<string, string>;
    expect(passkey).toMatch(/^[0-9a-f]{32}$/);
    expect(url).toBe(`${site.url}/announce-here?passkey=${passkey!}`);
  });

  test('are one per user, also when asked for twice at once', async () => {
    const carol = await createUser(site.strapi, 'carol', 'member');
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => get(`${site.url}/api/bittorrent/passkey`, carol.bearer)),
    );
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  });
});

function announceUrl(infoHash: string, left: number, port = left): string {
  const escaped = infoHash.replace(/../g, '%$&');
  const peer = 'peer_id=-TT0001-000000000000&uploaded=0&downloaded=0';
  return `${site.url}/announce-here?info_hash=${escaped}&${peer}&port=${30_000 + port}&left=${left}`;
}
