import { appendFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import {
  createFileCache,
  PayloadChangedError,
} from '../../../../server/src/seeding/everseed/file-cache';
import {
  createPayloadReader,
  type PayloadReader,
} from '../../../../server/src/seeding/everseed/payload-reader';
import { createRemoteFiles } from '../../../../server/src/seeding/everseed/remote-files';
import { createSlots } from '../../../../server/src/seeding/everseed/slots';
import { bothRates, createUploadRate } from '../../../../server/src/seeding/everseed/upload-rate';
import { makePayload, type Payload } from './payload';

async function bytesOf(reader: PayloadReader, at: number, length: number): Promise<Buffer> {
  const out = Buffer.alloc(length);
  await reader.read(at, out);
  return out;
}

const noRemote = createRemoteFiles({
  renew: () => Promise.reject(new Error('there is no storage')),
});

describe('reading a payload of several files', () => {
  let payload: Payload;
  let now = 0;
  const files = () => createFileCache({ most: 2, clock: () => now });

  beforeEach(async () => {
    payload = await makePayload([10_000, 1, 50_000, 7], 16_384);
  });

  afterEach(() => payload.remove());

  test('gives the bytes of every range, across files and pieces', async () => {
    const cache = files();
    const reader = createPayloadReader(payload.torrent, cache, noRemote);
    for (const [at, length] of [
      [0, 1],
      [9_990, 30],
      [16_000, 40_000],
      [0, 60_008],
      [60_007, 1],
    ] as const) {
      expect(await bytesOf(reader, at, length)).toEqual(payload.bytes.subarray(at, at + length));
    }
    await cache.close();
  });

  test('gives nothing of a piece whose bytes are wrong, though size and time are those of the hashed file', async () => {
    const filename = payload.filenames[2]!;
    const { atime, mtime } = await stat(filename);
    await writeFile(filename, Buffer.alloc(50_000, 1));
    await utimes(filename, atime, mtime);
    const cache = files();
    const reader = createPayloadReader(payload.torrent, cache, noRemote);
    await expect(bytesOf(reader, 0, 10)).rejects.toThrow(PayloadChangedError);
    await cache.close();
  });

  test.each([
    ['longer', (filename: string) => appendFile(filename, 'x')],
    ['cut short', (filename: string) => truncate(filename, 100)],
  ])('notices a file that has become %s while it is open', async (_how, change) => {
    const cache = files();
    const reader = createPayloadReader(payload.torrent, cache, noRemote);
    await bytesOf(reader, 20_000, 100);
    await change(payload.filenames[2]!);
    now += 10_000;
    await expect(bytesOf(reader, 20_000, 100)).rejects.toThrow(PayloadChangedError);
    await cache.close();
  });
});

test('slots: who is served longest makes room for who waits', () => {
  const said: string[] = [];
  const holder = (name: string) => ({
    choke: () => said.push(`choke ${name}`),
    unchoke: () => said.push(`unchoke ${name}`),
  });
  const slots = createSlots<ReturnType<typeof holder>>(2);
  const [a, b, c] = [holder('a'), holder('b'), holder('c')];
  for (const each of [a, b, c]) slots.add(each);
  expect(said.splice(0)).toEqual(['unchoke a', 'unchoke b']);
  slots.rotate();
  expect(said.splice(0)).toEqual(['choke a', 'unchoke c']);
  slots.remove(b);
  expect(said.splice(0)).toEqual(['choke b', 'unchoke a']);
});

test('the upload rate: a second of burst, then in turn', () => {
  let now = 10_000;
  const rate = createUploadRate(1000, { clock: () => now, portion: 1_000_000 });
  expect(rate.take(1000)).toBe(0);
  expect(rate.take(500)).toBe(500);
  now += 1500;
  expect(rate.take(1000)).toBe(0);
  expect(createUploadRate(null, { clock: () => now, portion: 7 }).take(1e9)).toBe(0);
});

test('the rate of one peer and that of all hold together', () => {
  const at = { clock: () => 10_000, portion: 1_000_000 };
  const total = createUploadRate(4000, at);
  const [a, b] = [1, 2].map(() => bothRates(total, createUploadRate(1000, at)));
  expect(a!.take(3000)).toBe(2000); // its own
  expect(b!.take(1000)).toBe(0);
  expect(b!.take(4000)).toBe(4000); // its own, behind 8000 bytes of the total
  expect(a!.portion).toBe(16 * 1024);
});
