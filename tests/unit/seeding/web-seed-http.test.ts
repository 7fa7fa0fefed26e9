import { randomBytes } from 'node:crypto';
import { ask, INFO_HASH, startWebSeedSite, type WebSeedSite } from './web-seed-site';

const CONTENT = randomBytes(1_000_000);
const BASE = `/webseed/public/${INFO_HASH}`;
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Content-Range, Content-Length, Accept-Ranges, ETag',
};

let site: WebSeedSite;

beforeAll(async () => {
  site = await startWebSeedSite();
  await site.publish('a.bin', CONTENT);
  await site.publish('empty', Buffer.alloc(0));
});

afterAll(() => site.stop());

afterEach(() => {
  expect(site.complaints).toEqual([]);
  expect(site.changed).toEqual([]);
});

describe('a whole file', () => {
  it('comes with its validators and as bytes that no browser may show', async () => {
    const response = await ask(site, `${BASE}/a.bin`);
    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      ...CORS,
      'content-type': 'application/octet-stream',
      'content-length': '1000000',
      'accept-ranges': 'bytes',
      etag: '"the-etag"',
      'last-modified': 'Fri, 02 Jan 2026 03:04:05 GMT',
      'cache-control': 'public, no-cache',
      'x-content-type-options': 'nosniff',
      'content-disposition': 'attachment',
    });
    expect(response.headers['content-range']).toBeUndefined();
    expect(response.body.equals(CONTENT)).toBe(true);
  });

  it('opened by a personal token is kept by no cache', async () => {
    const file = await site.publish('personal', CONTENT.subarray(0, 10));
    site.answer({ token: 'S3cret', path: 'personal' }, { ...file, shared: false });
    const response = await ask(site, `/webseed/S3cret/${INFO_HASH}/personal`);
    expect(response.headers['cache-control']).toBe('private, no-store');
    expect(response.body).toHaveLength(10);
  });

  it('may be empty', async () => {
    const response = await ask(site, `${BASE}/empty`);
    expect([response.status, response.headers['content-length']]).toEqual([200, '0']);
  });

  it.each([{}, { range: 'bytes=10-19' }, { range: 'bytes=5000000-' }])(
    'is described by HEAD without its body, whatever the range: %j',
    async (headers) => {
      const response = await ask(site, `${BASE}/a.bin`, { method: 'HEAD', headers });
      expect(response.status).toBe(200);
      expect(response.headers).toMatchObject({
        'content-length': '1000000',
        'accept-ranges': 'bytes',
        etag: '"the-etag"',
      });
      expect(response.body).toHaveLength(0);
    },
  );
});

