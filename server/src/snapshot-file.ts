/** The living swarms in a file beside Strapi's other temporary data: a restart loses nobody. */

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Tracker } from './tracker';

export interface SnapshotFileDeps {
  tracker: Pick<Tracker, 'snapshot' | 'restore'>;
  file: string;
  /** Seconds between two savings. */
  every: number;
  logger: { info(message: string): void; warn(message: string): void };
}

export interface SnapshotFile {
  /** Brings the peers of the last run back. Never fails: without them the tracker starts clean. */
  load(): Promise<void>;
  /** Saves regularly from now on. */
  start(): void;
  /** Saves once more; not when it was never started, for there may be more in the file. */
  stop(): Promise<void>;
}

/** What is wrong with a file, for its owner. */
const PROBLEMS = {
  foreign: 'it is something else',
  'other-version': 'another version of the plugin wrote it',
  torn: 'it is damaged',
} as const;

export function createSnapshotFile({
  tracker,
  file,
  every,
  logger,
}: SnapshotFileDeps): SnapshotFile {
  let timer: NodeJS.Timeout | null = null;
  /** Savings follow one another: two at once would write into one temporary file. */
  let saving = Promise.resolve();

  const save = (): Promise<void> => {
    saving = saving.then(async () => {
      try {
        await write(tracker, file);
      } catch (error) {
        logger.warn(`[bittorrent] the swarms were not saved: ${reasonOf(error)}`);
      }
    });
    return saving;
  };

  return {
    async load() {
      try {
        const bytes = await readFile(file);
        const outcome = await withPauses(tracker.restore(bytes, Date.now()));
        if (outcome.kind === 'restored') {
          logger.info(`[bittorrent] ${outcome.peers} peers of the last run are back`);
        } else {
          const problem = PROBLEMS[outcome.reason];
          logger.warn(`[bittorrent] the saved swarms are not read, ${problem}: ${file}`);
        }
      } catch (error) {
        if (isMissing(error)) return;
        logger.warn(`[bittorrent] the saved swarms are not read: ${reasonOf(error)}`);
      }
    },
    start() {
      timer ??= setInterval(() => void save(), every * 1000).unref();
    },
    stop() {
      if (timer === null) return saving;
      clearInterval(timer);
      timer = null;
      return save();
    },
  };
}

/** All or nothing: whoever is killed in the middle leaves the file of before. */
async function write(tracker: Pick<Tracker, 'snapshot'>, file: string): Promise<void> {
  const chunks = tracker.snapshot(Date.now());
  if (chunks === null) return;
  await mkdir(dirname(file), { recursive: true });
  const temporary = `${file}.new`;
  // Addresses of readers are nobody's business.
  const handle = await open(temporary, 'w', 0o600);
  try {
    for (const chunk of chunks) await handle.write(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}

/** Lets others have their turn after every step. */
async function withPauses<Result>(steps: Generator<undefined, Result>): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await setImmediate();
  }
}

const isMissing = (error: unknown): boolean =>
  (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
