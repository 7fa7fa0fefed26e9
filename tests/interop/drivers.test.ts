import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { webSeedUrl } from '../../server/src/seeding';
import { startWebSeedSite, type WebSeedSite } from '../unit/seeding/web-seed-site';
import {
  download,
  libtorrentInfoHash,
  makeLoopbackTransmission,
  MissingProgramError,
  payloadHashes,
  requireProgram,
  requirePrograms,
  seed,
  type ClientName,
  type DownloadResult,
} from './clients';

const PIECE_LENGTH = 64 * 1024;
const TIMEOUT_MS = 60_000;
const TOKEN = '1z.S3cret-token_of-one-user';

/** Nobody listens there; rTorrent takes no torrent without a tracker. */
const NO_TRACKER = 'http://127.0.0.1:1/announce';

const SINGLE = "Étude n° 1 (live) + it's & more, v2.bin";
const MULTI = 'Set é + (three) files';
const FILES = {
  'a b.bin': randomBytes(300_001),
  "sub folder/c+d & 'é'.bin": randomBytes(500_003),
  'sub folder/(z), [1]; {2} = @ ! ~ $.txt': randomBytes(7),
};

interface Made {
  /** Path of the .torrent. */
  torrent: string;
  infoHash: string;
  /** What must be in the client's folder in the end. */
  hashes: Record<string, string>;
}

let folder: string;
let data: string;
let site: WebSeedSite;

beforeAll(async () => {
  requirePrograms();
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'drivers-'));
  data = path.join(folder, 'data');
  await fs.mkdir(data);
  await fs.writeFile(path.join(data, SINGLE), randomBytes(1_000_007));
  for (const [name, bytes] of Object.entries(FILES)) {
    const filename = path.join(data, MULTI, name);
    await fs.mkdir(path.dirname(filename), { recursive: true });
    await fs.writeFile(filename, bytes);
  }
  site = await startWebSeedSite();
});

afterAll(async () => {
  await site.stop();
  await fs.rm(folder, { recursive: true, force: true });
});

/** Makes the torrent of one entry of `data`, and opens its files in the web seed to `token`. */
async function make(
  name: string,
  { announce, token }: { announce?: string; token?: string },
): Promise<Made> {
  const { default: createTorrent } = await import('create-torrent');
  const { default: parseTorrent } = await import('parse-torrent');
  const multiFile = name === MULTI;
  const create = (urlList: string[]) =>
    new Promise<Buffer>((resolve, reject) => {
      const options = {
        name,
        pieceLength: PIECE_LENGTH,
        announceList: announce === undefined ? [] : [[announce]],
        urlList,
      };
      createTorrent(path.join(data, name), options, (error, torrent) => {
        if (error === null) resolve(Buffer.from(torrent));
        else reject(error);
      });
    });
  const { infoHash } = await parseTorrent(await create([]));
  const url =
    token === undefined
      ? []
      : [webSeedUrl({ publicUrl: site.origin, token, infoHash, name, multiFile })];
  const torrent = path.join(
    folder,
    `${infoHash}-${token ?? 'none'}-${announce === undefined ? '' : 'a'}.torrent`,
  );
  await fs.writeFile(torrent, await create(url));

  const all = await payloadHashes(data);
  const hashes = Object.fromEntries(
    Object.entries(all).filter(([file]) => file === name || file.startsWith(`${name}/`)),
  );
  for (const file of token === undefined ? [] : Object.keys(hashes)) {
    const published = await site.publish(file, await fs.readFile(path.join(data, file)));
    site.answer(
      { token: token ?? '', infoHash, path: file },
      { ...published, shared: token === 'public' },
    );
  }
  return { torrent, infoHash, hashes };
}

/** The content in the client's folder, when the client says that it is there. */
async function contentOf(result: DownloadResult, outDir: string): Promise<unknown> {
  return result.ok ? payloadHashes(outDir) : result.detail;
}

let outDirs = 0;
const newOutDir = () => path.join(folder, `out-${(outDirs += 1)}`);

