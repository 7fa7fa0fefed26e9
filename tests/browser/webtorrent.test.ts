/** Two pages in Chromium find each other by the tracker, and one has the other's file in the end. */

import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REFUSAL, type InfoHash } from '../../server/src/tracker';
import { startWebSocketSite, until, type WebSocketSite } from '../unit/transports/web-socket-site';
import { startBrowser, type TestBrowser } from './support/browser';

const WEBTORRENT = join(__dirname, '../third-party/node_modules/webtorrent/dist/webtorrent.min.js');
const SIZE = 3_000_001;

/** What the pages use of WebTorrent. */
interface Torrent {
  magnetURI: string;
  infoHash: string;
  files: { blob(): Promise<Blob> }[];
  on(event: 'done' | 'warning' | 'error', listener: (error: Error) => void): void;
}
interface WebTorrentClient {
  seed(input: File, options: object, onSeed: (torrent: Torrent) => void): Torrent;
  add(torrent: string, options: object, onTorrent: (torrent: Torrent) => void): Torrent;
  on(event: 'error', listener: (error: Error) => void): void;
}
declare global {
  interface Window {
    client: WebTorrentClient;
    /** What WebTorrent warned of. */
    warnings: string[];
  }
}

const PAGE = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import WebTorrent from '/webtorrent.js';
  window.warnings = [];
  // No STUN server is asked: nothing leaves the machine.
  const tracker = { rtcConfig: { iceServers: [] } };
  window.client = new WebTorrent({ dht: false, lsd: false, tracker });
</script>`;

let site: WebSocketSite;
let browser: TestBrowser;
let registered: InfoHash | null;

beforeAll(async () => {
  const script = await readFile(WEBTORRENT);
  site = await startWebSocketSite((infoHash, passkey) => {
    if (passkey !== 'seeder' && passkey !== 'leecher') return REFUSAL.passkeyUnknown;
    registered ??= infoHash;
    return infoHash === registered ? 1 : REFUSAL.notRegistered;
  });
  site.door.start();
  site.server.removeAllListeners('request');
  site.server.on('request', ({ url }, response) => {
    const isScript = url === '/webtorrent.js';
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : PAGE);
  });
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
