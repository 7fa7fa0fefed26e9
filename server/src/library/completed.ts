/** Carries the tracker's completed counters over restarts, without a query per announce. */

import type { Background } from './background';
import type { Tables, TorrentRow } from './tables';

export interface CompletedCounters {
  start(): void;
  /** Writes what has changed; also done every half minute. */
  flush(): Promise<void>;
  stop(): void;
}

export interface CompletedDeps {
  tables: Pick<Tables, 'torrents'>;
  background: Background;
  /** Counters that changed since the last call, by hexadecimal info-hash. */
  takeChanged: () => Iterable<readonly [string, number]>;
}

const FLUSH_EVERY_MS = 30_000;

export function createCompletedCounters(deps: CompletedDeps): CompletedCounters {
  /** Not written yet; kept when the database refuses, so that no download goes uncounted. */
  const unwritten = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;

  async function flush(): Promise<void> {
    for (const [infoHash, completed] of deps.takeChanged()) unwritten.set(infoHash, completed);
    for (const [infoHash, completed] of [...unwritten]) {
      await deps.tables.torrents.update({ infoHash }, { completed });
      if (unwritten.get(infoHash) === completed) unwritten.delete(infoHash);
    }
  }

  return {
    start() {
      timer = setInterval(() => deps.background.run('saving counters', flush), FLUSH_EVERY_MS);
      timer.unref();
    },
    flush,
    stop() {
      if (timer !== null) clearInterval(timer);
    },
  };
}

/** What the tracker has to be told at the start. */
export function storedCounters(rows: readonly TorrentRow[]): [string, number][] {
  return rows.filter(({ completed }) => completed > 0).map((row) => [row.infoHash, row.completed]);
}
