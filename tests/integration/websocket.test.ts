/** The WebTorrent tracker at a real Strapi: on its own port, behind the same gate. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import WebSocket, { WebSocketServer } from 'ws';
import type { TorrentValue } from '../../shared/torrent-value';
import { offersOf } from '../unit/tracker/signalling/browsers';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  readyTorrent,
  upload,
  type TestUser,
} from './support/content';
import { startSite, type TestSite } from './support/strapi';

let site: TestSite;
let member: TestUser;
const open: WebSocket[] = [];

beforeAll(async () => {
  site = await startSite();
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'release', 'secret');
  member = await createUser(site.strapi, 'alice', 'member');
});

afterEach(() => {
  open.splice(0).forEach((socket) => socket.terminate());
});

afterAll(() => site.stop());

/** A published entry's torrent, and the URL of the entry. */
async function make(type: 'release' | 'secret'): Promise<{ torrent: TorrentValue; url: string }> {
  const media = await upload(site.strapi, `${type}-browsers.iso`, randomBytes(5_000));
  const data =
    type === 'release' ? { title: type, files: [media.id] } : { title: type, file: media.id };
  const entry = await documents(site.strapi, type).create({ data, status: 'published' });
  const url = `${site.url}/api/${type}s/${entry.documentId}`;
  return { url, torrent: await readyTorrent(url, member.bearer) };
}

const trackersOf = ({ magnet }: TorrentValue): string[] =>
  new URLSearchParams(magnet!.slice('magnet:?'.length)).getAll('tr');

async function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  open.push(socket);
  await once(socket, 'open');
  return socket;
}

async function say(socket: WebSocket, infoHash: string, more: object = {}): Promise<unknown> {
  socket.send(
    JSON.stringify({
      action: 'announce',
      info_hash: Buffer.from(infoHash, 'hex').toString('latin1'),
      peer_id: '-WW0102-000000000001',
      left: 5,
      ...more,
    }),
  );
  const [data] = (await once(socket, 'message')) as [Buffer];
  return JSON.parse(data.toString());
}

test('two browsers meet by the link of a public torrent, and the site counts them', async () => {
  const { torrent, url } = await make('release');
  const tracker = trackersOf(torrent).at(-1)!;
  expect(tracker).toBe(`${site.url.replace('http', 'ws')}/announce`);
  const [seeder, leecher] = [await connect(tracker), await connect(tracker)];
  await say(seeder, torrent.infoHash!, { left: 0 });
  const received = once(seeder, 'message') as Promise<[Buffer]>;
  expect(await say(leecher, torrent.infoHash!, { offers: offersOf(1, 1) })).toMatchObject({
    complete: 1,
    incomplete: 1,
  });
  expect(JSON.parse((await received)[0].toString())).toMatchObject(offersOf(1, 1)[0]!);
  expect(await readyTorrent(url)).toMatchObject({ seeders: 1, leechers: 1, completed: 0 });
  await say(leecher, torrent.infoHash!, { left: 0, event: 'completed' });
  expect(await readyTorrent(url)).toMatchObject({ seeders: 2, leechers: 0, completed: 1 });
  leecher.close();
  await eventually(async () => expect(await readyTorrent(url)).toMatchObject({ seeders: 1 }));
});

test('a torrent that is not public asks for the passkey of the link', async () => {
  const { torrent } = await make('secret');
  const tracker = trackersOf(torrent).at(-1)!;
  expect(tracker).toMatch(/^ws:.*\/announce\?passkey=[\da-f]{32}$/);
  const own = await connect(tracker);
  expect(await say(own, torrent.infoHash!)).toMatchObject({ incomplete: 1 });
  const stranger = await connect(tracker.split('?')[0]!);
  expect(await say(stranger, torrent.infoHash!)).toMatchObject({
    'failure reason': expect.stringContaining('for members'),
  });
  const rotated = await fetch(`${site.url}/api/bittorrent/passkey/rotate`, {
    method: 'POST',
    headers: { authorization: member.bearer },
  });
  expect(rotated.status).toBe(200);
  expect(await say(own, torrent.infoHash!)).toMatchObject({
    'failure reason': expect.stringContaining('not valid any more'),
  });
});

test('an upgrade that is not ours is answered by Strapi, or left to who listens for it', async () => {
  const elsewhere = `${site.url.replace('http', 'ws')}/vite-hmr`;
  const status = await new Promise((resolve) => {
    new WebSocket(elsewhere)
      .on('unexpected-response', (_, { statusCode }) => resolve(statusCode))
      .on('error', () => undefined);
  });
  expect(status).toBe(404);
  expect((await get(`${site.url}/api/releases`)).status).toBe(200);

  const { httpServer } = site.strapi.server;
  const theirs = new WebSocketServer({ noServer: true });
  const listener: Parameters<typeof httpServer.on>[1] = (request, socket, head) => {
    if (request.url !== '/vite-hmr') return;
    theirs.handleUpgrade(request, socket, head, (client) => client.close(4000));
  };
  httpServer.on('upgrade', listener);
  const socket = await connect(elsewhere);
  const [code] = (await once(socket, 'close')) as [number];
  expect(code).toBe(4000);
  httpServer.off('upgrade', listener);
});
