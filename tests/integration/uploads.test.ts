import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import sharp from 'sharp';
import { createAdmin, send } from './support/admin';
import {
  allow,
  createUser,
  documents,
  eventually,
  forbid,
  get,
  readyTorrent,
  removeMedia,
  upload,
  type TestUser,
  type UploadedFile,
} from './support/content';
import { startSite, type TestSite } from './support/strapi';

interface File {
  url: string;
  isUrlSigned?: boolean;
  formats?: Record<string, { url: string }>;
}

let site: TestSite;
let member: TestUser;
let stranger: TestUser;
let admin: string;

beforeAll(async () => {
  site = await startSite();
  await allow(site.strapi, 'public', 'release', 'shelf');
  await allow(site.strapi, 'member', 'secret', 'release');
  member = await createUser(site.strapi, 'alice', 'member');
  stranger = await createUser(site.strapi, 'bob', 'stranger');
  admin = await createAdmin(site);
});

afterAll(() => site.stop());

interface Published {
  id: string;
  media: UploadedFile;
  bytes: Buffer;
  /** `/uploads/…` */
  bare: string;
}

async function publish(
  name: string,
  file: string,
  { bytes = randomBytes(50_000), status = 'published' } = {},
): Promise<Published> {
  const media = await upload(site.strapi, file, bytes);
  const field = name === 'release' ? { files: [media.id] } : { file: media.id };
  const data = { title: file, ...field };
  const { documentId } = await documents(site.strapi, name).create({ data, status });
  return { id: documentId, media, bytes, bare: `/uploads/${media.hash}${media.ext}` };
}

const status = async (path: string, init?: RequestInit): Promise<number> => {
  const response = await fetch(`${site.url}${path}`, init);
  await response.arrayBuffer();
  return response.status;
};

/** The file as the content API gives it to a reader of the entry. */
async function fileOf(id: string, bearer?: string): Promise<File> {
  const { body } = await get(`${site.url}/api/secrets/${id}?populate=file`, bearer);
  return (body['data'] as { file: File }).file;
}

