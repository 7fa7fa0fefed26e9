import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { requireProgram } from '../../interop/clients/requirements';
import { fingerprintOf } from '../../../server/src/metainfo';
import { MAX_RANGES } from '../../../server/src/seeding/byte-range';
import {
  ask,
  eventually,
  INFO_HASH,
  openHandles,
  startWebSeedSite,
  TestGrant,
  type WebSeedSite,
} from './web-seed-site';

const MIB = 1024 * 1024;
const BASE = `/webseed/public/${INFO_HASH}`;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

let site: WebSeedSite;
const readers = new Set<net.Socket>();
const rejections: unknown[] = [];
const recordRejection = (reason: unknown) => rejections.push(reason);

beforeEach(async () => {
  process.on('unhandledRejection', recordRejection);
  site = await startWebSeedSite();
});

afterEach(async () => {
  try {
    for (const socket of readers) socket.destroy();
    await eventually(async () => (await openHandles(site.folder)).length === 0);
  } finally {
    readers.clear();
    await site.stop();
    process.off('unhandledRejection', recordRejection);
  }
  expect(rejections.splice(0)).toEqual([]);
});

/** A reader that controls when it reads; `requests` are sent at once, pipelined. */
function connect(...requests: string[]): net.Socket {
  return connectTo(site, ...requests);
}

function connectTo({ port }: WebSeedSite, ...requests: string[]): net.Socket {
  const socket = net.connect(port, '127.0.0.1');
  readers.add(socket);
  socket.on('error', () => socket.destroy()); // a cut connection is what these tests provoke
  socket.write(requests.map((head) => `${head} HTTP/1.1\r\nHost: x\r\n\r\n`).join(''));
  return socket;
}

const ended = (socket: net.Socket) => new Promise((resolve) => socket.once('close', resolve));

const received = (socket: net.Socket) =>
  new Promise<Buffer>((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('close', () => resolve(Buffer.concat(chunks)));
  });

/** Resolves when the first bytes have come, and leaves the reader standing still. */
const begun = (socket: net.Socket) =>
  new Promise<void>((resolve) =>
    socket.once('data', () => {
      socket.pause();
      resolve();
    }),
  );

describe('a sparse file of 4 GiB', () => {
  it.each([
    ['bytes=-100', 4294967196, 4294967295],
    ['bytes=4294967290-', 4294967290, 4294967295],
    ['bytes=2147483640-2147483660', 2147483640, 2147483660],
  ])('gives %s as exactly that', async (range, start, end) => {
    const file = await site.publish('big', { sparse: 4 * 1024 * MIB });
    const handle = await fs.open(file.filename, 'r+');
    await handle.write(Buffer.from('marker'), 0, 6, start);
    await handle.close();
    const stat = await fs.stat(file.filename);
    site.answer({ path: 'big' }, { ...file, fingerprint: fingerprintOf(stat) });

    const response = await ask(site, `${BASE}/big`, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers['content-range']).toBe(`bytes ${start}-${end}/4294967296`);
    expect(response.body).toHaveLength(end - start + 1);
    expect(response.body.subarray(0, 6).toString()).toBe('marker');
  });
});

describe('readers that leave', () => {
  it.each(['bytes=0-', 'bytes=0-1000000000,1500000000-2000000000'])(
    'in the middle of %s leave no open file behind',
    async (range) => {
      await site.publish('big', { sparse: 4 * 1024 * MIB });
      const sockets = Array.from({ length: 20 }, () =>
        connect(`GET ${BASE}/big HTTP/1.1\r\nRange: ${range}\r\nX:`),
      );
      await Promise.all(sockets.map(begun));
      expect(await openHandles(site.folder)).toHaveLength(1); // one for all of them
      for (const socket of sockets) socket.destroy();
      await eventually(async () => (await openHandles(site.folder)).length === 0);
      expect(site.complaints).toEqual([]);
    },
  );

  it('while their pipelined requests still wait leave no open file behind', async () => {
    await site.publish('big', { sparse: 4 * 1024 * MIB });
    const socket = connect(...Array.from({ length: 50 }, () => `GET ${BASE}/big`));
    await begun(socket);
    // The requests in line are not looked at before their turn.
    expect(await openHandles(site.folder)).toHaveLength(1);
    expect(site.requests).toHaveLength(1);
    socket.destroy();
    await eventually(async () => (await openHandles(site.folder)).length === 0);
    expect(site.requests).toHaveLength(1);
  });

  it('before anything was found leave no open file behind', async () => {
    let find = () => {};
    const found = new Promise<void>((resolve) => (find = resolve));
    const slow = await startWebSeedSite({
      resolve: async () => {
        await found;
        return file;
      },
    });
    const file = await slow.publish('big', { sparse: 4 * 1024 * MIB });
    try {
      const socket = connectTo(slow, `GET ${BASE}/big`);
      await eventually(() => slow.requests.length === 1);
      socket.destroy();
      await ended(socket);
      find();
      await eventually(async () => (await openHandles(slow.folder)).length === 0);
      expect(slow.complaints).toEqual([]);
    } finally {
      await slow.stop();
    }
  });

  it('but stay connected without reading are cut in the end', async () => {
    const impatient = await startWebSeedSite({ stallTimeout: 50 });
    try {
      await impatient.publish('big', { sparse: 4 * 1024 * MIB });
      const socket = connectTo(impatient, `GET ${BASE}/big`);
      await begun(socket);
      await eventually(async () => (await openHandles(impatient.folder)).length === 0);
      socket.resume();
      await ended(socket);
    } finally {
      await impatient.stop();
    }
  });
});

