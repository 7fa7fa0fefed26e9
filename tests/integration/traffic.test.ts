/** Who served how much: counted by the doors, shown to administrators, kept over restarts. */

import { randomBytes } from 'node:crypto';
import type { AdminTorrentList, ServedBytes } from '../../shared/admin-api';
import type { TorrentValue } from '../../shared/torrent-value';
import { createTrafficTable } from '../../server/src/library/traffic-table';
import { createAdmin, send } from './support/admin';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  readyTorrent,
  upload,
} from './support/content';
import { startSite, type TestSite } from './support/strapi';

const SIZE = 200_000;
const BUDGET = 2;

let site: TestSite;
let admin: string;

beforeAll(async () => {
  site = await startSite({ config: { webSeed: { dailyBudget: BUDGET } } });
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'secret');
  admin = await createAdmin(site);
}, 90_000);

afterAll(() => site.stop());

async function publish(name: string, bearer?: string): Promise<TorrentValue> {
  const media = await upload(
    site.strapi,
    `${randomBytes(4).toString('hex')}.iso`,
    randomBytes(SIZE),
  );
  const isRelease = name === 'release';
  const { documentId } = await documents(site.strapi, name).create({
    data: { title: 'Served', ...(isRelease ? { files: [media.id] } : { file: media.id }) },
    status: 'published',
  });
  return readyTorrent(`${site.url}/api/${name}s/${documentId}`, bearer);
}

async function list(): Promise<AdminTorrentList> {
  const { body } = await send('GET', `${site.url}/bittorrent/torrents?pageSize=100`, admin);
  return body as unknown as AdminTorrentList;
}

async function servedOf({ infoHash }: TorrentValue): Promise<ServedBytes | null | undefined> {
  return (await list()).data.find((row) => row.infoHash === infoHash)?.served;
}

function announce(torrent: TorrentValue, port: number, more: string): Promise<Response> {
  const hash = torrent.infoHash!.replace(/../g, '%$&');
  const peer = `info_hash=${hash}&peer_id=-TT0001-000000000000&port=${port}&compact=1`;
  return fetch(`${site.url}/announce?${peer}&uploaded=0&${more}`);
}

/** @param claims bytes that it says it has downloaded when it finishes */
async function download(torrent: TorrentValue, port: number, claims: number): Promise<void> {
  await announce(torrent, port, `event=started&downloaded=0&left=${SIZE}`);
  await announce(torrent, port, `event=completed&downloaded=${claims}&left=0`);
  await announce(torrent, port, `event=completed&downloaded=${claims}&left=0`);
}

test('bytes of web seeds are counted, and what clients report, but no more than is plausible', async () => {
  const torrent = await publish('release');
  const nothing = { webSeed: 0, everseed: 0, peers: 0 };
  expect(await servedOf(torrent)).toEqual(nothing);
  const before = (await list()).meta.served;
  for (const range of ['bytes=0-49999', 'bytes=100000-', 'bytes=199999-400000']) {
    const response = await fetch(torrent.webSeeds[0]!, { headers: { range } });
    await response.arrayBuffer();
  }
  for (let port = 1; port <= 4; port += 1) await download(torrent, 40_000 + port, SIZE);
  await download(torrent, 41_000, 2 ** 50);
  await download(torrent, 41_001, 0);
  const webSeed = 150_001;
  const expected = { webSeed, everseed: 0, peers: 5 * SIZE - webSeed };
  await eventually(async () => expect(await servedOf(torrent)).toEqual(expected));
  const after = (await list()).meta.served;
  expect(after.webSeed - before.webSeed).toBe(webSeed);
  expect(after.peers - before.peers).toBe(expected.peers);

  await site.restart();
  expect(await servedOf(torrent)).toEqual(expected);
  const response = await fetch(torrent.webSeeds[0]!, { headers: { range: 'bytes=0-9' } });
  await response.arrayBuffer();
  await eventually(async () => expect((await servedOf(torrent))?.webSeed).toBe(webSeed + 10));
});

test('processes on one database add to each other', async () => {
  const infoHash = randomBytes(20).toString('hex');
  const one = createTrafficTable(site.strapi);
  const other = createTrafficTable(site.strapi);
  const change = { webSeed: 2 ** 40, everseed: 1, downloaded: 3 };
  await one.add([[infoHash, change]]);
  for (let i = 0; i < 3; i += 1) {
    await Promise.all([one.add([[infoHash, change]]), other.add([[infoHash, change]])]);
  }
  const found = await one.find([infoHash, 'f'.repeat(40)]);
  expect([...found]).toEqual([[infoHash, { webSeed: 7 * 2 ** 40, everseed: 7, downloaded: 21 }]]);
});

test('a personal link is good for so many downloads a day, and says when it is good again', async () => {
  const member = await createUser(site.strapi, 'dora', 'member');
  const torrent = await publish('secret', member.bearer);
  const url = torrent.webSeeds[0]!;
  expect(url).not.toContain('/public/');
  for (let n = 0; n < BUDGET; n += 1) {
    const response = await fetch(url);
    expect((await response.arrayBuffer()).byteLength).toBe(SIZE);
  }
  const refused = await fetch(url, { headers: { range: 'bytes=0-9' } });
  expect(refused.status).toBe(429);
  const wait = Number(refused.headers.get('retry-after'));
  expect(wait).toBeGreaterThan(86_000);
  expect(wait).toBeLessThanOrEqual(86_400);
  const other = await createUser(site.strapi, 'emil', 'member');
  const { body } = await get(
    `${site.url}/api/bittorrent/torrents/${torrent.infoHash!}`,
    other.bearer,
  );
  const theirs = body['data'] as TorrentValue;
  expect((await fetch(theirs.webSeeds[0]!)).status).toBe(200);
});
