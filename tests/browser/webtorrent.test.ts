/** Two pages in Chromium find each other by the tracker, and one has the other's file in the end. */

import { createHash, randomBytes } from 'node:crypto';
import { REFUSAL, type InfoHash } from '../../server/src/tracker';
import { startWebSocketSite, until, type WebSocketSite } from '../unit/transports/web-socket-site';
import { startBrowser, type TestBrowser } from './support/browser';
import { webTorrentPage, type Torrent } from './support/webtorrent';

const SIZE = 3_000_001;

let site: WebSocketSite;
let browser: TestBrowser;
let registered: InfoHash | null;

beforeAll(async () => {
  site = await startWebSocketSite((infoHash, passkey) => {
    if (passkey !== 'seeder' && passkey !== 'leecher') return REFUSAL.passkeyUnknown;
    registered ??= infoHash;
    return infoHash === registered ? 1 : REFUSAL.notRegistered;
  });
  site.door.start();
  site.server.removeAllListeners('request');
  site.server.on('request', await webTorrentPage());
  browser = await startBrowser(`http://127.0.0.1:${site.port}`);
});

beforeEach(() => {
  registered = null;
});

afterAll(async () => {
  await browser.close();
  await until(() => site.signalling.totals().connections === 0);
  await site.stop();
});

async function openPage() {
  const page = await browser.open();
  await page.goto('/');
  await page.waitForFunction(() => 'client' in window);
  return page;
}

test('two pages exchange a file through the tracker', async () => {
  const payload = randomBytes(SIZE);
  const sha256 = createHash('sha256').update(payload).digest('hex');
  const [seeding, leeching] = [await openPage(), await openPage()];
  const announce = (passkey: string) => `${site.url}/announce?passkey=${passkey}`;

  const infoHash = await seeding.evaluate(
    async ({ base64, announce }) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const torrent = await new Promise<Torrent>((resolve, reject) => {
        window.client.on('error', reject);
        const options = { announceList: [[announce]] };
        window.client.seed(new File([bytes], 'film.bin'), options, resolve);
      });
      torrent.on('warning', ({ message }) => window.warnings.push(message));
      return torrent.infoHash;
    },
    { base64: payload.toString('base64'), announce: announce('seeder') },
  );
  const key = Buffer.from(infoHash, 'hex').toString('latin1') as InfoHash;
  await until(() => site.signalling.counts(key).seeders === 1);

  const hash = await leeching.evaluate(
    async ({ magnet, announce }) => {
      const torrent = await new Promise<Torrent>((resolve, reject) => {
        window.client.on('error', reject);
        window.client.add(magnet, { announce: [announce] }, resolve);
      });
      torrent.on('warning', ({ message }) => window.warnings.push(message));
      await new Promise((resolve) => torrent.on('done', resolve));
      const bytes = await (await torrent.files[0]!.blob()).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    {
      magnet: `magnet:?xt=urn:btih:${infoHash}`,
      announce: announce('leecher'),
    },
  );

  expect(hash).toBe(sha256);
  await until(() => site.signalling.counts(key).seeders === 2);
  expect(site.signalling.counts(key)).toMatchObject({ leechers: 0, completed: 1 });
  await leeching.close();
  await until(() => site.signalling.counts(key).seeders === 1);
  expect(await seeding.evaluate(() => window.warnings)).toEqual([]);
  expect(browser.errors).toEqual([]);
  expect(site.faults).toEqual([]);
});
