import { createHash, randomBytes } from 'node:crypto';
import { encodeInfo, infoHashOf } from '../../../../server/src/metainfo';
import {
  createFileCache,
  PayloadChangedError,
  PayloadUnreadableError,
} from '../../../../server/src/seeding/everseed/file-cache';
import { createPayloadReader } from '../../../../server/src/seeding/everseed/payload-reader';
import {
  createRemoteFiles,
  REMOTE_BLOCK,
  type RemoteFile,
} from '../../../../server/src/seeding/everseed/remote-files';
import {
  readSeedTorrent,
  type SeedSource,
} from '../../../../server/src/seeding/everseed/seed-torrent';

const HASH = 'ab'.repeat(20);
const bytes = randomBytes(3 * REMOTE_BLOCK + 500);
const file: RemoteFile = {
  id: 'media',
  url: 'https://bucket.example/a.bin?signature=1',
  size: bytes.length,
  fingerprint: `${bytes.length}-"v1"`,
};

type Reply = (from: number, to: number, url: string) => Response | Error;

function ranged(from: number, to: number, headers: Record<string, string> = {}): Response {
  const range = `bytes ${from}-${to}/${bytes.length}`;
  const init = { status: 206, headers: { 'content-range': range, etag: '"v1"', ...headers } };
  return new Response(bytes.subarray(from, to + 1), init);
}

