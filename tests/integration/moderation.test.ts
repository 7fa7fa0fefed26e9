import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import WebSocket from 'ws';
import type { AuditEvent } from '../../shared/admin-api';
import type { TorrentValue } from '../../shared/torrent-value';
import { createAdmin, send } from './support/admin';
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
import { ALL_CLOSED, ALL_OPEN, announce, knock } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

const BYTES = randomBytes(40_000);
const REASON = 'rights unclear';

let site: TestSite;
let admin: string;
let member: TestUser;
let torrent: TorrentValue;
let entryUrl: string;

beforeAll(async () => {
  site = await startSite();
  await allow(site.strapi, 'public', 'release');
  await allow(site.strapi, 'member', 'release', 'secret');
  admin = await createAdmin(site);
  member = await createUser(site.strapi, 'alice', 'member');
  entryUrl = `${site.url}/api/releases/${await publish('penguin.iso')}`;
  torrent = await readyTorrent(entryUrl);
});

afterAll(() => site.stop());

async function publish(name: string): Promise<string> {
  const media = await upload(site.strapi, name, BYTES);
  const data = { title: name, files: [media.id] };
  return (await documents(site.strapi, 'release').create({ data, status: 'published' })).documentId;
}

const takedown = (method: string, body?: object, infoHash = torrent.infoHash!) =>
  send(method, `${site.url}/bittorrent/torrents/${infoHash}/takedown`, admin, body);

/** A browser of WebTorrent in the swarm. */
async function joinAsBrowser(infoHash: string) {
  const socket = new WebSocket(`${site.url.replace('http', 'ws')}/announce`);
  const nextMessage = async (): Promise<string> => {
    const [data] = (await once(socket, 'message')) as [Buffer];
    return data.toString();
  };
  await once(socket, 'open');
  const hash = Buffer.from(infoHash, 'hex').toString('latin1');
  const peer = { peer_id: '-WW0001-000000000000', left: 1, event: 'started', numwant: 0 };
  const answer = nextMessage();
  socket.send(JSON.stringify({ action: 'announce', info_hash: hash, ...peer, offers: [] }));
  expect(await answer).not.toContain('failure');
  const told = nextMessage();
  return { nextMessage: () => told, close: () => socket.close() };
}

async function audit(query = ''): Promise<AuditEvent[]> {
  const { status, body } = await send('GET', `${site.url}/bittorrent/audit${query}`, admin);
  expect(status).toBe(200);
  return body['data'] as AuditEvent[];
}

const actions = (events: AuditEvent[]): string[] => events.map(({ action }) => action);

describe('a torrent that is taken down', () => {
  test('needs a reason, and has to exist', async () => {
    expect((await takedown('POST', { reason: '  ' })).status).toBe(400);
    expect((await takedown('POST', { reason: REASON }, 'e'.repeat(40))).status).toBe(404);
    expect((await takedown('DELETE')).status).toBe(404);
    expect(await knock(site.url, torrent, {})).toEqual(ALL_OPEN);
  });

  test('is closed at every door at once, also to those who had it', async () => {
    expect((await takedown('POST', { reason: REASON })).status).toBe(204);
    expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED);
    expect(await announce(site.url, torrent.infoHash!)).toContain('taken down');
  });

  test('tells a reader of the entry that, and no more', async () => {
    const { body } = await get(entryUrl);
    const { torrent: value } = body['data'] as { torrent: TorrentValue };
    expect(value).toMatchObject({ status: 'failed', error: 'This torrent was taken down.' });
    expect(value).toMatchObject({ infoHash: null, magnet: null, torrentUrl: null, webSeeds: [] });
    expect(JSON.stringify(body)).not.toContain(REASON);
  });

  test('says so to the editor', async () => {
    const { body } = await send('GET', `${site.url}/bittorrent/torrents`, admin);
    expect(body['data']).toMatchObject([
      {
        infoHash: torrent.infoHash,
        status: 'failed',
        error: { code: 'taken-down' },
        entries: [{ title: 'penguin.iso' }],
      },
    ]);
  });

  test('does not come back by another save, nor by “try again”', async () => {
    const documentId = entryUrl.split('/').at(-1)!;
    await documents(site.strapi, 'release').update({ documentId, data: { title: 'Renamed' } });
    await documents(site.strapi, 'release').publish({ documentId });
    expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED);
    const { body } = await send('GET', `${site.url}/bittorrent/torrents`, admin);
    const [{ key }] = body['data'] as [{ key: string }];
    const version = { uid: 'api::release.release', documentId, key };
    await send('POST', `${site.url}/bittorrent/fields/retry`, admin, version);
    await eventually(async () => {
      const { body: after } = await send('GET', `${site.url}/bittorrent/torrents`, admin);
      expect(after['data']).toMatchObject([{ status: 'failed', error: { code: 'taken-down' } }]);
    });
    expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED);
  });

  test('keeps its bytes from coming back under another name', async () => {
    await publish('innocent.iso');
    await eventually(async () => {
      const { body } = await send('GET', `${site.url}/bittorrent/torrents?search=innocent`, admin);
      expect(body['data']).toMatchObject([{ status: 'failed', error: { code: 'taken-down' } }]);
    });
  });

  test('stays down over a restart', async () => {
    await site.restart();
    expect(await knock(site.url, torrent, {})).toEqual(ALL_CLOSED);
  });

  test('is put back as it was, and so are its copies', async () => {
    expect((await takedown('DELETE')).status).toBe(204);
    const again = await readyTorrent(entryUrl);
    expect(again.infoHash).toBe(torrent.infoHash);
    expect(await knock(site.url, torrent, {})).toEqual(ALL_OPEN);
    await eventually(async () => {
      const { body } = await send('GET', `${site.url}/bittorrent/torrents?search=innocent`, admin);
      expect(body['data']).toMatchObject([{ status: 'ready' }]);
    });
  });
});

