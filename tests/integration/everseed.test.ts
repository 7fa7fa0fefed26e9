/** When the everseed serves, and when it leaves a torrent to others: switches and thin swarms. */

import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminEverseed, AdminFieldState } from '../../shared/admin-api';
import type { TorrentValue } from '../../shared/torrent-value';
import { createAdmin, send } from './support/admin';
import { allow, documents, eventually, get, readyTorrent, upload } from './support/content';
import { announceFor, callEverseed, type Leecher } from './support/leecher';
import { freePort, startSite, type TestSite } from './support/strapi';

const BLOCK = 16 * 1024;

let site: TestSite;
let port: number;
let lastPort = 20_000;
const leechers: Leecher[] = [];

async function start(seeder: object = {}): Promise<void> {
  port = await freePort();
  site = await startSite({ config: { seeder: { port, ...seeder }, webSeed: { enabled: false } } });
  await allow(site.strapi, 'public', 'release');
}

afterEach(() => {
  for (const leecher of leechers.splice(0)) leecher.close();
});

interface Release {
  id: string;
  bytes: Buffer;
  torrent: TorrentValue;
  infoHash: string;
}

async function release(name: string, bytes = randomBytes(100_000)): Promise<Release> {
  const media = await upload(site.strapi, name, bytes);
  const { documentId: id } = await documents(site.strapi, 'release').create({
    data: { title: name, files: [media.id] },
    status: 'published',
  });
  const torrent = await readyTorrent(`${site.url}/api/releases/${id}`);
  await eventually(async () => expect((await health())?.ok).toBe(true));
  return { id, bytes, torrent, infoHash: torrent.infoHash! };
}

async function health(): Promise<{ ok: boolean; text: string } | undefined> {
  const { body } = await get(`${site.url}/api/bittorrent/health`);
  const { parts } = body['data'] as { parts: { name: string; ok: boolean; text: string }[] };
  return parts.find(({ name }) => name === 'everseed');
}

const own = (): string => `127.0.0.1:${port}`;

/** Asks who has it, as a leecher on a port that nobody listens on. */
async function isNamed(infoHash: string): Promise<boolean> {
  lastPort += 1;
  return (await announceFor(site.url, { infoHash, port: lastPort })).includes(own());
}

async function call(infoHash: string): Promise<Leecher> {
  const leecher = await callEverseed(infoHash, { port });
  leechers.push(leecher);
  return leecher;
}

async function untilServed(leecher: Leecher, { bytes }: Release): Promise<void> {
  leecher.wants();
  await eventually(() => expect(leecher.unchoked).toBe(true));
  expect(await leecher.block(0, 0, BLOCK)).toEqual(bytes.subarray(0, BLOCK));
}

describe('the switch for one entry', () => {
  beforeAll(() => start());
  afterAll(() => site.stop());

  async function fieldOf(id: string): Promise<AdminFieldState> {
    const admin = await createAdmin(site);
    const query = new URLSearchParams({ uid: 'api::release.release', documentId: id }).toString();
    const { body } = await send('GET', `${site.url}/bittorrent/fields?${query}`, admin);
    return (body['data'] as AdminFieldState[])[0]!;
  }

  const update = (id: string, torrent: object, status?: 'published') =>
    documents(site.strapi, 'release').update({ documentId: id, data: { torrent }, status });

  test('off: peers are closed at once, nobody is sent there; on: it is as before', async () => {
    const made = await release('switched.iso');
    const { id, infoHash } = made;
    const leecher = await call(infoHash);
    await untilServed(leecher, made);
    expect(await isNamed(infoHash)).toBe(true);
    expect(await fieldOf(id)).toMatchObject({ everseed: 'on' });

    await update(id, { seed: false });
    await sleep(1_000);
    expect(leecher.closed).toBe(false); // a draft decides nothing

    await update(id, { seed: false }, 'published');
    await eventually(() => expect(leecher.closed).toBe(true), 1);
    expect(await isNamed(infoHash)).toBe(false);
    expect((await call(infoHash)).greeted).toBe(false);
    expect(await fieldOf(id)).toMatchObject({ everseed: 'paused' });
    expect(await readyTorrent(`${site.url}/api/releases/${id}`)).toMatchObject({ infoHash });

    await update(id, { seed: true }, 'published');
    expect(await isNamed(infoHash)).toBe(true);
    await untilServed(await call(infoHash), made);
  });

  test('it outlives a restart, an edit of something else, and another file', async () => {
    const { id, infoHash } = await release('quiet.iso');
    await update(id, { seed: false }, 'published');
    await site.restart();
    await eventually(async () => expect((await health())?.ok).toBe(true));
    expect((await call(infoHash)).greeted).toBe(false);

    const { id: file } = await upload(site.strapi, 'quiet-2.iso', randomBytes(50_000));
    const data = { title: 'Quieter', files: [file] };
    await documents(site.strapi, 'release').update({ documentId: id, data, status: 'published' });
    const next = await eventually(async () => {
      const value = await readyTorrent(`${site.url}/api/releases/${id}`);
      expect(value.infoHash).not.toBe(infoHash);
      return value;
    });
    expect((await call(next.infoHash!)).greeted).toBe(false);
  });

  test('is true or false', async () => {
    const { id } = await release('strict.iso');
    await expect(update(id, { seed: 'no' })).rejects.toThrow('torrent.seed must be true or false');
  });
});