describe('a part of a file', () => {
  it.each([
    ['bytes=0-0', 0, 0],
    ['bytes=100-199', 100, 199],
    ['bytes=999900-', 999_900, 999_999],
    ['bytes=-100', 999_900, 999_999],
    ['bytes=-5000000', 0, 999_999],
    ['bytes=999990-1048575', 999_990, 999_999],
    ['bytes=0-999999', 0, 999_999],
    ['bytes=5-9,2000000-', 5, 9],
  ])('%s is answered with bytes %d to %d', async (range, start, end) => {
    const response = await ask(site, `${BASE}/a.bin`, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers).toMatchObject({
      ...CORS,
      'content-range': `bytes ${start}-${end}/1000000`,
      'content-length': String(end - start + 1),
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
    });
    expect(response.body.equals(CONTENT.subarray(start, end + 1))).toBe(true);
  });

  it.each([
    ['a.bin', 'bytes=1000000-', 1_000_000],
    ['a.bin', 'bytes=-0', 1_000_000],
    ['a.bin', `bytes=${Array.from({ length: 17 }, (_, at) => `${at}-${at}`).join(',')}`, 1_000_000],
    ['empty', 'bytes=0-', 0],
  ])('of %s, %s is 416 with the size', async (name, range, size) => {
    const response = await ask(site, `${BASE}/${name}`, { headers: { range } });
    expect(response.status).toBe(416);
    expect(response.headers).toMatchObject({ ...CORS, 'content-range': `bytes */${size}` });
    expect(response.headers.etag).toBeUndefined();
  });

  it.each(['bytes=abc', 'lines=0-4', 'bytes=9-5', 'bytes=', 'bytes=0-,0-'])(
    '%s is ignored',
    async (range) => {
      const response = await ask(site, `${BASE}/a.bin`, { headers: { range } });
      expect([response.status, response.body.length]).toEqual([200, CONTENT.length]);
    },
  );

  it('several ranges come as multipart/byteranges of the promised length', async () => {
    const response = await ask(site, `${BASE}/a.bin`, {
      headers: { range: 'bytes=0-9, 500000-800000, -3' },
    });
    expect(response.status).toBe(206);
    expect(response.headers['content-range']).toBeUndefined();
    expect(response.headers['content-length']).toBe(String(response.body.length));
    const boundary = /^multipart\/byteranges; boundary=(\S+)$/.exec(
      response.headers['content-type'] ?? '',
    )?.[1];
    const part = (start: number, end: number) => [
      Buffer.from(
        `\r\n--${boundary!}\r\nContent-Type: application/octet-stream\r\n` +
          `Content-Range: bytes ${start}-${end}/1000000\r\n\r\n`,
      ),
      CONTENT.subarray(start, end + 1),
    ];
    const expected = Buffer.concat([
      ...part(0, 9),
      ...part(500_000, 800_000),
      ...part(999_997, 999_999),
      Buffer.from(`\r\n--${boundary!}--\r\n`),
    ]);
    expect(response.body.equals(expected)).toBe(true);
  });
});