/** Sends a request target as it is: `fetch` would tidy it up. */
async function raw(target: string, headers = ''): Promise<{ status: number; text: string }> {
  const socket = connect(Number(new URL(site.url).port), '127.0.0.1');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`);
  let text = '';
  for await (const chunk of socket) text += (chunk as Buffer).toString('latin1');
  return { status: Number(text.slice(9, 12)), text };
}

describe('a file that backs only torrents which Public may not have', () => {
  let secret: Published;

  beforeAll(async () => {
    secret = await publish('secret', 'secret film.mp4');
  });

  test('is refused at its bare URL, to everybody, in plain words', async () => {
    const response = await fetch(`${site.url}${secret.bare}`);
    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(/protected/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await status(secret.bare, { method: 'HEAD' })).toBe(403);
    expect(await status(secret.bare, { headers: { range: 'bytes=0-9' } })).toBe(403);
    expect(await status(secret.bare, { headers: { authorization: member.bearer } })).toBe(403);
    expect(await status(`${secret.bare}?updatedAt=2026`)).toBe(403);
  });

  test('cannot be had by another spelling of its path', async () => {
    const name = `${secret.media.hash}${secret.media.ext}`;
    const { hash, ext } = secret.media;
    const tricks = [
      `//uploads/${name}`,
      `/uploads//${name}`,
      `/uploads/./${name}`,
      `/./uploads/${name}`,
      `/uploads/x/../${name}`,
      `/x/../uploads/${name}`,
      `/uploads/%2e/${name}`,
      `/x/%2e%2e/uploads/${name}`,
      `/x/..%2fuploads/${name}`,
      `/%75ploads/${name}`,
      `/uploads%2f${name}`,
      `/uploads%2F${name}`,
      `/uploads/${name}/`,
      `/uploads/${name}#x`,
      `/uploads/${name}?x`,
      `/uploads/${name}?`,
      `/uploads/${hash}%2e${ext.slice(1)}`,
      `/uploads/%${name.charCodeAt(0).toString(16)}${name.slice(1)}`,
      `http://other.example/uploads/${name}`,
      `http://other.example/%75ploads/${name}`,
      `/uploads/${name}%20`,
      `/uploads/${name}.`,
      `/uploads/${name}::$DATA`,
      `/uploads\\${name}`,
      `/UPLOADS/${name}`,
      `/uploads/${name.toUpperCase()}`,
      `/uploads/${hash}`,
    ];
    const marker = secret.bytes.subarray(0, 64).toString('latin1');
    const answers = await Promise.all(
      tricks.map(async (target) => {
        const answer = await raw(target);
        return { target, got: answer.status === 200 || answer.text.includes(marker) };
      }),
    );
    expect(answers.filter(({ got }) => got)).toEqual([]);
    // The tricks are ones: without the guard most of them reach the file.
    const open = await publish('release', 'open film.mp4');
    const openName = `${open.media.hash}${open.media.ext}`;
    for (const trick of [`/%75ploads/${openName}`, `/x/../uploads/${openName}`]) {
      expect((await raw(trick)).status).toBe(200);
    }
  });

  test('cannot be had where the file system takes another name for the same', async () => {
    const other = secret.bare.toUpperCase().replace('/UPLOADS', '/uploads');
    // What a file system that folds case does by itself.
    await link(join(site.publicDir, secret.bare), join(site.publicDir, other));
    expect(await status(other)).toBe(403);
    await rm(join(site.publicDir, other));
    await writeFile(join(site.publicDir, other), 'somebody else’s file');
    expect(await status(other)).toBe(200);
    await rm(join(site.publicDir, other));
  });

  test.each(['http://[::1/uploads/x', 'http://a:b:c@@/%75ploads', '*', 'uploads'])(
    'a request target that is no path is left to Strapi: %s',
    async (target) => {
      expect((await raw(target)).status).toBeGreaterThanOrEqual(400);
    },
  );

  test('is not had as what a client would unpack', async () => {
    const packed = await publish('secret', 'archive.gz');
    await eventually(async () => expect(await status(packed.bare)).toBe(403));
    const { text, ...answer } = await raw(
      `/uploads/${packed.media.hash}`,
      'Accept-Encoding: gzip\r\n',
    );
    expect(answer.status).toBe(403);
    expect(text).not.toContain(packed.bytes.subarray(0, 64).toString('latin1'));
  });

  test('is guarded from the first request after a restart', async () => {
    await site.restart();
    expect(await status(secret.bare)).toBe(403);
    admin = await createAdmin(site);
  });

  test('is signed for a reader of the entry, in REST and GraphQL, and for nobody else', async () => {
    const file = await fileOf(secret.id, member.bearer);
    expect(file.url).toMatch(/^\/uploads\/.+\?expires=\d+&for=u\d+&sig=[\w-]{22}$/);
    expect(file.isUrlSigned).toBe(true);
    const response = await fetch(`${site.url}${file.url}`);
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(secret.bytes);

    const query = `{ secret(documentId: "${secret.id}") { file { url } } }`;
    const graphql = async (bearer: string) =>
      (await send('POST', `${site.url}/graphql`, bearer, { query })).body;
    const signed = await graphql(member.bearer);
    const { url } = (signed as { data: { secret: { file: File } } }).data.secret.file;
    expect(await status(url)).toBe(200);

    await allow(site.strapi, 'stranger', 'shelf');
    const id = await shelve(secret);
    const shelved = await get(
      `${site.url}/api/shelves/${id}?populate=related.file`,
      stranger.bearer,
    );
    expect(JSON.stringify(shelved.body)).not.toContain('sig=');
  });

  async function shelve(published: Published): Promise<string> {
    const data = { title: 'shelf', related: [published.id] };
    return (await documents(site.strapi, 'shelf').create({ data })).documentId;
  }

  test('is served by exact ranges on the signed URL', async () => {
    const { url } = await fileOf(secret.id, member.bearer);
    const size = secret.bytes.length;
    const ask = async (headers: Record<string, string>, method = 'GET') => {
      const response = await fetch(`${site.url}${url}`, { headers, method });
      return { response, bytes: Buffer.from(await response.arrayBuffer()) };
    };
    const cases: [string, number, Buffer, string | null][] = [
      ['bytes=0-99', 206, secret.bytes.subarray(0, 100), `bytes 0-99/${size}`],
      ['bytes=-500', 206, secret.bytes.subarray(-500), `bytes ${size - 500}-${size - 1}/${size}`],
      [
        `bytes=${size - 10}-`,
        206,
        secret.bytes.subarray(-10),
        `bytes ${size - 10}-${size - 1}/${size}`,
      ],
      [
        `bytes=49990-9999999`,
        206,
        secret.bytes.subarray(49_990),
        `bytes 49990-${size - 1}/${size}`,
      ],
      ['bytes=abc', 200, secret.bytes, null],
    ];
    for (const [range, code, expected, contentRange] of cases) {
      const { response, bytes } = await ask({ range });
      expect([range, response.status]).toEqual([range, code]);
      expect(response.headers.get('content-range')).toBe(contentRange);
      expect(bytes.equals(expected)).toBe(true);
    }
    const beyond = await ask({ range: `bytes=${size}-` });
    expect(beyond.response.status).toBe(416);
    expect(beyond.response.headers.get('content-range')).toBe(`bytes */${size}`);
    const several = await ask({ range: 'bytes=0-9,100-109' });
    expect(several.response.headers.get('content-type')).toMatch(/^multipart\/byteranges/);
    expect(several.bytes.includes(secret.bytes.subarray(100, 110))).toBe(true);

    const head = await ask({ range: 'bytes=0-9' }, 'HEAD');
    expect(head.response.status).toBe(200);
    expect(head.response.headers.get('content-length')).toBe(String(size));
    const etag = head.response.headers.get('etag') ?? '';
    const same = await ask({ range: 'bytes=0-9', 'if-range': etag });
    expect(same.response.status).toBe(206);
    const other = await ask({ range: 'bytes=0-9', 'if-range': '"other"' });
    expect(other.response.status).toBe(200);
    expect((await ask({ 'if-none-match': etag })).response.status).toBe(304);
  });

  test('has the headers that the site gives to uploads, and is kept by no cache', async () => {
    const { url } = await fileOf(secret.id, member.bearer);
    const open = await publish('release', 'open.mp4');
    const origin = { headers: { origin: 'https://front.example' } };
    const [mine, theirs] = await Promise.all(
      [url, open.bare].map((path) => fetch(`${site.url}${path}`, origin)),
    );
    for (const name of [
      'content-type',
      'content-security-policy',
      'x-frame-options',
      'referrer-policy',
      'access-control-allow-origin',
      'accept-ranges',
    ]) {
      expect([name, mine!.headers.get(name)]).toEqual([name, theirs!.headers.get(name)]);
    }
    expect(mine!.headers.get('content-type')).toBe('video/mp4');
    expect(mine!.headers.get('cache-control')).toBe('private, no-store');
  });

  test('has a signed URL that opens this file alone, and cannot be changed', async () => {
    const other = await publish('secret', 'other.mp4');
    const { url } = await fileOf(secret.id, member.bearer);
    const query = url.slice(url.indexOf('?'));
    expect(await status(`${other.bare}${query}`)).toBe(403);
    expect(await status(`${url}0`)).toBe(403);
    expect(await status(url.replace(/for=u\d+/, 'for=u999'))).toBe(403);
  });

  test.each([
    [
      'the role loses the permission',
      () => forbid(site.strapi, 'member', 'secret'),
      () => allow(site.strapi, 'member', 'secret'),
    ],
    [
      'the entry is unpublished',
      () => secrets().unpublish({ documentId: secret.id }),
      () => secrets().publish({ documentId: secret.id }),
    ],
    ['the user is blocked', () => block(true), () => block(false)],
  ])('closes its signed URL when %s', async (_, revoke, restore) => {
    const { url } = await fileOf(secret.id, member.bearer);
    expect(await status(url)).toBe(200);
    await revoke();
    await eventually(async () => expect(await status(url)).toBe(403), 1);
    await restore();
    await eventually(async () => expect(await status(url)).toBe(200), 1);
  });

  test('stops being sent within two seconds when the right is lost', async () => {
    const large = await publish('secret', 'large.mp4', { bytes: randomBytes(40_000_000) });
    const { url } = await fileOf(large.id, member.bearer);
    const response = await fetch(`${site.url}${url}`);
    expect(response.status).toBe(200);
    const reader = response.body!.getReader();
    await reader.read();
    await forbid(site.strapi, 'member', 'secret');
    const left = Date.now();
    let read = 0;
    await expect(
      (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          read += value.length;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })(),
    ).rejects.toThrow();
    expect(Date.now() - left).toBeLessThan(5_000);
    expect(read).toBeLessThan(large.bytes.length);
    await allow(site.strapi, 'member', 'secret');
  });

  test('is previewed in the admin panel, until the admin is deactivated', async () => {
    const { documentId, id } = secret.media;
    const uid = 'api::secret.secret';
    const entry = await send(
      'GET',
      `${site.url}/content-manager/collection-types/${uid}/${secret.id}`,
      admin,
    );
    const library = await send('GET', `${site.url}/upload/files/${id}`, admin);
    const list = await send('GET', `${site.url}/upload/files?pageSize=100`, admin);
    const listed = (list.body['results'] as (File & { documentId: string })[]).find(
      (file) => file.documentId === documentId,
    );
    const urls = [
      (entry.body['data'] as { file: File }).file.url,
      (library.body as unknown as File).url,
      listed?.url ?? '',
    ];
    for (const url of urls) {
      expect(url.match(/\?/g)).toHaveLength(1);
      expect(url).toContain('&for=a');
      expect(await status(url)).toBe(200);
    }
    const users = site.strapi.db.query('admin::user');
    await users.updateMany({ where: {}, data: { isActive: false } });
    expect(await status(urls[0]!)).toBe(403);
    await users.updateMany({ where: {}, data: { isActive: true } });
    const editor = await createAdmin(site, [
      { action: 'plugin::content-manager.explorer.read', subject: 'api::release.release' },
    ]);
    expect((await send('GET', `${site.url}/upload/files/${id}`, editor)).status).toBe(403);
  });

  test('is signed for an API token that may read the entry', async () => {
    const tokens = site.strapi.service('admin::api-token') as unknown as {
      create(token: object): Promise<{ id: number; accessKey: string }>;
      revoke(id: number): Promise<unknown>;
    };
    const common = { description: '', lifespan: null, permissions: null };
    const token = await tokens.create({ ...common, name: 'reads', type: 'read-only' });
    const { url } = await fileOf(secret.id, `Bearer ${token.accessKey}`);
    expect(url).toContain(`&for=t${token.id}&`);
    expect(await status(url)).toBe(200);
    await tokens.revoke(token.id);
    expect(await status(url)).toBe(403);
  });

  test('is still served by the web seed', async () => {
    const torrent = await readyTorrent(`${site.url}/api/secrets/${secret.id}`, member.bearer);
    const bytes = await (await fetch(torrent.webSeeds[0]!)).arrayBuffer();
    expect(Buffer.from(bytes)).toEqual(secret.bytes);
  });

  test('keeps its stored URL clean', async () => {
    await fileOf(secret.id, member.bearer);
    const row = await site.strapi.db
      .query('plugin::upload.file')
      .findOne({ where: { id: secret.media.id } });
    expect((row as File).url).toBe(secret.bare);
  });

  const secrets = () => documents(site.strapi, 'secret');
  const block = (blocked: boolean) =>
    site.strapi.db
      .query('plugin::users-permissions.user')
      .update({ where: { id: member.id }, data: { blocked } });
});

