/** How much of the web seed one network may take: requests, and downloads at the same time. */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get as httpGet, type IncomingMessage } from 'node:http';
import type { TorrentValue } from '../../shared/torrent-value';
import { allow, documents, eventually, readyTorrent, upload } from './support/content';
import { startSite, type TestSite } from './support/strapi';

/** A token in five seconds. */
const PER_MINUTE = 12;
const BURST = 20;
const TRANSFERS = 3;
/** More than sockets and buffers hold for a reader that takes nothing. */
const SIZE = 24 * 1024 * 1024;

let site: TestSite;
let torrent: TorrentValue;

beforeAll(async () => {
  const limits = { perMinute: PER_MINUTE, burst: BURST, transfers: TRANSFERS };
  const tracker = { trustedProxies: ['127.0.0.1'] };
  site = await startSite({ config: { tracker, webSeed: { limits } } });
  await allow(site.strapi, 'public', 'release');
  const media = await upload(site.strapi, 'limited.iso', randomBytes(SIZE));
  const { documentId } = await documents(site.strapi, 'release').create({
    data: { title: 'Limited', files: [media.id] },
    status: 'published',
  });
  torrent = await readyTorrent(`${site.url}/api/releases/${documentId}`);
}, 90_000);

afterAll(() => site.stop());

/** As a trusted proxy passes it on. @param from the reader's address; none: our own, loopback */
async function block(from: string | null, method = 'GET'): Promise<Response> {
  const headers: Record<string, string> = { range: 'bytes=0-9' };
  if (from !== null) headers['x-forwarded-for'] = from;
  const response = await fetch(torrent.webSeeds[0]!, { method, headers });
  await response.arrayBuffer();
  return response;
}

async function statuses(from: string | null, n: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < n; i += 1) found.push((await block(from)).status);
  return found;
}

const times = (status: number, n: number): number[] => new Array<number>(n).fill(status);

test.each([
  ['93.184.216.34', '93.184.216.200', '93.184.217.34'],
  ['2606:2800:21f:100::1', '2606:2800:21f:1ff::9', '2606:2800:21f:200::1'],
])(
  'the network of %s is asked to come back later, %s with it, %s is not',
  async (one, same, other) => {
    const passed = (await statuses(one, 2 * BURST)).filter((status) => status === 206).length;
    // The limiter's clock is a generous one.
    expect(passed).toBeGreaterThanOrEqual(BURST);
    expect(passed).toBeLessThan(2 * BURST);
    const refused = await block(same);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('5');
    // A page must be able to see why.
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    expect((await block(one, 'HEAD')).status).toBe(429);
    expect((await block(other)).status).toBe(206);
    await eventually(async () => expect((await block(one)).status).toBe(206), 10);
  },
);

test('loopback and private networks have no limits, as at the tracker', async () => {
  for (const from of [null, '10.1.2.3', 'fd00::7']) {
    expect(await statuses(from, 2 * BURST)).toEqual(times(206, 2 * BURST));
  }
});

/** A download whose reader takes nothing yet. */
async function download(from: string): Promise<IncomingMessage> {
  const request = httpGet(torrent.webSeeds[0]!, {
    agent: false,
    headers: { 'x-forwarded-for': from },
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => undefined); // some are left unread, and destroyed
  return response;
}

test('a network has so many downloads at the same time, and one more when one is over', async () => {
  const network = (n: number): string => `198.41.0.${n}`;
  const running: IncomingMessage[] = [];
  for (let n = 1; n <= TRANSFERS; n += 1) running.push(await download(network(n)));
  expect(running.map(({ statusCode }) => statusCode)).toEqual(times(200, TRANSFERS));
  const refused = await download(network(TRANSFERS + 1));
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '30']);
  expect((await block(network(9), 'HEAD')).status).toBe(200);
  expect((await block('198.41.1.1')).status).toBe(206);

  running[0]!.destroy();
  await eventually(async () => expect((await block(network(9))).status).toBe(206));
  running[1]!.resume();
  await once(running[1]!, 'end');
  const more = [await download(network(7)), await download(network(8))];
  expect(more.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
  for (const response of [...running, ...more]) response.destroy();
  await eventually(async () =>
    expect(await statuses(network(10), TRANSFERS)).toEqual(times(206, 3)),
  );
});