it.each(['HEAD', 'OPTIONS'])('%s leaves no open file behind', async (method) => {
  await site.publish('a.bin', Buffer.alloc(100));
  await ask(site, `${BASE}/a.bin`, { method });
  await eventually(async () => (await openHandles(site.folder)).length === 0);
});

it('pipelined requests are answered in order on one connection', async () => {
  const content = randomBytes(3 * MIB);
  await site.publish('a.bin', content);
  const asked = Array.from(
    { length: 12 },
    (_, at) => [at * 200_000, at * 200_000 + 299_999] as const,
  );
  const socket = connect(
    ...asked.map(
      ([start, end]) => `GET ${BASE}/a.bin HTTP/1.1\r\nRange: bytes=${start}-${end}\r\nX:`,
    ),
    `GET ${BASE}/nothing HTTP/1.1\r\nConnection: close\r\nX:`,
  );
  const stream = await received(socket);
  let at = 0;
  for (const [start, end] of asked) {
    const head = stream.subarray(at, stream.indexOf('\r\n\r\n', at)).toString();
    expect(head).toContain(`Content-Range: bytes ${start}-${end}/${content.length}`);
    at += head.length + 4;
    expect(stream.subarray(at, at + end - start + 1).equals(content.subarray(start, end + 1))).toBe(
      true,
    );
    at += end - start + 1;
  }
  expect(stream.subarray(at).toString()).toMatch(/^HTTP\/1\.1 404 /);
});

it('many readers at once each get their own part', async () => {
  const content = randomBytes(5 * MIB);
  await site.publish('a.bin', content);
  const hashes = await Promise.all(
    Array.from({ length: 100 }, async (_, at) => {
      const [start, end] = [at * 40_000, at * 40_000 + 900_000];
      const { body } = await ask(site, `${BASE}/a.bin`, {
        headers: { range: `bytes=${start}-${end}` },
      });
      return sha256(body) === sha256(content.subarray(start, end + 1));
    }),
  );
  expect(hashes).toEqual(Array.from({ length: 100 }, () => true));
});

describe('bytes that are no longer the hashed ones', () => {
  it.each<[string, (filename: string) => Promise<unknown>]>([
    [
      'replaced by others of the same size',
      async (filename) => {
        // The kernel's clock for files may stand still for some milliseconds.
        const { mtimeMs } = await fs.stat(filename);
        do await fs.writeFile(filename, Buffer.alloc(1000, 2));
        while ((await fs.stat(filename)).mtimeMs === mtimeMs);
      },
    ],
    ['shortened', (filename) => fs.truncate(filename, 999)],
    ['appended to', (filename) => fs.appendFile(filename, 'x')],
    ['touched', (filename) => fs.utimes(filename, new Date(), new Date('2020-01-01'))],
    ['removed', (filename) => fs.rm(filename)],
    [
      'a folder now',
      async (filename) => {
        await fs.rm(filename);
        await fs.mkdir(filename);
      },
    ],
    [
      'a pipe now',
      async (filename) => {
        await fs.rm(filename);
        await promisify(execFile)('mkfifo', [filename]);
      },
    ],
  ])('are not sent and are reported: %s', async (_how, change) => {
    const file = await site.publish('a.bin', Buffer.alloc(1000, 1));
    await change(file.filename);
    for (const [method, headers] of [
      ['GET', {}],
      ['GET', { range: 'bytes=0-9' }],
      ['GET', { 'if-none-match': '"the-etag"' }],
      ['HEAD', {}],
    ] as const) {
      const response = await ask(site, `${BASE}/a.bin`, { method, headers });
      expect(response.status).toBe(404);
      expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    }
    expect(site.changed).toEqual(
      Array.from({ length: 4 }, () => ({ infoHash: INFO_HASH, filename: file.filename })),
    );
  });

  it('because the file is truncated during the transfer end the connection and are reported', async () => {
    const file = await site.publish('big', { sparse: 1024 * MIB });
    const socket = connect(`GET ${BASE}/big`);
    await begun(socket);
    await fs.truncate(file.filename, 100);
    const rest = received(socket);
    socket.resume();
    expect((await rest).length).toBeLessThan(1024 * MIB);
    await eventually(() => site.changed.length === 1);
    expect(site.changed).toEqual([{ infoHash: INFO_HASH, filename: file.filename }]);
    expect(site.complaints).toEqual([]);
  });
});

