/** A page of another origin downloads with WebTorrent, and the site's web seed is all that it has. */

import { createHash } from 'node:crypto';
import type { TorrentValue } from '../../shared/torrent-value';
import { startBrowser, type TestBrowser } from './support/browser';
import { startPlayground, type Playground } from './support/playground';
import { startPageServer, type Torrent } from './support/webtorrent';

interface Release {
  title: string;
  torrent: TorrentValue;
  files: { name: string; url: string }[];
}

let playground: Playground;
let pages: Awaited<ReturnType<typeof startPageServer>>;
let browser: TestBrowser;
let releases: Release[];

beforeAll(async () => {
  playground = await startPlayground();
  pages = await startPageServer();
  browser = await startBrowser(pages.url);
  const response = await fetch(`${playground.url}/api/releases?populate=files`);
  releases = ((await response.json()) as { data: Release[] }).data;
});

afterAll(async () => {
  await browser.close();
  await pages.stop();
  await playground.stop();
});

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** SHA-256 by name, as Strapi itself gives the uploads. */
async function uploaded({ files }: Release): Promise<Record<string, string>> {
  const hashes = files.map(async ({ name, url }) => {
    const response = await fetch(new URL(url, playground.url));
    return [name, sha256(Buffer.from(await response.arrayBuffer()))] as const;
  });
  return Object.fromEntries(await Promise.all(hashes));
}

test.each([
  ['one file', 1],
  ['three files', 3],
])('%s, and the console stays clean', async (_what, count) => {
  const release = releases.find(({ files }) => files.length === count)!;
  const file = await fetch(release.torrent.torrentUrl!);
  const base64 = Buffer.from(await file.arrayBuffer()).toString('base64');
  const page = await browser.open();
  await page.goto('/');
  await page.waitForFunction(() => 'client' in window);
  const hashes = await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const torrent = await new Promise<Torrent>((resolve, reject) => {
      window.client.on('error', reject);
      window.client.add(bytes, {}, resolve);
    });
    torrent.on('warning', ({ message }) => window.warnings.push(message));
    await new Promise((resolve) => torrent.on('done', resolve));
    const entries = torrent.files.map(async (file) => {
      const content = await (await file.blob()).arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
      const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
      return [file.path.split('/').at(-1) ?? '', hex] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }, base64);
  expect(hashes).toEqual(await uploaded(release));
  expect(await page.evaluate(() => window.warnings)).toEqual([]);
  expect(browser.errors).toEqual([]);
  await page.close();
});
