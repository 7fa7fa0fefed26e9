/** What an operator watches: metrics, health, limits, and addresses behind a proxy. */

import { randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { TorrentValue } from '../../shared/torrent-value';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  readyTorrent,
  roleId,
  upload,
} from './support/content';
import { createApiToken } from './support/admin';
import { announce, scrape } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

const METRICS = 'plugin::bittorrent.metrics.read';
/** Bytes of the torrent's payload. */
const SIZE = 60_000;

let site: TestSite;
let torrent: TorrentValue;

beforeAll(async () => {
  site = await startSite({
    config: {
      tracker: { trustedProxies: ['127.0.0.1'], limits: { perMinute: 60, burst: 4 } },
    },
  });
  await allow(site.strapi, 'public', 'release');
  const media = await upload(site.strapi, 'watched.iso', randomBytes(SIZE));
  const { documentId } = await documents(site.strapi, 'release').create({
    data: { title: 'Watched', files: [media.id] },
    status: 'published',
  });
  torrent = await readyTorrent(`${site.url}/api/releases/${documentId}`);
});

afterAll(() => site.stop());

const apiToken = (type: string, permissions?: string[]): Promise<string> =>
  createApiToken(site.strapi, type, permissions);

async function metrics(bearer?: string): Promise<{ status: number; text: string }> {
  const headers = bearer === undefined ? {} : { authorization: bearer };
  const response = await fetch(`${site.url}/api/bittorrent/metrics`, { headers });
  return { status: response.status, text: await response.text() };
}

/** The value of one line of the metrics; 0 when it is not there. */
async function metric(line: string): Promise<number> {
  const { text } = await metrics(await apiToken('full-access'));
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return Number(found?.slice(line.length) ?? 0);
}

let port = 30_000;

/** An announce of a new peer, as a trusted proxy on loopback forwards it. */
async function announceFrom(forwarded: string, passkey = ''): Promise<string> {
  port += 1;
  const hash = torrent.infoHash!.replace(/../g, '%$&');
  const query = `info_hash=${hash}&peer_id=-TT0001-000000000000&port=${port}&left=1${passkey}`;
  const headers = { 'x-forwarded-for': forwarded };
  return (await fetch(`${site.url}/announce?${query}`, { headers })).text();
}

const OK4 = 'bittorrent_announces_total{transport="http",family="4",outcome="ok"}';
const OK6 = 'bittorrent_announces_total{transport="http",family="6",outcome="ok"}';