describe('revocation', () => {
  it('cuts the transfers that are under way', async () => {
    const grants: TestGrant[] = [];
    const file = await site.publish('big', { sparse: 4 * 1024 * MIB });
    const watched = await startWebSeedSite({
      resolve: () => {
        const grant = new TestGrant();
        grants.push(grant);
        return { ...file, grant };
      },
    });
    try {
      const sockets = Array.from({ length: 5 }, () => connectTo(watched, `GET ${BASE}/big`));
      await Promise.all(sockets.map(begun));
      for (const grant of grants) grant.cut();
      await eventually(async () => (await openHandles(site.folder)).length === 0);
      const closed = sockets.map(ended);
      for (const socket of sockets) socket.resume();
      await Promise.all(closed);
      expect(grants.map(({ timesOver, onCut }) => [timesOver, onCut])).toEqual(
        Array.from({ length: 5 }, () => [1, null]),
      );
      expect(watched.complaints).toEqual([]);
    } finally {
      await watched.stop();
    }
  });

  it('before the first byte is a 403', async () => {
    const grant = new TestGrant();
    grant.cut();
    await site.publish('a.bin', Buffer.alloc(10), { grant });
    expect((await ask(site, `${BASE}/a.bin`)).status).toBe(403);
    expect(grant.timesOver).toBe(1);
  });
});

describe('what a grant is told', () => {
  it.each([
    ['GET', 'bytes=0-', 1000],
    ['GET', 'bytes=100-199', 100],
    ['GET', 'bytes=900-2000', 100],
    ['HEAD', 'bytes=0-', 0],
    ['GET', 'bytes=1000-', 0],
  ])('%s of %s sends %d bytes of the file', async (method, range, bytes) => {
    const grant = new TestGrant();
    await site.publish('a.bin', randomBytes(1000), { grant });
    await ask(site, `${BASE}/a.bin`, { method, headers: { range } });
    await eventually(() => grant.timesOver === 1);
    expect(grant.sentBytes).toBe(bytes);
    expect(grant.promisedBytes).toBeGreaterThanOrEqual(bytes);
  });

  it('of a reader who leaves, only what the network took', async () => {
    const grant = new TestGrant();
    await site.publish('big', { sparse: 1024 * MIB }, { grant });
    const socket = connect(`GET ${BASE}/big`);
    await begun(socket);
    socket.destroy();
    await eventually(() => grant.timesOver === 1);
    expect(grant.promisedBytes).toBe(1024 * MIB);
    expect(grant.sentBytes).toBeGreaterThan(0);
    expect(grant.sentBytes).toBeLessThan(64 * MIB);
  });
});

describe('open files', () => {
  let keeping: WebSeedSite;
  let now = 0;

  beforeEach(async () => {
    keeping = await startWebSeedSite({ openFiles: { most: 2, idle: 60_000, clock: () => now } });
  });
  afterEach(() => keeping.stop());

  const opened = async () =>
    (await openHandles(keeping.folder)).map((name) => path.basename(name)).sort();

  it('are opened once for many ranges', async () => {
    const content = randomBytes(1 * MIB);
    await keeping.publish('a.bin', content);
    await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const range = `bytes=${at * 1000}-${at * 1000 + 999}`;
        const { body } = await ask(keeping, `${BASE}/a.bin`, { headers: { range } });
        expect(body.equals(content.subarray(at * 1000, at * 1000 + 1000))).toBe(true);
        expect(await opened()).toEqual(['file-1.bin']);
      }),
    );
  });

  it('are bounded: the one not used for longest is closed', async () => {
    for (const name of ['1', '2', '3']) {
      now += 10;
      await keeping.publish(name, Buffer.alloc(10));
      await ask(keeping, `${BASE}/${name}`);
    }
    await eventually(async () => (await opened()).join() === 'file-2.bin,file-3.bin');
  });

  it.each<[string, (filename: string) => Promise<unknown>]>([
    ['written over', (filename) => fs.writeFile(filename, Buffer.alloc(999, 2))],
    ['removed', (filename) => fs.rm(filename)],
    [
      'another file by that name',
      async (filename) => {
        await fs.writeFile(`${filename}.new`, Buffer.alloc(1001, 2));
        await fs.rename(`${filename}.new`, filename);
      },
    ],
  ])('are looked at again after a second: %s', async (_how, change) => {
    const file = await keeping.publish('a.bin', Buffer.alloc(1000, 1));
    expect((await ask(keeping, `${BASE}/a.bin`)).status).toBe(200);
    await change(file.filename);
    now += 1_001;
    expect((await ask(keeping, `${BASE}/a.bin`)).status).toBe(404);
    expect(keeping.changed).toEqual([{ infoHash: INFO_HASH, filename: file.filename }]);
    expect(await opened()).toEqual([]);
  });
});