describe('the self-test', () => {
  beforeAll(() => start());
  afterAll(() => site.stop());

  test('says what a stranger meets at the public address, to administrators', async () => {
    const admin = await createAdmin(site);
    const test = async (): Promise<AdminEverseed> => {
      const { body } = await send('POST', `${site.url}/bittorrent/everseed/test`, admin, {});
      return body as unknown as AdminEverseed;
    };
    await eventually(async () => expect((await health())?.ok).toBe(true));
    // No torrent is open to everybody: whoever calls is let go without a word.
    const at = { address: '127.0.0.1', origin: 'public-url', testedAt: expect.any(String) };
    expect(await test()).toMatchObject({ addresses: [{ ...at, reach: 'hung-up' }] });
    await release('reached.iso');
    const report = { state: 'open', port, addresses: [{ ...at, reach: 'reached' }] };
    expect(await test()).toMatchObject(report);
    const { body } = await send('GET', `${site.url}/bittorrent/everseed`, admin);
    expect(body).toMatchObject(report);
    expect((await health())?.text).toMatch(/; answers at 1 of 1 public addresses$/);
    expect((await fetch(`${site.url}/bittorrent/everseed`)).status).toBe(401);
    expect((await fetch(`${site.url}/bittorrent/everseed/test`, { method: 'POST' })).status).toBe(
      401,
    );
  });
});

describe('over IPv6', () => {
  let site6: Server;

  beforeAll(async () => {
    await start({ publicAddress: ['127.0.0.1', '::1'] });
    // Strapi's own port, on ::1 as well.
    site6 = createServer((socket) => site.strapi.server.httpServer.emit('connection', socket));
    await new Promise<void>((resolve) =>
      site6.listen(Number(new URL(site.url).port), '::1', () => resolve()),
    );
  });
  afterAll(async () => {
    site6.close();
    await site.stop();
  });

  test('it is named in peers6, serves who calls, and calls who announces', async () => {
    const made = await release('six.iso');
    const { infoHash } = made;
    const calls: string[] = [];
    const listening = createServer((socket) => {
      calls.push(socket.remoteAddress ?? '');
      socket.on('error', () => undefined);
      socket.destroy();
    });
    await new Promise<void>((resolve) => listening.listen(0, '::1', () => resolve()));
    const at = (listening.address() as AddressInfo).port;
    const url = `http://[::1]:${new URL(site.url).port}`;
    const peers = await announceFor(url, { infoHash, port: at, event: 'started', from: '::1' });
    expect(peers).toContain(`${'0'.repeat(31)}1:${port}`);
    expect(peers).toContain(own());

    const leecher = await callEverseed(infoHash, { port, host: '::1' });
    leechers.push(leecher);
    await untilServed(leecher, made);
    leecher.close(); // one that is connected is not called
    await announceFor(url, { infoHash, port: at + 1, event: 'started', from: '::1' });
    const again = { infoHash, port: at, event: 'started', from: '::1' } as const;
    await eventually(async () => {
      if (calls.length === 0) {
        await sleep(1_600);
        await announceFor(url, again);
      }
      expect(calls[0]).toBe('::1');
    });
    listening.close();
  });
});

describe('a thin swarm only', () => {
  beforeAll(() => start({ thinSwarm: 2 }));
  afterAll(() => site.stop());

  test('newcomers are left to two seeders; who is served goes on; one seeder less, and all are served', async () => {
    const made = await release('thin.iso');
    const { infoHash } = made;
    const seed = (n: number, event: 'started' | 'stopped') =>
      announceFor(site.url, { infoHash, left: 0, port: 9_100 + n, event });
    await seed(1, 'started');
    expect(await isNamed(infoHash)).toBe(true);
    const first = await call(infoHash);
    await untilServed(first, made);

    await seed(2, 'started');
    expect(await isNamed(infoHash)).toBe(false);
    // This address is served already, and may come once more; another is not taken in.
    const stranger = await callEverseed(infoHash, { port, from: '127.0.0.9' });
    expect(stranger).toMatchObject({ greeted: false, closed: true });
    expect(await callsOf(infoHash, 0)).toBe(0);
    await sleep(1_200);
    expect(await first.block(1, 0, BLOCK)).toEqual(made.bytes.subarray(BLOCK, 2 * BLOCK));

    await seed(2, 'stopped');
    expect(await isNamed(infoHash)).toBe(true);
    const next = await callEverseed(infoHash, { port, from: '127.0.0.9' });
    leechers.push(next);
    await untilServed(next, made);
    expect(await callsOf(infoHash, 1)).toBe(1);
  });

  /** How often the everseed calls a leecher that has just announced; waits for so many calls. */
  async function callsOf(infoHash: string, expected: number): Promise<number> {
    const callers: Socket[] = [];
    const server = createServer((socket) => {
      callers.push(socket);
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.7', () => resolve()));
    const at = (server.address() as AddressInfo).port;
    await announceFor(site.url, { infoHash, port: at, event: 'started', from: '127.0.0.7' });
    await eventually(() => expect(callers.length).toBeGreaterThanOrEqual(expected));
    await sleep(1_500);
    await announceFor(site.url, { infoHash, port: at, event: 'stopped', from: '127.0.0.7' });
    const calls = callers.length;
    for (const socket of callers) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    return calls;
  }
});

test('switched off, it does not listen, whatever its port', async () => {
  await start({ enabled: false });
  try {
    const media = await upload(site.strapi, 'off.iso', randomBytes(1_000));
    const { documentId } = await documents(site.strapi, 'release').create({
      data: { title: 'Off', files: [media.id] },
      status: 'published',
    });
    const { infoHash } = await readyTorrent(`${site.url}/api/releases/${documentId}`);
    expect(await health()).toBeUndefined();
    expect(await isNamed(infoHash!)).toBe(false);
    await expect(callEverseed(infoHash!, { port })).rejects.toThrow('ECONNREFUSED');
  } finally {
    await site.stop();
  }
});