describe('bytes that were taken down', () => {
  const FILE = randomBytes(60_000);
  let original: TorrentValue;
  let originalUrl: string;

  /** Every upload is a file of its own, with a name of its own. */
  async function publishFiles(title: string, ...contents: Buffer[]): Promise<string> {
    const files: number[] = [];
    for (const [index, bytes] of contents.entries()) {
      files.push((await upload(site.strapi, `${title}-${index}.iso`, bytes)).id);
    }
    const { documentId } = await documents(site.strapi, 'release').create({
      data: { title, files },
      status: 'published',
    });
    return `${site.url}/api/releases/${documentId}`;
  }

  const takedowns = () => site.strapi.db.query('plugin::bittorrent.takedown');

  /** Of the table in the admin panel. */
  async function rows(search: string): Promise<unknown> {
    const url = `${site.url}/bittorrent/torrents?search=${search}`;
    return (await send('GET', url, admin)).body['data'];
  }

  const isDown = (url: string) =>
    eventually(async () => {
      const { body } = await get(url);
      expect(body['data']).toMatchObject({
        torrent: { status: 'failed', error: 'This torrent was taken down.', infoHash: null },
      });
    });

  async function restartWith(config: object): Promise<void> {
    const before = JSON.parse(process.env['BITTORRENT_CONFIG'] ?? '{}') as object;
    process.env['BITTORRENT_CONFIG'] = JSON.stringify({ ...before, ...config });
    await site.restart();
  }

  beforeAll(async () => {
    originalUrl = await publishFiles('original', FILE);
    original = await readyTorrent(originalUrl);
  });

  test('shut the torrents of several files that hold them, and not what goes along with them', async () => {
    const licence = randomBytes(100);
    const bundle = await publishFiles('bundle', randomBytes(10_000), FILE, licence);
    const neighbour = await publishFiles('neighbour', randomBytes(60_000), licence);
    const shut = await readyTorrent(bundle);
    const open = await readyTorrent(neighbour);
    expect((await takedown('POST', { reason: REASON }, original.infoHash!)).status).toBe(204);
    await isDown(bundle);
    expect(await knock(site.url, shut, {})).toEqual(ALL_CLOSED);
    expect(await announce(site.url, open.infoHash!)).toContain('5:peers');
    const held = { reason: REASON, torrent: { infoHash: original.infoHash, name: original.name } };
    for (const { infoHash } of [original, shut]) {
      expect(await rows(infoHash!)).toMatchObject([{ infoHash, takedown: held }]);
    }
    expect(await rows(open.infoHash!)).toMatchObject([{ takedown: null }]);
    expect((await takedown('DELETE', undefined, shut.infoHash!)).status).toBe(404);
  });

  test('name the takedown that goes on holding them when another is put back', async () => {
    const first = await publishFiles('first', randomBytes(70_000));
    const second = await publishFiles('second', randomBytes(80_000));
    const [one, two] = [await readyTorrent(first), await readyTorrent(second)];
    const bytesOf = async ({ webSeeds }: TorrentValue) =>
      Buffer.from(await (await fetch(webSeeds[0]!)).arrayBuffer());
    const both = await publishFiles('both', await bytesOf(one), await bytesOf(two));
    const { infoHash } = await readyTorrent(both);
    const holder = async () =>
      ((await rows(infoHash!)) as { takedown: { torrent: { name: string } } | null }[])[0]?.takedown
        ?.torrent.name;
    for (const { infoHash: hash } of [one, two]) {
      expect((await takedown('POST', { reason: REASON }, hash!)).status).toBe(204);
    }
    await isDown(both);
    const [held, other] = (await holder()) === one.name ? [one, two] : [two, one];
    // Whole files are read behind the request.
    await eventually(async () => {
      expect(await takedowns().count({ where: { files: { $notNull: true } } })).toBe(3);
    });
    expect((await takedown('DELETE', undefined, held.infoHash!)).status).toBe(204);
    await isDown(both);
    expect(await holder()).toBe(other.name);
    expect((await takedown('DELETE', undefined, other.infoHash!)).status).toBe(204);
    await readyTorrent(both);
  });

  test('can be put back when nothing shows their torrent any more', async () => {
    const url = await publishFiles('gone', randomBytes(50_000));
    const gone = await readyTorrent(url);
    expect((await takedown('POST', { reason: REASON }, gone.infoHash!)).status).toBe(204);
    await documents(site.strapi, 'release').delete({ documentId: url.split('/').at(-1)! });
    const { infoHash } = gone;
    await eventually(async () => {
      expect(await rows(infoHash!)).toMatchObject([
        {
          infoHash,
          error: { code: 'taken-down' },
          takedown: { torrent: { infoHash } },
          entries: [],
        },
      ]);
    });
    expect((await takedown('DELETE', undefined, infoHash!)).status).toBe(204);
    await eventually(async () => expect(await rows(infoHash!)).toEqual([]));
  });

  test('do not come back in a torrent of several files', async () => {
    await isDown(await publishFiles('second bundle', randomBytes(20_000), FILE));
    await readyTorrent(await publishFiles('as large', randomBytes(FILE.length)));
  });

  test('do not come back cut into other pieces', async () => {
    await restartWith({ metainfo: { pieceLength: 32_768 } });
    await isDown(await publishFiles('other pieces', FILE));
    const other = await readyTorrent(await publishFiles('as large, too', randomBytes(FILE.length)));
    expect(other.pieceLength).toBe(32_768);
  });

  test('are read for a takedown from before whole files were known', async () => {
    const [row] = (await takedowns().findMany({})) as { id: number; files: unknown }[];
    await takedowns().update({ where: { id: row!.id }, data: { files: null } });
    await site.restart();
    await eventually(async () => {
      expect(await takedowns().findMany({})).toMatchObject([{ files: row!.files }]);
    });
    await isDown(await publishFiles('later', FILE, randomBytes(30_000)));
  });

  test('are back everywhere when the takedown is', async () => {
    expect((await takedown('DELETE', undefined, original.infoHash!)).status).toBe(204);
    const titles = ['original', 'bundle', 'second bundle', 'other pieces', 'later'];
    for (const title of titles) {
      const query = `filters[title][$eq]=${encodeURIComponent(title)}`;
      await eventually(async () => {
        const { body } = await get(`${site.url}/api/releases?${query}`);
        expect(body['data']).toMatchObject([{ torrent: { status: 'ready' } }]);
      });
    }
    await restartWith({ metainfo: {} });
  });
});