describe('which files are protected', () => {
  test('drafts are, until they are published', async () => {
    const draft = await publish('release', 'draft.mp4', { status: 'draft' });
    expect(await status(draft.bare)).toBe(403);
    await documents(site.strapi, 'release').publish({ documentId: draft.id });
    expect(await status(draft.bare)).toBe(200);
    await documents(site.strapi, 'release').unpublish({ documentId: draft.id });
    expect(await status(draft.bare)).toBe(403);
  });

  test('a file of a public and of a closed torrent is not', async () => {
    const both = await publish('secret', 'both.mp4');
    expect(await status(both.bare)).toBe(403);
    const data = { title: 'both', files: [both.media.id] };
    const { documentId } = await documents(site.strapi, 'release').create({
      data,
      status: 'published',
    });
    expect(await status(both.bare)).toBe(200);
    await documents(site.strapi, 'release').delete({ documentId });
    expect(await status(both.bare)).toBe(403);
  });

  test('deleting the entry opens nothing, and nothing that was open closes', async () => {
    const secret = await publish('secret', 'deleted.mp4');
    const open = await publish('release', 'deleted.mp4');
    await readyTorrent(`${site.url}/api/secrets/${secret.id}`, member.bearer);
    await readyTorrent(`${site.url}/api/releases/${open.id}`);
    await documents(site.strapi, 'secret').delete({ documentId: secret.id });
    await documents(site.strapi, 'release').delete({ documentId: open.id });
    expect(await status(secret.bare)).toBe(403);
    expect(await status(open.bare)).toBe(200);
    await removeMedia(site.strapi, secret.media.id);
    await eventually(async () => expect(await status(secret.bare)).toBe(404));
  });

  test('a torrent that is taken down closes its file, until it is put back', async () => {
    const open = await publish('release', 'taken down.mp4');
    const { infoHash } = await readyTorrent(`${site.url}/api/releases/${open.id}`);
    expect(await status(open.bare)).toBe(200);
    const takedown = `${site.url}/bittorrent/torrents/${infoHash!}/takedown`;
    expect((await send('POST', takedown, admin, { reason: 'a test' })).status).toBe(204);
    expect(await status(open.bare)).toBe(403);
    expect((await send('DELETE', takedown, admin)).status).toBe(204);
    expect(await status(open.bare)).toBe(200);
  });

  test('follows the Public role', async () => {
    const secret = await publish('secret', 'follows.mp4');
    await allow(site.strapi, 'public', 'secret');
    await eventually(async () => expect(await status(secret.bare)).toBe(200), 1);
    await forbid(site.strapi, 'public', 'secret');
    await eventually(async () => expect(await status(secret.bare)).toBe(403), 1);
  });

  test('the smaller versions of an image are, with it', async () => {
    const pixels = {
      create: { width: 1200, height: 900, channels: 3, background: 'red' },
    } as const;
    const image = await sharp(pixels).png().toBuffer();
    const { id, media } = await publish('secret', 'picture.png', { bytes: image });
    const row = (await site.strapi.db
      .query('plugin::upload.file')
      .findOne({ where: { id: media.id } })) as File;
    const bare = [row.url, ...Object.values(row.formats ?? {}).map(({ url }) => url)];
    expect(bare.length).toBeGreaterThan(2);
    for (const url of bare) expect([url, await status(url)]).toEqual([url, 403]);
    const file = await fileOf(id, member.bearer);
    const signed = [file.url, ...Object.values(file.formats ?? {}).map(({ url }) => url)];
    expect(signed).toHaveLength(bare.length);
    for (const url of signed) expect([url, await status(url)]).toEqual([url, 200]);
  });
});

