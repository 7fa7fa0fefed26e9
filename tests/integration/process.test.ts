import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { TorrentValue } from '../../shared/torrent-value';
import { send } from './support/admin';
import { eventually, get, type UploadedFile } from './support/content';
import { startProcess, type StrapiProcess } from './support/process';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

let site: StrapiProcess;

beforeAll(async () => {
  site = await startProcess();
});

afterAll(() => site.remove());

/** A release whose file is `size` zeroes that take no room on disk. */
async function sparseRelease(name: string, size: number): Promise<string> {
  const form = new FormData();
  form.append('files', new Blob(['small']), name);
  const uploaded = await fetch(`${site.url}/api/upload`, { method: 'POST', body: form });
  const [file] = (await uploaded.json()) as UploadedFile[];
  await truncate(join(site.publicDir, 'uploads', `${file!.hash}${file!.ext}`), size);
  const data = { title: name, files: [file!.id] };
  const { body } = await send('POST', `${site.url}/api/releases`, undefined, { data });
  const { documentId } = body['data'] as { documentId: string };
  return `${site.url}/api/releases/${documentId}`;
}

async function torrentAt(url: string): Promise<TorrentValue> {
  const { body } = await get(url);
  return (body['data'] as { torrent: TorrentValue }).torrent;
}

test('memory stays flat and progress is told while 4 GiB are hashed', async () => {
  const idle = await site.memory();
  const url = await sparseRelease('four-gibibytes.iso', 4 * GIB);
  let peak = 0;
  const progress: number[] = [];
  const torrent = await eventually(async () => {
    peak = Math.max(peak, await site.memory());
    const value = await torrentAt(url);
    progress.push(value.progress);
    if (value.status !== 'ready') throw new Error(JSON.stringify(value));
    return value;
  }, 100);
  expect(torrent).toMatchObject({ size: 4 * GIB, pieceLength: MIB });
  expect(peak - idle).toBeLessThan(150 * MIB);
  expect(progress.some((share) => share > 0.1 && share < 0.9)).toBe(true);
  expect([...progress].sort((a, b) => a - b)).toEqual(progress);
});

test('a killed Strapi goes on where it was', async () => {
  const url = await sparseRelease('killed.iso', 12 * GIB);
  const before = await eventually(async () => {
    const value = await torrentAt(url);
    if (value.status !== 'hashing' || !site.hasCheckpoint()) throw new Error(JSON.stringify(value));
    return value.progress;
  }, 100);
  await site.kill();
  await site.start();
  const first = await eventually(async () => {
    const value = await torrentAt(url);
    if (value.status !== 'hashing') throw new Error(JSON.stringify(value));
    return value.progress;
  });
  expect(first).toBeGreaterThan(before / 2);
  const done = await eventually(async () => {
    const value = await torrentAt(url);
    if (value.status !== 'ready') throw new Error(JSON.stringify(value));
    return value;
  }, 100);
  expect(done.size).toBe(12 * GIB);
});