describe('from the web seed alone', () => {
  const clients: [ClientName, string][] = [
    ['aria2', '127.0.0.2'],
    ['transmission', '127.0.0.3'],
    ['libtorrent', '127.0.0.4'],
    ['qbittorrent', '127.0.0.5'],
  ];
  const kinds = [
    ['a single file', SINGLE, 'public'],
    ['a single file by a personal token', SINGLE, TOKEN],
    ['several files', MULTI, 'public'],
    ['several files by a personal token', MULTI, TOKEN],
  ] as const;

  it.each(
    clients.flatMap(([client, bind]) => kinds.map((kind) => [client, bind, ...kind] as const)),
  )(
    '%s on %s completes %s',
    async (client, bind, _kind, name, token) => {
      const { torrent, infoHash, hashes } = await make(name, { token });
      const outDir = newOutDir();
      const before = site.requests.length;
      const result = await download({ client, torrent, outDir, bind, timeoutMs: TIMEOUT_MS });
      expect(await contentOf(result, outDir)).toEqual(hashes);
      const requests = site.requests.slice(before);
      expect(requests.length).toBeGreaterThan(0);
      for (const request of requests) expect(request).toMatchObject({ token, infoHash });
      expect(site.complaints).toEqual([]);
      expect(site.changed).toEqual([]);
    },
    TIMEOUT_MS + 20_000,
  );

  it(
    'libtorrent completes a large file in several ranges, pipelined on one connection',
    async () => {
      await fs.writeFile(path.join(data, 'large.bin'), randomBytes(40 * 1024 * 1024 + 1));
      const { torrent, hashes } = await make('large.bin', { token: 'public' });
      const outDir = newOutDir();
      const before = site.requests.length;
      const result = await download({
        client: 'libtorrent',
        torrent,
        outDir,
        bind: '127.0.0.4',
        timeoutMs: TIMEOUT_MS,
      });
      expect(await contentOf(result, outDir)).toEqual(hashes);
      expect(site.requests.length - before).toBeGreaterThan(1);
    },
    TIMEOUT_MS + 20_000,
  );

  it('aria2 gets nothing with a token that opens nothing', async () => {
    const { torrent, infoHash } = await make(SINGLE, { token: 'revoked' });
    site.answer(
      { token: 'revoked', infoHash, path: SINGLE },
      { kind: 'refused', status: 403, message: 'No.' },
    );
    const outDir = newOutDir();
    const result = await download({
      client: 'aria2',
      torrent,
      outDir,
      bind: '127.0.0.2',
      timeoutMs: 3_000,
    });
    expect(result.ok).toBe(false);
    expect(result.detail).toContain('403');
  }, 20_000);
});

