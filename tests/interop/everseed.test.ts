/** The everseed alone, with the web seed off: real clients complete, strangers get nothing. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import bencode from 'bencode';
import { writeHandshake } from '../../server/src/seeding/everseed/wire/handshake';
import type { TorrentValue } from '../../shared/torrent-value';
import {
  allow,
  createUser,
  documents,
  eventually,
  forbid,
  readyTorrent,
  type TestUser,
} from '../integration/support/content';
import { startSite, type TestSite } from '../integration/support/strapi';
import {
  CLIENTS,
  freePort,
  requirePrograms,
  type ClientName,
  type DownloadOptions,
} from './clients';
import { openReaders, publish, sha256, type Readers } from './published';

const MIB = 1024 * 1024;

let site: TestSite;
let readers: Readers;
let port: number;
let member: TestUser;

beforeAll(async () => {
  requirePrograms();
  readers = await openReaders('127.0.8');
  port = await freePort();
  const seeder = { port, publicAddress: ['127.0.0.1', '::1'] };
  site = await startSite({ config: { seeder, webSeed: { enabled: false } } });
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'secret');
  member = await createUser(site.strapi, 'alice', 'member');
});

afterAll(async () => {
  await site.stop();
  await readers.remove();
});

const sample = { name: 'penguin é 1.0.iso', bytes: randomBytes(9 * MIB + 12_345) };
const secret = { name: 'secret.bin', bytes: randomBytes(2 * MIB + 1) };

/** Says hello as a peer does, from an address of its own. */
function call(infoHash: string, localAddress = '127.0.0.1'): Promise<Caller> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    const caller: Caller = { socket, received: Buffer.alloc(0), closed: false };
    socket.on('data', (data) => (caller.received = Buffer.concat([caller.received, data])));
    socket.once('close', () => (caller.closed = true));
    socket.once('error', reject);
    socket.once('connect', () => {
      if (infoHash !== '') socket.write(writeHandshake(Buffer.from(infoHash, 'hex'), PEER_ID));
      resolve(caller);
    });
  });
}

interface Caller {
  socket: Socket;
  received: Buffer;
  closed: boolean;
}

const PEER_ID = Buffer.from('-XX0001-abcdefghijkl', 'latin1');

async function untilClosed(caller: Caller, seconds: number): Promise<void> {
  await eventually(() => expect(caller.closed).toBe(true), seconds);
}

