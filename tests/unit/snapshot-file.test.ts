/** The file that keeps the swarms between two runs. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSnapshotFile } from '../../server/src/snapshot-file';
import { createTracker, type Tracker } from '../../server/src/tracker';
import { endpoint4, hashNumber, seededRandom } from '../contract/swarm-fixtures';

let folder: string;
let file: string;
let lines: string[];

const openTracker = (): Tracker =>
  createTracker({
    gate: { admit: () => 0 },
    clock: () => performance.now(),
    random: seededRandom(1),
  });

const openFile = (tracker: Pick<Tracker, 'snapshot' | 'restore'>, every = 3600) => {
  const log = (line: string): void => void lines.push(line);
  return createSnapshotFile({ tracker, file, every, logger: { info: log, warn: log } });
};

const announce = (tracker: Tracker, n: number): unknown =>
  tracker.announce({
    transport: 'http',
    infoHash: hashNumber(1),
    passkey: null,
    endpoint: endpoint4(n),
    family: 4,
    port: 6881,
    event: 'none',
    left: 5,
    uploaded: 0,
    downloaded: 0,
    numwant: 0,
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bittorrent-snapshot-'));
  file = join(folder, 'deep', 'swarms.bin');
  lines = [];
});

afterEach(() => rm(folder, { recursive: true }));

async function saveTwoPeers(): Promise<void> {
  const tracker = openTracker();
  announce(tracker, 1);
  announce(tracker, 2);
  const saved = openFile(tracker);
  saved.start();
  await saved.stop();
}

it('is written at stop, readable by its owner only, and read at the next start', async () => {
  await saveTwoPeers();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, 'deep'))).toEqual(['swarms.bin']);
  const next = openTracker();
  await openFile(next).load();
  expect(next.totals().peers4).toBe(2);
  expect(lines).toEqual(['[bittorrent] 2 peers of the last run are back']);
});

it('is nothing to talk about when it is not there', async () => {
  const tracker = openTracker();
  await openFile(tracker).load();
  expect(lines).toEqual([]);
});

it('leaves a clean tracker and one line when it is damaged', async () => {
  await saveTwoPeers();
  const bytes = await readFile(file);
  await writeFile(file, bytes.subarray(0, bytes.length - 3));
  const next = openTracker();
  await openFile(next).load();
  expect(next.totals().peers4).toBe(0);
  expect(lines).toEqual([`[bittorrent] the saved swarms are not read, it is damaged: ${file}`]);
});

it('keeps the state of before when a saving fails, and says so', async () => {
  await saveTwoPeers();
  const before = await readFile(file);
  const saved = openFile({
    *snapshot() {
      yield Buffer.from('half');
      throw new Error('out of luck');
    },
    restore: (...it) => openTracker().restore(...it),
  });
  saved.start();
  await saved.stop();
  expect(await readFile(file)).toEqual(before);
  expect(lines).toEqual(['[bittorrent] the swarms were not saved: out of luck']);
});

it('is not overwritten by a run that never came to its start', async () => {
  await saveTwoPeers();
  const before = await readFile(file);
  await openFile(openTracker()).stop();
  expect(await readFile(file)).toEqual(before);
});

it('is written regularly in between', async () => {
  jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'nextTick', 'queueMicrotask'] });
  const tracker = openTracker();
  const snapshot = jest.spyOn(tracker, 'snapshot');
  const saved = openFile(tracker, 60);
  saved.start();
  await jest.advanceTimersByTimeAsync(181_000);
  jest.useRealTimers();
  await saved.stop();
  expect(snapshot).toHaveBeenCalledTimes(4);
});