describe('the metrics', () => {
  it('are for tokens that hold the permission, and for nobody else', async () => {
    const { bearer } = await createUser(site.strapi, 'watcher', 'watcher');
    expect((await metrics()).status).toBe(403);
    expect((await metrics(bearer)).status).toBe(403);
    expect((await metrics('Bearer junk')).status).toBe(401);
    expect((await metrics(await apiToken('read-only'))).status).toBe(403);
    const other = 'api::release.release.find';
    expect((await metrics(await apiToken('custom', [other]))).status).toBe(403);
    expect((await metrics(await apiToken('custom', [METRICS]))).status).toBe(200);
    expect((await metrics(await apiToken('full-access'))).status).toBe(200);
    // A role may be given the permission too, as any of the content API.
    const role = await roleId(site.strapi, 'watcher');
    const data = { action: METRICS, role };
    await site.strapi.db.query('plugin::users-permissions.permission').create({ data });
    expect((await metrics(bearer)).status).toBe(200);
  });

  it('are Prometheus text, each with its help and type', async () => {
    const headers = { authorization: await apiToken('full-access') };
    const response = await fetch(`${site.url}/api/bittorrent/metrics`, { headers });
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const lines = (await response.text()).split('\n').filter((line) => line !== '');
    const named = (kind: string): string[] =>
      lines.filter((line) => line.startsWith(`# ${kind} `)).map((line) => line.split(' ')[2]!);
    expect(named('HELP')).toEqual(named('TYPE'));
    expect(named('TYPE')).toEqual([
      'bittorrent_announces_total',
      'bittorrent_scrapes_total',
      'bittorrent_dropped_total',
      'bittorrent_announce_duration_seconds',
      'bittorrent_swarms',
      'bittorrent_peers',
      'bittorrent_torrents',
      'bittorrent_torrents_bytes',
      'bittorrent_jobs',
      'bittorrent_warning',
      'bittorrent_served_bytes_total',
      'bittorrent_downloaded_bytes_total',
      'bittorrent_event_loop_delay_seconds',
    ]);
    for (const line of lines.filter((line) => !line.startsWith('#'))) {
      expect(line).toMatch(/^bittorrent_[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})? [-+.e0-9]+$/);
    }
  });

  it('move with what happens', async () => {
    const before4 = await metric(OK4);
    const before6 = await metric(OK6);
    const peers4 = await metric('bittorrent_peers{family="4"}');
    await announceFrom('11.0.0.1');
    await announceFrom('2001:db8:5::1');
    await fetch(`${site.url}/announce?info_hash=short`);
    await fetch(
      `${site.url}/announce?info_hash=${'z'.repeat(20)}&peer_id=${'p'.repeat(20)}&port=1`,
    );
    await scrape(site.url, torrent.infoHash!);
    expect(await metric(OK4)).toBe(before4 + 1);
    expect(await metric(OK6)).toBe(before6 + 1);
    expect(await metric('bittorrent_peers{family="4"}')).toBe(peers4 + 1);
    expect(await metric('bittorrent_swarms')).toBe(1);
    const failed = (code: string) => OK4.replace('"ok"', `"${code}"`);
    expect(await metric(failed('invalid-info-hash'))).toBe(1);
    expect(await metric(failed('not-registered'))).toBe(1);
    expect(await metric(OK4.replace('announces', 'scrapes'))).toBe(1);
    expect(await metric('bittorrent_torrents')).toBe(1);
    expect(await metric('bittorrent_torrents_bytes')).toBe(SIZE);
    expect(await metric('bittorrent_jobs{status="ready"}')).toBe(1);
    expect(await metric('bittorrent_jobs{status="queued"}')).toBe(0);
  });

  it('measure durations and the event loop', async () => {
    for (let i = 0; i < 16; i += 1) await announce(site.url, torrent.infoHash!);
    const name = 'bittorrent_announce_duration_seconds';
    const count = await metric(`${name}_count`);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(await metric(`${name}_bucket{le="+Inf"}`)).toBe(count);
    expect(await metric(`${name}_sum`)).toBeGreaterThan(0);
    await eventually(async () => {
      const longest = await metric('bittorrent_event_loop_delay_seconds{statistic="max"}');
      expect(longest).toBeGreaterThan(0);
    });
  });

  it('hold no passkey, no address, no info-hash and no name', async () => {
    const { bearer } = await createUser(site.strapi, 'alice', 'member');
    const { body } = await get(`${site.url}/api/bittorrent/passkey`, bearer);
    const { passkey } = body['data'] as { passkey: string };
    await announceFrom('11.22.33.44', `&passkey=${passkey}`);
    await announceFrom('2001:db8:1234::7', `&passkey=wrong${passkey}`);
    await announceFrom('secret-garbage');
    await scrape(site.url, torrent.infoHash!, passkey);
    const { text } = await metrics(await apiToken('full-access'));
    expect(text).toContain('outcome="ok"');
    for (const secret of [
      passkey,
      '11.22.33',
      '2001:db8',
      '127.0.0.1',
      'garbage',
      torrent.infoHash!,
      'watched',
      'alice',
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('the address behind a proxy', () => {
  it('is the one that the trusted proxy gives', async () => {
    expect(await announceFrom('1.1.1.1, 11.7.0.1')).toContain('11:external ip4:\x0b\x07\0\x01');
  });

  it('is the socket’s when that is garbage, which is counted', async () => {
    const line = 'bittorrent_dropped_total{reason="forwarded-address"}';
    const before = await metric(line);
    expect(await announceFrom('11.7.0.1, unknown')).toContain('11:external ip4:\x7f\0\0\x01');
    expect(await metric(line)).toBe(before + 1);
  });
});

describe('the limits', () => {
  const isRefused = (answer: string): boolean => answer.includes('Too many requests');

  it('tell one network that asks too often to come back later, and let others in', async () => {
    for (let i = 0; i < 40; i += 1) await announceFrom(`12.0.${i}.1`);
    const limited = OK4.replace('"ok"', '"rate-limited"');
    const before = await metric(limited);
    const answers = [];
    for (let i = 0; i < 20; i += 1) answers.push(await announceFrom(`13.0.0.${i}`));
    expect(answers.slice(0, 4).some(isRefused)).toBe(false);
    const refused = answers.filter(isRefused);
    // A token comes back each second, and this machine may be slow.
    expect(refused.length).toBeGreaterThanOrEqual(8);
    for (const answer of refused) expect(answer).toContain('8:intervali600e');
    expect(await metric(limited)).toBe(before + refused.length);
    expect(isRefused(await announceFrom('13.0.1.1'))).toBe(false);
    await eventually(async () => expect(isRefused(await announceFrom('13.0.0.1'))).toBe(false));
  });

  it('never stand in the way of loopback', async () => {
    for (let i = 0; i < 50; i += 1) {
      expect(isRefused(await announce(site.url, torrent.infoHash!))).toBe(false);
    }
  });
});

describe('the health', () => {
  interface Report {
    ok: boolean;
    parts: { name: string; ok: boolean; text: string }[];
  }

  const health = async () => {
    const { status, body, headers } = await get(`${site.url}/api/bittorrent/health`);
    return { status, headers, ...(body['data'] as Report) };
  };

  it('is 200 with one line per part, for anybody', async () => {
    const { status, headers, ok, parts } = await health();
    expect(status).toBe(200);
    expect(ok).toBe(true);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(parts).toEqual([
      { name: 'websocket', ok: true, text: 'listens' },
      { name: 'tracker', ok: true, text: 'is open' },
      { name: 'http', ok: true, text: 'listens on Strapi’s port' },
      { name: 'database', ok: true, text: 'answers' },
      { name: 'storage', ok: true, text: 'can be read' },
      { name: 'hash queue', ok: true, text: 'is empty' },
      { name: 'addresses', ok: true, text: 'as they should be' },
    ]);
  });

  it('is 503 while a part is down, and says which', async () => {
    const uploads = join(site.publicDir, 'uploads');
    await rename(uploads, `${uploads}-away`);
    const report = await eventually(async () => {
      const now = await health();
      expect(now.status).toBe(503);
      return now;
    });
    expect(report.parts.filter(({ ok }) => !ok)).toEqual([
      { name: 'storage', ok: false, text: 'cannot be read' },
    ]);
    expect(JSON.stringify(report.parts)).not.toContain(site.folder);
    await rename(`${uploads}-away`, uploads);
    await eventually(async () => expect((await health()).status).toBe(200));
  });

  it('is 503 while the tracker is not open', async () => {
    const plugin = site.strapi.plugin('bittorrent') as unknown as { destroy(): Promise<void> };
    await plugin.destroy();
    plugin.destroy = () => Promise.resolve(); // Strapi refuses a second one when it stops
    const { status, parts } = await health();
    expect(status).toBe(503);
    expect(parts.filter(({ ok }) => !ok)).toEqual([
      { name: 'tracker', ok: false, text: 'is not open: Strapi is starting or stopping' },
    ]);
  });
});
