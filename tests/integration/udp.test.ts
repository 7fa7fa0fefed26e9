/** The UDP tracker beside a real Strapi: it opens with Strapi's port, and asks the same gate. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { TorrentValue } from '../../shared/torrent-value';
import {
  announcePacket,
  connectPacket,
  readAnnounceAnswer,
  readError,
  urlData,
} from '../unit/tracker/udp-packets';
import {
  allow,
  createUser,
  documents,
  readyTorrent,
  upload,
  type TestUser,
} from './support/content';
import { freePort, startSite, type TestSite } from './support/strapi';

let port: number;
let site: TestSite;
let member: TestUser;

beforeAll(async () => {
  port = await freePort();
  site = await startSite({ config: { tracker: { udp: { port, host: '127.0.0.1' } } } });
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'release', 'secret');
  member = await createUser(site.strapi, 'alice', 'member');
});

afterAll(() => site.stop());

/** A published entry's torrent. */
async function make(type: 'release' | 'secret'): Promise<TorrentValue> {
  const media = await upload(site.strapi, `${type}.iso`, randomBytes(5_000));
  const data =
    type === 'release' ? { title: type, files: [media.id] } : { title: type, file: media.id };
  const entry = await documents(site.strapi, type).create({ data, status: 'published' });
  return readyTorrent(`${site.url}/api/${type}s/${entry.documentId}`, member.bearer);
}

async function announce(infoHash: string, url = ''): Promise<Buffer> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const ask = async (bytes: Buffer): Promise<Buffer> => {
    const answer = once(socket, 'message') as Promise<[Buffer]>;
    socket.send(bytes, port, '127.0.0.1');
    return (await answer)[0];
  };
  const id = (await ask(connectPacket())).subarray(8);
  const options = url === '' ? Buffer.alloc(0) : urlData(url);
  const answer = await ask(
    announcePacket(id, { infoHash: Buffer.from(infoHash, 'hex'), options, left: 0n }),
  );
  socket.close();
  return answer;
}

const trackersOf = ({ magnet }: TorrentValue): string[] =>
  new URL(magnet ?? '').searchParams.getAll('tr');

test('a public torrent lists it after HTTP, and is announced there without a key', async () => {
  const torrent = await make('release');
  expect(trackersOf(torrent)).toEqual([
    expect.stringMatching(/^http:.*\/announce$/),
    expect.stringMatching(new RegExp(`^udp://[^/]+:${port}/announce$`)),
  ]);
  expect(readAnnounceAnswer(await announce(torrent.infoHash ?? '')).seeders).toBe(1);
});

test('a member’s torrent wants the passkey that its UDP tracker has', async () => {
  const torrent = await make('secret');
  const infoHash = torrent.infoHash ?? '';
  const [, udp = ''] = trackersOf(torrent);
  const { pathname, search } = new URL(udp);
  expect(search).toMatch(/^\?passkey=.{16,}$/);
  expect(readError(await announce(infoHash))).toContain('for members');
  expect(readAnnounceAnswer(await announce(infoHash, pathname + search)).seeders).toBe(1);
});

test('it is there again after a restart', async () => {
  await site.restart();
  expect(readError(await announce('00'.repeat(20)))).toContain('not registered');
});