describe('a public release', () => {
  let torrent: TorrentValue;
  let url: string;
  let file: string;

  beforeAll(async () => {
    url = await publish(site, 'release', 'files', [sample]);
    torrent = await readyTorrent(url);
    expect(torrent.webSeeds).toEqual([]);
    file = await readers.save(torrent);
  });

  /** Clients that have completed so far. */
  let clients = 0;

  /**
   * The whole payload, and one download more in the tracker's count. Transmission says that it
   * has completed a moment after it has, and must live until then; rTorrent says so as it leaves.
   */
  async function expectComplete(
    client: ClientName,
    torrentOrMagnet: string,
    options: Partial<DownloadOptions> = {},
  ): Promise<void> {
    const completed = async (): Promise<number> => (await readyTorrent(url)).completed;
    expect(await completed()).toBe(clients);
    clients += 1;
    const isCounted = () => eventually(async () => expect(await completed()).toBe(clients), 30);
    const { result, hashes } = await readers.fetchWith(client, torrentOrMagnet, {
      ...options,
      ...(client === 'transmission' ? { whenComplete: isCounted } : {}),
    });
    expect(result).toMatchObject({ ok: true });
    expect(await hashes()).toEqual({ [sample.name]: sha256(sample.bytes) });
    await isCounted();
  }

  test.each<[ClientName, Partial<DownloadOptions>]>([
    ['libtorrent', { encryption: 'off' }],
    ['libtorrent', { encryption: 'require' }],
    ['aria2', { encryption: 'prefer' }],
    ['aria2', { encryption: 'require' }],
    ['transmission', { encryption: 'prefer', utp: true }],
    ['transmission', { encryption: 'require' }],
    ['qbittorrent', { encryption: 'prefer', utp: true }],
    ['qbittorrent', { encryption: 'require' }],
    ['rtorrent', { encryption: 'prefer' }],
    ['rtorrent', { encryption: 'require' }],
  ])('%s completes, and is counted once (%p)', (client, options) =>
    expectComplete(client, file, options),
  );

  const magnetOf = (origin: string): string =>
    `magnet:?xt=urn:btih:${torrent.infoHash}&tr=${encodeURIComponent(`${origin}/announce`)}`;

  test.each(CLIENTS)(
    '%s completes from a bare magnet: the info dictionary comes from the everseed',
    (client) => expectComplete(client, magnetOf(site.url)),
  );

  // Transmission takes no peer on ::1, and rTorrent 0.9.8 cannot be bound to it.
  describe('over IPv6', () => {
    const ON_IPV6: ClientName[] = ['libtorrent', 'aria2', 'qbittorrent'];
    let site6: Server;
    let origin: string;

    beforeAll(async () => {
      const { httpServer } = site.strapi.server;
      const strapiPort = Number(new URL(site.url).port);
      site6 = createServer((socket) => httpServer.emit('connection', socket));
      site6.listen(strapiPort, '::1');
      await once(site6, 'listening');
      origin = `http://[::1]:${strapiPort}`;
    });

    afterAll(() => void site6.close());

    test.each(ON_IPV6)('%s completes from the .torrent', async (client) => {
      const path = `${file}.${client}.ipv6.torrent`;
      const decoded = bencode.decode(await readFile(file));
      delete decoded['announce-list'];
      await writeFile(path, bencode.encode({ ...decoded, announce: `${origin}/announce` }));
      await expectComplete(client, path, { bind: '::1' });
    });

    test.each(ON_IPV6)('%s completes from a bare magnet', (client) =>
      expectComplete(client, magnetOf(origin), { bind: '::1' }),
    );
  });

  test('unpublishing closes living connections within a second', async () => {
    const sample = { name: 'gone.bin', bytes: randomBytes(200_000) };
    const gone = await publish(site, 'release', 'files', [sample]);
    const { infoHash } = await readyTorrent(gone);
    const caller = await call(infoHash!);
    await eventually(() => expect(caller.received.length).toBeGreaterThan(68));
    await documents(site.strapi, 'release').unpublish({ documentId: gone.split('/').at(-1) });
    await untilClosed(caller, 1.2);
  });

  test('garbage, silence, unknown torrents and claims of 2 GiB are closed; others are served', async () => {
    const garbage = await call('');
    garbage.socket.write(randomBytes(2000));
    const unknown = await call('00'.repeat(20));
    const boaster = await call(torrent.infoHash!);
    await eventually(() => expect(boaster.received.length).toBeGreaterThan(68));
    boaster.socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 7, 1, 2, 3]));
    const silent = await Promise.all(Array.from({ length: 12 }, () => call('', '127.0.9.9')));
    const { result } = await readers.fetchWith('libtorrent', file);
    expect(result).toMatchObject({ ok: true });
    for (const caller of [garbage, unknown, boaster, ...silent]) await untilClosed(caller, 15);
    for (const caller of [garbage, unknown, ...silent]) {
      // At most the public key of an encrypted greeting: nothing that tells of a torrent.
      expect(caller.received.includes('BitTorrent protocol')).toBe(false);
    }
  });
});

describe('a release for members', () => {
  let torrent: TorrentValue;

  beforeAll(async () => {
    torrent = await readyTorrent(await publish(site, 'secret', 'file', [secret]), member.bearer);
    expect(torrent.private).toBe(true);
  });

  test.each<ClientName>(['libtorrent', 'transmission'])(
    '%s completes with the personal .torrent',
    async (client) => {
      const { result, hashes } = await readers.fetchWith(
        client,
        await readers.save(torrent, member.bearer),
      );
      expect(result).toMatchObject({ ok: true });
      expect(await hashes()).toEqual({ [secret.name]: sha256(secret.bytes) });
    },
  );

  test('a stranger who knows the hash and the address gets nothing', async () => {
    const stranger = await call(torrent.infoHash!, '127.0.9.1');
    await untilClosed(stranger, 3);
    expect(stranger.received.length).toBe(0);
    const { result } = await readers.fetchWith(
      'libtorrent',
      `magnet:?xt=urn:btih:${torrent.infoHash}`,
      {
        peers: [`127.0.0.1:${port}`],
        timeoutMs: 4_000,
      },
    );
    expect(result.ok).toBe(false);
  });

  test('a reader is closed within a second of losing the right, and is not let in again', async () => {
    const personal = await readers.save(torrent, member.bearer);
    let caller: Caller | undefined;
    const bind = readers.nextAddress();
    const { result } = await readers.fetchWith('libtorrent', personal, {
      bind,
      whenComplete: async () => {
        caller = await call(torrent.infoHash!, bind);
        await eventually(() => expect(caller!.received.length).toBeGreaterThan(68));
        // Private: the info dictionary is not offered.
        expect(caller.received.includes('ut_metadata')).toBe(false);
        await sleep(1_000);
        expect(caller.closed).toBe(false);
        await forbid(site.strapi, 'member', 'secret');
        await untilClosed(caller, 1.2);
      },
    });
    expect(result).toMatchObject({ ok: true });
    const again = await call(torrent.infoHash!, bind);
    await untilClosed(again, 3);
    expect(again.received.length).toBe(0);
  });
});