describe('conditional requests', () => {
  it.each([
    ['"the-etag"', 206],
    ['Fri, 02 Jan 2026 03:04:05 GMT', 206],
    ['"another"', 200],
    ['W/"the-etag"', 200],
    ['Fri, 02 Jan 2026 03:04:06 GMT', 200],
  ])('If-Range: %s gives %d', async (ifRange, status) => {
    const response = await ask(site, `${BASE}/a.bin`, {
      headers: { range: 'bytes=1-2', 'if-range': ifRange },
    });
    expect(response.status).toBe(status);
  });

  it.each([
    { 'if-none-match': '"the-etag"' },
    { 'if-none-match': 'W/"x", W/"the-etag"' },
    { 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' },
    { 'if-none-match': '"the-etag"', range: 'bytes=0-9' },
  ])('%j gives 304 with the validators and no body', async (headers) => {
    for (const method of ['GET', 'HEAD']) {
      const response = await ask(site, `${BASE}/a.bin`, { method, headers });
      expect(response.status).toBe(304);
      expect(response.headers).toMatchObject({
        ...CORS,
        etag: '"the-etag"',
        'cache-control': 'public, no-cache',
      });
      expect(response.body).toHaveLength(0);
    }
  });

  it('If-Match that does not match gives 412', async () => {
    const response = await ask(site, `${BASE}/a.bin`, { headers: { 'if-match': '"old"' } });
    expect(response.status).toBe(412);
  });
});

describe('names', () => {
  const NAME = "r e ê/été+c (1)/it's & a,b;c=d@e!~.bin";

  beforeAll(() => site.publish(NAME, CONTENT.subarray(0, 1234)));

  it.each([
    ['percent-encoded', NAME.split('/').map(encodeURIComponent).join('/')],
    [
      'with lower-case escapes and raw brackets, as libtorrent sends it',
      NAME.split('/')
        .map((part) =>
          encodeURIComponent(part).replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
        )
        .join('/'),
    ],
    [
      'with everything escaped',
      [...Buffer.from(NAME)]
        .map((byte) => (byte === 0x2f ? '/' : `%${byte.toString(16).padStart(2, '0')}`))
        .join(''),
    ],
  ])('are found when they come %s', async (_how, target) => {
    const response = await ask(site, `${BASE}/${target}`);
    expect([response.status, response.body.length]).toEqual([200, 1234]);
    expect(site.requests.at(-1)).toEqual({ token: 'public', infoHash: INFO_HASH, path: NAME });
  });

  it('a plus sign is no space', async () => {
    await site.publish('c d', CONTENT);
    expect((await ask(site, `${BASE}/c+d`)).status).toBe(404);
    expect(site.requests.at(-1)?.path).toBe('c+d');
  });

  it.each([
    ['/../a.bin', 404],
    ['/x/%2e%2e/a.bin', 404],
    ['/a%2Fb', 404],
    ['//a.bin', 404],
    ['/a.bin/', 404],
    ['/a%00.bin', 400],
    ['/a%zz', 400],
    ['/%ff', 400],
  ])('%s is refused with %d before anybody is asked', async (target, status) => {
    const asked = site.requests.length;
    const response = await ask(site, BASE + target);
    expect(response.status).toBe(status);
    expect(response.headers).toMatchObject({
      ...CORS,
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(site.requests).toHaveLength(asked);
  });

  it.each(['', '/', '?x=1', '/?x=1'])(
    'nothing after the info-hash (%j) is the path ""',
    async (end) => {
      expect((await ask(site, BASE + end)).status).toBe(404);
      expect(site.requests.at(-1)?.path).toBe('');
    },
  );
});

describe('other answers', () => {
  it('a preflight is answered without asking who it is', async () => {
    const asked = site.requests.length;
    for (const target of [`${BASE}/a.bin`, `${BASE}/%zz`, '/webseed']) {
      const response = await ask(site, target, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://player.example',
          'access-control-request-method': 'GET',
          'access-control-request-headers': 'cache-control,range',
        },
      });
      expect(response.status).toBe(204);
      expect(response.headers).toMatchObject({
        ...CORS,
        'access-control-allow-methods': 'GET, HEAD, OPTIONS',
        'access-control-allow-headers': 'Range, Cache-Control, User-Agent',
        'access-control-max-age': '86400',
      });
    }
    expect(site.requests).toHaveLength(asked);
  });

  it.each([403, 404, 503] as const)('a refusal with %d is plain words', async (status) => {
    site.answer({ path: 'refused' }, { kind: 'refused', status, message: 'Sorry, é.' });
    const response = await ask(site, `${BASE}/refused`);
    expect([response.status, response.body.toString()]).toEqual([status, 'Sorry, é.\n']);
    expect(response.headers).toMatchObject({ ...CORS, 'cache-control': 'no-store' });
    expect(response.headers['retry-after']).toBe(status === 503 ? '30' : undefined);
    const head = await ask(site, `${BASE}/refused`, { method: 'HEAD' });
    expect([head.status, head.body.length]).toEqual([status, 0]);
  });

  it('a remote file is a redirect that nobody keeps', async () => {
    const url = 'https://bucket.example/a?signature=b';
    site.answer({ path: 'remote' }, { kind: 'redirect', url });
    const response = await ask(site, `${BASE}/remote`, { headers: { range: 'bytes=0-9' } });
    expect(response.status).toBe(302);
    expect(response.headers).toMatchObject({ ...CORS, location: url, 'cache-control': 'no-store' });
  });

  it.each(['POST', 'PUT', 'DELETE', 'PROPFIND'])('%s is not allowed', async (method) => {
    const response = await ask(site, `${BASE}/a.bin`, { method });
    expect([response.status, response.headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it.each(['/', '/webseeds/public', '/api/webseed', '/announce'])(
    '%s is left to the rest of the site, untouched',
    async (target) => {
      const response = await ask(site, target);
      expect(response.body.toString()).toBe('the rest of the site');
      expect(response.headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it('the Host header decides nothing', async () => {
    const response = await ask(site, `${BASE}/a.bin`, {
      headers: { host: 'evil.example', range: 'bytes=0-0' },
    });
    expect(response.status).toBe(206);
  });
});
