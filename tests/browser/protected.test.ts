/** A protected upload in the admin panel: Chromium plays it there, and nobody else gets it. */

import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { eventually } from '../integration/support/content';
import { logIn, startBrowser, type TestBrowser } from './support/browser';
import { torrentField } from './support/edit-view';
import { DEMO_ADMIN, startPlayground, type Playground } from './support/playground';

const SCREENSHOTS = join(__dirname, '../screenshots');
const EPISODES = '/admin/content-manager/collection-types/api::episode.episode';

const run = promisify(execFile);
const { film } = jest.requireActual<{ film: (seconds: number) => Buffer }>(
  '../../playground/src/seed/sample-film.js',
);

let playground: Playground;
let browser: TestBrowser;
let page: Page;
/** What was started, in order. */
const cleanUps: (() => Promise<void>)[] = [];

beforeAll(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  playground = await startPlayground();
  cleanUps.push(() => playground.stop());
  browser = await startBrowser(playground.url);
  cleanUps.push(() => browser.close());
  page = await browser.open();
});

afterAll(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

/** In the page: how many different colours a picture has. */
function coloursOf(canvas: Element): number {
  const { width, height } = canvas as HTMLCanvasElement;
  const picture = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height);
  return new Set(new Uint32Array(picture?.data.buffer ?? new ArrayBuffer(0))).size;
}

/** In the page: a film’s measures (pixels, seconds) after it was sought to its 31st second. */
async function playFrom31(url: string) {
  const media = document.createElement('video');
  const happened = (event: string) =>
    new Promise((resolve, reject) => {
      media.addEventListener(event, resolve, { once: true });
      media.addEventListener('error', () => reject(new Error(media.error?.message)));
    });
  const loaded = happened('loadedmetadata');
  media.src = url;
  await loaded;
  const seeked = happened('seeked');
  media.currentTime = 31;
  await seeked;
  const { videoWidth, videoHeight, duration, currentTime, currentSrc } = media;
  return { size: [videoWidth, videoHeight], duration, at: currentTime, url: currentSrc };
}

test('the private entry’s audio plays in the edit view, from anywhere in it', async () => {
  await logIn(page, DEMO_ADMIN);
  await page.goto(EPISODES);
  await page.getByText('Episode 1: members only', { exact: true }).first().click();
  await torrentField(page).getByText('The files are protected', { exact: false }).waitFor();

  const audio = page.locator('audio').first();
  await audio.waitFor({ state: 'attached' });
  const played = await audio.evaluate(async (element) => {
    const media = element as HTMLAudioElement;
    const happened = (event: string) =>
      new Promise((resolve, reject) => {
        media.addEventListener(event, resolve, { once: true });
        media.addEventListener('error', () => reject(new Error(media.error?.message)));
      });
    if (media.readyState < HTMLMediaElement.HAVE_METADATA) await happened('loadedmetadata');
    const seeked = happened('seeked');
    media.currentTime = 15;
    await seeked;
    return { duration: media.duration, at: media.currentTime, url: media.currentSrc };
  });
  expect(Math.round(played.duration)).toBe(20);
  expect(Math.round(played.at)).toBe(15);
  expect(played.url).toContain('&for=a');
  await page.screenshot({ path: join(SCREENSHOTS, 'edit-view-protected.png') });

  const bare = played.url.replace(/\?.*/, '');
  expect((await fetch(bare)).status).toBe(403);
  const range = await fetch(played.url, { headers: { range: 'bytes=-100' } });
  expect(range.status).toBe(206);
  expect((await range.arrayBuffer()).byteLength).toBe(100);
});

test('the private entry’s film shows in the edit view; its URL gives exact ranges, the bare one nothing', async () => {
  await page.goto(EPISODES);
  const filmUrl = page.waitForRequest(/\.webm\?/).then((request) => request.url());
  await page.getByText('Episode 2: members only, on film', { exact: true }).first().click();
  await torrentField(page).getByText('The files are protected', { exact: false }).waitFor();
  // Strapi plays its preview until it has a picture, and puts a still of that in its place.
  const still = page.locator('figure canvas').first();
  await still.waitFor();
  await eventually(async () => expect(await still.evaluate(coloursOf)).toBeGreaterThan(1), 30);

  const shown = await page.evaluate(playFrom31, await filmUrl);
  expect(shown).toMatchObject({ size: [160, 90], duration: 60, at: expect.closeTo(31, 0) });
  await page.screenshot({ path: join(SCREENSHOTS, 'edit-view-film.png') });

  const whole = film(60);
  for (const [range, part] of [
    ['0-99', whole.subarray(0, 100)],
    ['500-', whole.subarray(500)],
    ['-77', whole.subarray(-77)],
    [`${whole.length - 10}-${whole.length + 1_000}`, whole.subarray(-10)],
  ] as const) {
    const args = ['--silent', '--fail', '--range', range, shown.url];
    const { stdout } = await run('curl', args, { encoding: 'buffer' });
    expect(stdout.equals(part)).toBe(true);
  }
  const beyond = await fetch(shown.url, { headers: { range: `bytes=${whole.length}-` } });
  expect(beyond.status).toBe(416);
  const bare = shown.url.replace(/\?.*/, '');
  for (const headers of [{}, { range: 'bytes=0-9' }]) {
    const refused = await fetch(bare, { headers });
    expect(refused.status).toBe(403);
    expect(await refused.text()).not.toContain('webm');
  }
});

test('the media library plays it as well', async () => {
  await page.goto('/admin/plugins/upload');
  await page.getByText('episode-1', { exact: false }).first().click();
  const audio = page.getByRole('dialog').locator('audio');
  await audio.waitFor({ state: 'attached' });
  const url = await audio.evaluate((element) => (element as HTMLAudioElement).src);
  expect(url).toContain('&for=a');
  expect((await fetch(url)).status).toBe(200);
});

test('the browser has had nothing to complain about', () => {
  expect(browser.errors).toEqual([]);
});