it('the upload rate holds for all readers together', async () => {
  const slow = await startWebSeedSite({ uploadRate: 4 * MIB });
  try {
    const content = randomBytes(3 * MIB);
    await slow.publish('a.bin', content);
    const startedAt = performance.now();
    const answers = await Promise.all([1, 2, 3].map(() => ask(slow, `${BASE}/a.bin`)));
    // 9 MiB, of which the bucket holds those of a second beforehand.
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    for (const { body } of answers) expect(body.equals(content)).toBe(true);
  } finally {
    await slow.stop();
  }
});

describe('trouble', () => {
  it.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('the database is locked');
      },
    ],
  ])('a lookup that %s is a 503 and one line in the log', async (_how, resolve) => {
    const broken = await startWebSeedSite({ resolve });
    try {
      const response = await ask(broken, `${BASE}/a.bin`);
      expect([response.status, response.headers['retry-after']]).toEqual([503, '30']);
      expect(response.body.toString()).not.toContain('database');
      expect(broken.complaints).toEqual([expect.stringContaining('the database is locked')]);
    } finally {
      await broken.stop();
    }
  });

  it('a lookup that rejects is a 503 and one line in the log', async () => {
    const broken = await startWebSeedSite({ resolve: () => Promise.reject(new Error('gone')) });
    try {
      expect((await ask(broken, `${BASE}/a.bin`)).status).toBe(503);
      expect(broken.complaints).toEqual([expect.stringContaining('gone')]);
    } finally {
      await broken.stop();
    }
  });

  it('a redirect that no header can hold is a 503', async () => {
    site.answer({ path: 'remote' }, { kind: 'redirect', url: 'https://x/\r\nSet-Cookie: a' });
    const response = await ask(site, `${BASE}/remote`);
    expect(response.status).toBe(503);
    expect(response.headers['set-cookie']).toBeUndefined();
  });

  it('a file that cannot be opened now is a 503 and not reported as changed', async () => {
    const file = await site.publish('a.bin', Buffer.alloc(10));
    // Too long a name is an error of the call, not of the file; root may open what others may not.
    site.answer({ path: 'a.bin' }, { ...file, filename: path.join(site.folder, 'x'.repeat(300)) });
    expect((await ask(site, `${BASE}/a.bin`)).status).toBe(503);
    expect(site.changed).toEqual([]);
    expect(site.complaints).toHaveLength(1);
  });

  it('a report of change that fails is a 503', async () => {
    const file = await site.publish('a.bin', Buffer.alloc(10));
    await fs.rm(file.filename);
    jest.spyOn(site.changed, 'push').mockImplementation(() => {
      throw new Error('no room');
    });
    expect((await ask(site, `${BASE}/a.bin`)).status).toBe(503);
  });
});

describe('curl', () => {
  const curl = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)(
      requireProgram('curl'),
      ['-sS', '--max-time', '20', ...args],
      {
        encoding: 'buffer',
        maxBuffer: 64 * MIB,
      },
    );
    return stdout;
  };
  const content = randomBytes(2 * MIB);

  beforeEach(() => site.publish("r é/it's (1)+&.bin", content));

  const url = () => `${site.origin}${BASE}/r%20%C3%A9/it's%20(1)+&.bin`;

  it('gets the whole file', async () => {
    expect(sha256(await curl(url()))).toBe(sha256(content));
  });

  it('gets the end of the file', async () => {
    expect((await curl('-r', '-100', url())).equals(content.subarray(-100))).toBe(true);
  });

  it('continues what it has, and has nothing to do when it has all', async () => {
    const output = path.join(site.folder, 'download');
    await fs.writeFile(output, content.subarray(0, 1_000_000));
    await curl('-C', '-', '-o', output, url());
    expect(sha256(await fs.readFile(output))).toBe(sha256(content));
  });

  it('reads several ranges', async () => {
    const ranges = Array.from({ length: MAX_RANGES }, (_, at) => `${at * 1000}-${at * 1000 + 9}`);
    const body = await curl('-r', ranges.join(','), url());
    expect(body.toString('latin1').split('Content-Range: bytes ')).toHaveLength(MAX_RANGES + 1);
  });
});
