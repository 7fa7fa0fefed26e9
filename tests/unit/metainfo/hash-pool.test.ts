import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createHashPool,
  HashError,
  type HashPool,
  type HashProgress,
  type HashRequest,
  type PayloadSource,
} from '../../../server/src/metainfo';

const WORKER = join(__dirname, '../../../dist/hash-worker/index.js');
const PIECE = 16_384;

let folder: string;
let pool: HashPool;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hash-pool-'));
  pool = createHashPool({ workerFile: WORKER });
});

afterAll(async () => {
  await pool.stop();
  await rm(folder, { recursive: true });
});

async function file(name: string, bytes: Buffer): Promise<PayloadSource> {
  const filename = join(folder, name);
  await writeFile(filename, bytes);
  return { kind: 'path', filename };
}

function sha1Pieces(payload: Buffer, pieceLength = PIECE): Buffer {
  const count = Math.ceil(payload.length / pieceLength);
  return Buffer.concat(
    Array.from({ length: count }, (_, n) =>
      createHash('sha1')
        .update(payload.subarray(n * pieceLength, (n + 1) * pieceLength))
        .digest(),
    ),
  );
}

function run(
  request: Partial<HashRequest> & Pick<HashRequest, 'sources'>,
  onProgress: (progress: HashProgress) => void = () => undefined,
  signal = new AbortController().signal,
) {
  return pool.run({ pieceLength: PIECE, checkpoint: null, ...request }, { signal, onProgress });
}

async function failure(promise: Promise<unknown>): Promise<HashError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof HashError) return error;
  throw new Error(`expected a HashError, got ${String(error)}`);
}

test('pieces run across the borders of files', async () => {
  const parts = [randomBytes(10_000), randomBytes(0), randomBytes(40_000), randomBytes(5)];
  const sources = await Promise.all(parts.map((bytes, n) => file(`part-${n}`, bytes)));
  const result = await run({ sources });
  expect(result.pieces).toEqual(sha1Pieces(Buffer.concat(parts)));
  expect(result.files.map(({ size }) => size)).toEqual([10_000, 0, 40_000, 5]);
  expect(result.size).toBe(50_005);
});

test('a payload of whole pieces has no empty last piece', async () => {
  const payload = randomBytes(4 * PIECE);
  const { pieces } = await run({ sources: [await file('whole', payload)] });
  expect(pieces).toEqual(sha1Pieces(payload));
});

test('the size decides the piece length unless it is given', async () => {
  const sources = [await file('auto', randomBytes(3 * 1024 * 1024))];
  expect((await run({ sources, pieceLength: null })).pieceLength).toBe(32_768);
  expect((await run({ sources, pieceLength: 65_536 })).pieceLength).toBe(65_536);
});

describe('an interrupted run', () => {
  const payload = randomBytes(7 * PIECE + 99);

  async function interrupted() {
    const source = await file('interrupted', payload);
    const full = await run({ sources: [source] });
    const [{ fingerprint } = { fingerprint: '' }] = full.files;
    const checkpoint = {
      fingerprints: [fingerprint],
      pieceLength: PIECE,
      pieces: full.pieces.subarray(0, 3 * 20),
    };
    return { source, checkpoint };
  }

  test('goes on after the last finished piece', async () => {
    const { source, checkpoint } = await interrupted();
    const seen: number[] = [];
    const result = await run({ sources: [source], checkpoint }, ({ hashedBytes }) =>
      seen.push(hashedBytes),
    );
    expect(seen[0]).toBe(3 * PIECE);
    expect(result.pieces).toEqual(sha1Pieces(payload));
  });

  test('takes the digests of the checkpoint as they are', async () => {
    const { source, checkpoint } = await interrupted();
    const marked = { ...checkpoint, pieces: Buffer.alloc(60, 7) };
    const { pieces } = await run({ sources: [source], checkpoint: marked });
    expect(pieces.subarray(0, 60)).toEqual(Buffer.alloc(60, 7));
    expect(pieces.subarray(60)).toEqual(sha1Pieces(payload).subarray(60));
  });

  test.each([
    ['another file', { fingerprints: ['1-1'] }],
    ['another piece length', { pieceLength: 2 * PIECE }],
    ['more pieces than there are', { pieces: Buffer.alloc(20 * 100) }],
  ])('starts anew with a checkpoint of %s', async (_, wrong) => {
    const { source, checkpoint } = await interrupted();
    const { pieces } = await run({ sources: [source], checkpoint: { ...checkpoint, ...wrong } });
    expect(pieces).toEqual(sha1Pieces(payload));
  });
});