describe('files of public entries', () => {
  /** What a reader, a user and an admin see of them, to the last header. */
  async function seen(of: TestSite, id: string, bare: string): Promise<string> {
    const bearer = (await createUser(of.strapi, `u${randomBytes(4).toString('hex')}`, 'member'))
      .bearer;
    const asked = [
      [`/api/releases/${id}?populate=files`, undefined],
      [`/api/releases/${id}?populate=files`, bearer],
      [bare, undefined],
      [bare, bearer],
      [`${bare}?x=1`, undefined],
    ] as const;
    const answers = await Promise.all(
      asked.map(async ([path, authorization]) => {
        const headers = authorization === undefined ? {} : { authorization };
        const response = await fetch(`${of.url}${path}`, { headers });
        const body = Buffer.from(await response.arrayBuffer());
        const kept = [...response.headers].filter(([name]) => name !== 'date');
        const text = path.startsWith('/api') ? filesIn(body) : hash(body);
        return [path, response.status, path.startsWith('/api') ? [] : kept, text];
      }),
    );
    return JSON.stringify(answers);
  }

  const hash = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const filesIn = (body: Buffer): unknown =>
    (JSON.parse(body.toString()) as { data: { files: unknown } }).data.files;

  test('are what they are without the plugin’s guard, byte for byte and header for header', async () => {
    const open = await publish('release', 'untouched.html', { bytes: Buffer.from('<p>hello</p>') });
    await readyTorrent(`${site.url}/api/releases/${open.id}`);
    const guarded = await seen(site, open.id, open.bare);
    const { folder, database } = site;
    await site.strapi.destroy();
    site = await startSite({
      leftBehind: { folder, database },
      config: { uploads: { protect: false } },
    });
    expect(await seen(site, open.id, open.bare)).toBe(guarded);
    expect(await readFile(join(site.publicDir, open.bare))).toEqual(open.bytes);
    await writeFile(join(site.publicDir, 'uploads', 'foreign.txt'), 'not of the library');
    expect(await status('/uploads/foreign.txt')).toBe(200);
    // Switched off, nothing is guarded.
    const secret = await publish('secret', 'unguarded.mp4');
    expect(await status(secret.bare)).toBe(200);
  });
});