/** A bucket that answers by `reply`, and counts. */
function storage(
  reply: Reply = (from, to) => ranged(from, to),
  renew?: () => Promise<SeedSource | null>,
) {
  const asked: string[] = [];
  let running = 0;
  let most = 0;
  const files = createRemoteFiles({
    renew: renew ?? (() => Promise.resolve(null)),
    pauses: [1, 1],
    fetch: async (url, init) => {
      const range = new Headers(init?.headers).get('range')!;
      asked.push(range);
      expect(init?.redirect).toBe('error');
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range)!;
      const answer = reply(Number(from), Number(to), url as string);
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  const read = async (offset: number, length: number): Promise<Buffer> => {
    const out = Buffer.alloc(length);
    await files.read(HASH, file, out, offset);
    return out;
  };
  return { files, asked, read, most: () => most };
}

test('reads ranges across blocks, and asks for each block once', async () => {
  const { read, asked } = storage();
  for (const [at, length] of [
    [0, 1],
    [REMOTE_BLOCK - 10, 20],
    [10, 2 * REMOTE_BLOCK],
    [bytes.length - 7, 7],
  ] as const) {
    const got = await read(at, length);
    expect(got.equals(bytes.subarray(at, at + length))).toBe(true); // quicker than toEqual
  }
  await Promise.all([read(0, 5), read(0, 5)]);
  expect(asked).toEqual([
    `bytes=0-${REMOTE_BLOCK - 1}`,
    `bytes=${REMOTE_BLOCK}-${2 * REMOTE_BLOCK - 1}`,
    `bytes=${2 * REMOTE_BLOCK}-${3 * REMOTE_BLOCK - 1}`,
    `bytes=${3 * REMOTE_BLOCK}-${bytes.length - 1}`,
  ]);
});

test('holds a bounded number of blocks and of requests', async () => {
  const large = { ...file, size: 200 * REMOTE_BLOCK, fingerprint: `${200 * REMOTE_BLOCK}-"v1"` };
  const whole = Buffer.alloc(REMOTE_BLOCK);
  const { files, asked, most } = storage((from, to) => {
    const range = `bytes ${from}-${to}/${large.size}`;
    return new Response(whole, { status: 206, headers: { 'content-range': range, etag: '"v1"' } });
  });
  const out = Buffer.alloc(1);
  const all = Array.from({ length: 200 }, (_, n) => files.read(HASH, large, out, n * REMOTE_BLOCK));
  files.ahead(HASH, large, 0, large.size);
  await Promise.all(all);
  expect(asked).toHaveLength(200);
  expect(most()).toBe(8);
  await files.read(HASH, large, out, 199 * REMOTE_BLOCK);
  expect(asked).toHaveLength(200);
  await files.read(HASH, large, out, 0); // gone by now
  expect(asked).toHaveLength(201);
});

test('an expired URL is signed anew, once for all who wait', async () => {
  let renewals = 0;
  const renew = (): Promise<SeedSource> => {
    renewals += 1;
    const url = file.url.replace('=1', `=${renewals + 1}`);
    return Promise.resolve({ info: Buffer.alloc(0), files: [{ ...file, url }] });
  };
  let good = '=2';
  const { read } = storage((from, to, url) => {
    return url.endsWith(good) ? ranged(from, to) : new Response('', { status: 403 });
  }, renew);
  await Promise.all([read(0, 9), read(REMOTE_BLOCK, 9), read(2 * REMOTE_BLOCK, 9)]);
  expect(renewals).toBe(1);
  good = '=none';
  await expect(read(3 * REMOTE_BLOCK, 9)).rejects.toThrow(PayloadUnreadableError);
  expect(renewals).toBe(2);
});

test.each<[string, Reply]>([
  ['is down', () => new Response('', { status: 503 })],
  ['cannot be reached', () => new TypeError('fetch failed')],
  ['sends too much', () => ranged(0, 3, { 'content-range': rangeOfBlock })],
  ['sends nothing', () => new Response('', { status: 206, headers: headersOfBlock })],
  ['serves no ranges', () => new Response(bytes, { headers: wholeHeaders })],
  ['redirects', () => new Response('', { status: 302, headers: { location: 'http://x/' } })],
])('storage that %s is tried three times, and is unreadable', async (_what, reply) => {
  const { read, asked } = storage(reply);
  await expect(read(0, 9)).rejects.toThrow(PayloadUnreadableError);
  expect(asked).toHaveLength(3);
});

const rangeOfBlock = `bytes 0-${REMOTE_BLOCK - 1}/${bytes.length}`;
const headersOfBlock = { 'content-range': rangeOfBlock, etag: '"v1"' };
const wholeHeaders = { 'content-length': String(bytes.length), etag: '"v1"' };

test('a failure is over when storage is back', async () => {
  let n = 0;
  const { read, asked } = storage((from, to) => {
    n += 1;
    return n === 1 ? new Response('', { status: 500 }) : ranged(from, to);
  });
  expect(await read(0, 9)).toEqual(bytes.subarray(0, 9));
  expect(asked).toHaveLength(2);
});

test.each<[string, Reply]>([
  ['gone', () => new Response('', { status: 404 })],
  ['another version', (from, to) => ranged(from, to, { etag: '"v2"' })],
  ['of another size', (from, to) => ranged(from, to, { 'content-range': `bytes ${from}-${to}/9` })],
])('an object that is %s has changed', async (_what, reply) => {
  const { read, asked } = storage(reply);
  await expect(read(0, 9)).rejects.toThrow(PayloadChangedError);
  expect(asked).toHaveLength(1);
});

describe('a torrent of which a file is remote', () => {
  const pieceLength = REMOTE_BLOCK / 2;
  const pieces = Array.from({ length: Math.ceil(bytes.length / pieceLength) }, (_, n) =>
    createHash('sha1')
      .update(bytes.subarray(n * pieceLength, (n + 1) * pieceLength))
      .digest(),
  );
  const info = encodeInfo({
    name: 'a.bin',
    files: [{ path: 'a.bin', size: bytes.length }],
    pieceLength,
    pieces: Buffer.concat(pieces),
    private: false,
    source: undefined,
  });
  const torrent = readSeedTorrent(infoHashOf(info), { info, files: [file] })!;
  const cache = createFileCache({ most: 1, clock: () => 0 });

  test('is read, and verified once per piece', async () => {
    const { files, asked } = storage();
    const reader = createPayloadReader(torrent, cache, files);
    for (const at of [0, pieceLength - 5, bytes.length - 40]) {
      const out = Buffer.alloc(40);
      await reader.read(at, out);
      expect(out).toEqual(bytes.subarray(at, at + 40));
    }
    expect(asked).toHaveLength(2); // the first and the last block
  });

  test('gives nothing of a piece with other bytes than were hashed', async () => {
    const { files } = storage((from, to) => {
      const range = `bytes ${from}-${to}/${bytes.length}`;
      const headers = { 'content-range': range, etag: '"v1"' };
      return new Response(Buffer.alloc(to + 1 - from), { status: 206, headers });
    });
    const reader = createPayloadReader(torrent, cache, files);
    await expect(reader.read(0, Buffer.alloc(40))).rejects.toThrow(PayloadChangedError);
  });
});