describe('a torrent that is taken down while it is being downloaded', () => {
  test('loses its peers and browsers, and its transfers are cut, at once', async () => {
    const media = await upload(site.strapi, 'big.iso', randomBytes(12_000_000));
    const data = { title: 'big', files: [media.id] };
    const release = documents(site.strapi, 'release');
    const { documentId } = await release.create({ data, status: 'published' });
    const big = await readyTorrent(`${site.url}/api/releases/${documentId}`);
    const peersOf = async (): Promise<unknown> => {
      const { body } = await send('GET', `${site.url}/bittorrent/torrents?search=big`, admin);
      return (body['data'] as { leechers: number }[])[0]?.leechers;
    };
    await announce(site.url, big.infoHash!);
    const browser = await joinAsBrowser(big.infoHash!);
    expect(await peersOf()).toBe(2);
    const download = await fetch(big.webSeeds[0]!);
    expect(download.status).toBe(200);

    expect((await takedown('POST', { reason: REASON }, big.infoHash!)).status).toBe(204);
    expect(await peersOf()).toBe(0);
    expect(await browser.nextMessage()).toContain('taken down');
    await expect(download.arrayBuffer()).rejects.toMatchObject({ name: 'TypeError' });
    browser.close();
  });
});

describe('the audit log', () => {
  test('says who took a torrent down and put it back, and why', async () => {
    const events = await audit(`?infoHash=${torrent.infoHash!}`);
    const [restored, takenDown] = events.filter(({ actor }) => actor.kind === 'admin');
    expect(restored).toMatchObject({ action: 'torrent-restored', reason: null });
    expect(takenDown).toMatchObject({
      action: 'torrent-taken-down',
      reason: REASON,
      torrent: { infoHash: torrent.infoHash, name: 'penguin.iso' },
      actor: { kind: 'admin', name: expect.stringContaining('@') },
    });
  });

  test('says who got a .torrent or a key; anonymous readers have no name to note', async () => {
    const before = (await audit()).length;
    await fetch(torrent.torrentUrl!);
    await fetch(torrent.torrentUrl!, { headers: { authorization: member.bearer } });
    await get(`${site.url}/api/bittorrent/passkey`, member.bearer);
    await send('POST', `${site.url}/api/bittorrent/passkey/rotate`, member.bearer);
    const events = await audit();
    const added = events.slice(0, events.length - before);
    expect(actions(added)).toEqual(['passkey-rotated', 'passkey-shown', 'torrent-downloaded']);
    for (const { actor } of added) expect(actor).toMatchObject({ kind: 'user', name: 'alice' });
  });

  test('says who got an expiring link, followed it, and withdrew his keys', async () => {
    const media = await upload(site.strapi, 'secret.iso', randomBytes(20_000));
    const { documentId } = await documents(site.strapi, 'secret').create({
      data: { title: 'Secret', file: media.id },
      status: 'published',
    });
    const secret = await readyTorrent(`${site.url}/api/secrets/${documentId}`, member.bearer);
    const api = `${site.url}/api/bittorrent/torrents`;
    const common = await send('POST', `${api}/${torrent.infoHash!}/link`, member.bearer);
    expect(common.body['data']).toMatchObject({ expiresAt: null });
    const { body } = await send('POST', `${api}/${secret.infoHash!}/link`, member.bearer);
    const { url } = body['data'] as { url: string };
    expect((await fetch(url)).status).toBe(200);
    await send('POST', `${api}/${secret.infoHash!}/token/rotate`, member.bearer);
    const events = await audit(`?infoHash=${secret.infoHash!}`);
    expect(actions(events)).toEqual(['token-withdrawn', 'torrent-downloaded', 'link-issued']);
    for (const { actor } of events) expect(actor).toMatchObject({ kind: 'user', name: 'alice' });
    expect(actions(await audit(`?infoHash=${torrent.infoHash!}`))).not.toContain('link-issued');
    const token = url.split('/').at(-2)!;
    expect(JSON.stringify(await audit())).not.toContain(token);
  });

  test('never holds a key', async () => {
    const { body } = await get(`${site.url}/api/bittorrent/passkey`, member.bearer);
    const { passkey } = body['data'] as { passkey: string };
    expect(JSON.stringify(await audit())).not.toContain(passkey);
  });

  test('notes that an administrator revoked a key, which is dead from then on', async () => {
    const { body } = await get(`${site.url}/api/bittorrent/passkey`, member.bearer);
    const { passkey } = body['data'] as { passkey: string };
    expect(await announce(site.url, torrent.infoHash!, passkey)).not.toContain('failure');
    const [{ actor }] = (await audit()) as [AuditEvent];
    const revoke = (id: number) =>
      send('POST', `${site.url}/bittorrent/passkeys/${id}/revoke`, admin);
    expect((await revoke(actor.id!)).status).toBe(204);
    expect(await announce(site.url, torrent.infoHash!, passkey)).toContain('failure');
    expect((await revoke(99_999)).status).toBe(404);
    const [event] = await audit();
    expect(event).toMatchObject({ action: 'passkey-revoked', user: { name: 'alice' } });
  });

  test('is given in pages', async () => {
    const { body } = await send('GET', `${site.url}/bittorrent/audit?page=2&pageSize=2`, admin);
    expect(body['data']).toHaveLength(2);
    expect(body['meta']).toMatchObject({ pagination: { page: 2, pageSize: 2 } });
  });
});