describe('what goes wrong is said', () => {
  test('an empty payload', async () => {
    const error = await failure(run({ sources: [await file('empty', Buffer.alloc(0))] }));
    expect(error.code).toBe('file-empty');
  });

  test('a missing file, and which one', async () => {
    const sources: PayloadSource[] = [
      await file('there', randomBytes(10)),
      { kind: 'path', filename: join(folder, 'missing') },
    ];
    expect(await failure(run({ sources }))).toMatchObject({ code: 'file-missing', file: 1 });
  });

  test('a folder', async () => {
    const error = await failure(run({ sources: [{ kind: 'path', filename: folder }] }));
    expect(error.code).toBe('file-unreadable');
  });

  const disturbances: [string, string, (filename: string) => Promise<void>][] = [
    ['truncated', 'file-changed', (filename) => truncate(filename, 1_000_000)],
    ['appended to', 'file-changed', (filename) => appendFile(filename, 'more')],
    [
      'replaced by one of the same size',
      'file-changed',
      (filename) => rename(join(folder, 'replacement'), filename),
    ],
    ['removed', 'file-missing', (filename) => rm(filename)],
    ['renamed', 'file-missing', (filename) => rename(filename, `${filename}.moved`)],
  ];
  test.each(disturbances)('a file that is %s while it is read', async (name, code, disturb) => {
    const bytes = Buffer.alloc(192 * 1024 * 1024);
    const source = await file(`disturbed-${name}`, bytes);
    await file('replacement', bytes.fill(1));
    if (source.kind !== 'path') throw new Error('a path');
    let disturbed: Promise<void> | undefined;
    const error = await failure(
      run({ sources: [source] }, () => {
        disturbed ??= disturb(source.filename);
      }),
    );
    await disturbed;
    expect(error.code).toBe(code);
    expect(error.message).not.toContain(folder);
  });

  test('being no longer wanted', async () => {
    const abort = new AbortController();
    const source = await file('unwanted', Buffer.alloc(64 * 1024 * 1024));
    const stopped = run({ sources: [source] }, () => abort.abort(), abort.signal);
    expect((await failure(stopped)).code).toBe('aborted');
  });
});

test('a worker hashes again after a failure', async () => {
  await failure(run({ sources: [{ kind: 'path', filename: join(folder, 'missing') }] }));
  const payload = randomBytes(20_000);
  const { pieces } = await run({ sources: [await file('after', payload)] });
  expect(pieces).toEqual(sha1Pieces(payload));
});

describe('a remote payload', () => {
  const payload = randomBytes(100_000);
  let server: Server;
  let base: string;
  const requests: (string | undefined)[] = [];

  beforeAll(async () => {
    server = createServer((req, res) => {
      requests.push(req.headers.range);
      const range = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '');
      if (req.url === '/missing') {
        res.writeHead(404).end();
      } else if (req.url === '/forbidden') {
        res.writeHead(403).end();
      } else if (req.url === '/whole' || range === null) {
        res.writeHead(200, { 'content-length': payload.length, etag: '"1"' }).end(payload);
      } else {
        const start = Number(range[1]);
        const end = range[2] === '' ? payload.length - 1 : Number(range[2]);
        const headers = { 'content-range': `bytes ${start}-${end}/${payload.length}`, etag: '"1"' };
        res.writeHead(206, headers).end(payload.subarray(start, end + 1));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  test.each(['/ranged', '/whole'])('is hashed as it streams (%s)', async (path) => {
    const { pieces, files } = await run({ sources: [{ kind: 'url', url: base + path }] });
    expect(pieces).toEqual(sha1Pieces(payload));
    expect(files).toEqual([{ size: 100_000, fingerprint: '100000-"1"' }]);
  });

  test.each(['/ranged', '/whole'])('goes on where it was interrupted (%s)', async (path) => {
    requests.length = 0;
    const checkpoint = {
      fingerprints: ['100000-"1"'],
      pieceLength: PIECE,
      pieces: sha1Pieces(payload).subarray(0, 40),
    };
    const { pieces } = await run({ sources: [{ kind: 'url', url: base + path }], checkpoint });
    expect(pieces).toEqual(sha1Pieces(payload));
    expect(requests).toContain(`bytes=${2 * PIECE}-`);
  });

  test.each([
    ['/missing', 'file-missing'],
    ['/forbidden', 'file-unreadable'],
  ])('that storage does not give (%s) is %s', async (path, code) => {
    const error = await failure(run({ sources: [{ kind: 'url', url: base + path }] }));
    expect(error.code).toBe(code);
    expect(error.message).not.toContain(base);
  });

  test('behind a closed port is unreadable', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    const url = `http://127.0.0.1:${port}/x`;
    expect(await failure(run({ sources: [{ kind: 'url', url }] }))).toMatchObject({
      code: 'file-unreadable',
      message: 'Storage cannot be reached (ECONNREFUSED).',
    });
  });
});

test('the digest of a whole file is that of its bytes, however large a chunk is', async () => {
  const bytes = randomBytes(3 * 1024 * 1024 + 17);
  const sources = [await file('whole-a', bytes), await file('whole-b', Buffer.alloc(0))];
  const sha256 = (of: Buffer): string => createHash('sha256').update(of).digest('hex');
  const { signal } = new AbortController();
  expect(await pool.digest(sources, signal)).toEqual([sha256(bytes), sha256(Buffer.alloc(0))]);
});

test('a digest says which file cannot be read, and ends when it is no longer wanted', async () => {
  const known = await file('known', randomBytes(10));
  const missing: PayloadSource = { kind: 'path', filename: join(folder, 'nothing') };
  const { signal } = new AbortController();
  await expect(pool.digest([known, missing], signal)).rejects.toMatchObject({
    code: 'file-missing',
    file: 1,
  });
  await expect(pool.digest([known], AbortSignal.abort())).rejects.toMatchObject({
    code: 'aborted',
  });
});