describe('from a libtorrent seeder', () => {
  /** BEP 3 and 23, as little as hands out the one peer that there is. */
  async function startTracker(peer: string): Promise<{ announce: string; stop(): Promise<void> }> {
    const [host = '', port = ''] = peer.split(':');
    const compact = Buffer.from([
      ...host.split('.').map(Number),
      Number(port) >> 8,
      Number(port) & 255,
    ]);
    const server = http.createServer((_req, res) => {
      res.end(Buffer.concat([Buffer.from('d8:intervali60e5:peers6:'), compact, Buffer.from('e')]));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      announce: `http://127.0.0.1:${(server.address() as AddressInfo).port}/announce`,
      stop: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }

  let seeding: Made;
  let seeder: Awaited<ReturnType<typeof seed>>;
  let tracker: Awaited<ReturnType<typeof startTracker>>;

  beforeAll(async () => {
    seeding = await make(MULTI, {});
    seeder = await seed({
      client: 'libtorrent',
      torrent: seeding.torrent,
      dataDir: data,
      bind: '127.0.0.9',
    });
    tracker = await startTracker(seeder.address);
  });

  afterAll(async () => {
    await tracker.stop();
    await seeder.stop();
  });

  it.each<[ClientName, string]>([
    ['aria2', '127.0.0.2'],
    ['libtorrent', '127.0.0.4'],
    ['qbittorrent', '127.0.0.5'],
    ['rtorrent', '127.0.0.6'],
    ['transmission', '127.0.0.3'],
  ])(
    '%s on %s completes by a tracker',
    async (client, bind) => {
      const { torrent, hashes } = await make(MULTI, { announce: tracker.announce });
      const outDir = newOutDir();
      const whenComplete = jest.fn();
      const result = await download({
        client,
        torrent,
        outDir,
        bind,
        timeoutMs: TIMEOUT_MS,
        whenComplete,
        ...(client === 'transmission'
          ? { transmissionBinary: await makeLoopbackTransmission(folder) }
          : {}),
      });
      expect(await contentOf(result, outDir)).toEqual(hashes);
      expect(whenComplete).toHaveBeenCalledTimes(1);
    },
    TIMEOUT_MS + 20_000,
  );

  it.each<[ClientName, string]>([
    ['libtorrent', '127.0.0.4'],
    ['qbittorrent', '127.0.0.5'],
    ['rtorrent', '127.0.0.6'],
  ])(
    '%s on %s completes by a magnet link and the address of the peer, encrypted',
    async (client, bind) => {
      const outDir = newOutDir();
      const result = await download({
        client,
        torrent: `magnet:?xt=urn:btih:${seeding.infoHash}&tr=${encodeURIComponent(NO_TRACKER)}`,
        outDir,
        bind,
        timeoutMs: TIMEOUT_MS,
        peers: [seeder.address],
        encryption: 'require',
      });
      expect(await contentOf(result, outDir)).toEqual(seeding.hashes);
    },
    TIMEOUT_MS + 20_000,
  );
});

it('libtorrent computes the info-hash of create-torrent', async () => {
  const single = await make(SINGLE, {});
  const several = await make(MULTI, {});
  const content = path.join(data, SINGLE);
  expect(await libtorrentInfoHash({ name: SINGLE, content, pieceLength: PIECE_LENGTH })).toBe(
    single.infoHash,
  );
  const { default: parseTorrent } = await import('parse-torrent');
  const { files } = await parseTorrent(await fs.readFile(several.torrent));
  expect(
    await libtorrentInfoHash({
      name: MULTI,
      content: files.map((file) => ({
        path: path.relative(MULTI, file.path),
        filename: path.join(data, file.path),
      })),
      pieceLength: PIECE_LENGTH,
    }),
  ).toBe(several.infoHash);
});

it('a private flag changes the info-hash', async () => {
  const content = path.join(data, SINGLE);
  const options = { name: SINGLE, content, pieceLength: PIECE_LENGTH };
  expect(await libtorrentInfoHash({ ...options, private: true })).not.toBe(
    await libtorrentInfoHash(options),
  );
});

describe('a client that cannot finish', () => {
  it.each<[ClientName, string]>([
    ['aria2', '127.0.0.2'],
    ['transmission', '127.0.0.3'],
    ['libtorrent', '127.0.0.4'],
    ['qbittorrent', '127.0.0.5'],
    ['rtorrent', '127.0.0.6'],
  ])(
    '%s on %s ends with its time and its output, and leaves no process',
    async (client, bind) => {
      const { torrent } = await make(SINGLE, { announce: NO_TRACKER });
      const running = await processesOf(bind);
      const result = await download({
        client,
        torrent,
        outDir: newOutDir(),
        bind,
        timeoutMs: 3_000,
      });
      expect(result.ok).toBe(false);
      // It was given the whole time, and did not fail to start.
      expect(result.seconds).toBeGreaterThanOrEqual(3);
      expect(result.detail.length).toBeGreaterThan(20);
      expect(running).toEqual([]);
      expect(await processesOf(bind)).toEqual([]);
    },
    30_000,
  );

  /** Command lines of this test's children that name the address, or a folder of a client's profile. */
  async function processesOf(bind: string): Promise<string[]> {
    const children = await fs.readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
    const commands = await Promise.all(
      children
        .split(' ')
        .filter((pid) => pid.trim() !== '')
        .map((pid) => fs.readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    return commands.filter((command) => command.includes(bind) || /aria2|torrent/.test(command));
  }
});

it('a missing program is named with the line that installs it', () => {
  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  try {
    expect(() => requireProgram('rtorrent')).toThrow(MissingProgramError);
    expect(() => requireProgram('rtorrent')).toThrow(
      'apt-get install -y --no-install-recommends rtorrent',
    );
  } finally {
    process.env.PATH = path;
  }
});
