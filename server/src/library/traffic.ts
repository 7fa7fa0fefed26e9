/**
 * Counts the bytes that the site and its swarms have served. Counting is an addition in memory; rows are
 * written now and then and at stop, and only by adding, so that several processes can do it.
 */

import type { ServedBytes } from '../../../shared/admin-api';
import type { Background } from './background';
import type { Traffic, TrafficTable } from './traffic-table';

export interface TrafficCounters {
  served(source: 'webSeed' | 'everseed', infoHash: string, bytes: number): void;
  /**
   * A client has finished. What it says is an estimate: never more than the torrent holds, and what
   * it had before it came is not counted.
   */
  downloaded(infoHash: string, bytes: number): void;
  /** Of each of these torrents. */
  of(infoHashes: readonly string[]): Promise<Map<string, ServedBytes>>;
  totals(): Promise<ServedBytes>;
  /** By this process since its start, for metrics. */
  readonly sinceStart: Readonly<Traffic>;
  start(): void;
  flush(): Promise<void>;
  stop(): void;
}

export interface TrafficDeps {
  table: TrafficTable;
  background: Background;
  /** Bytes; `null` for what is no torrent of ours. */
  sizeOf: (infoHash: string) => number | null;
}

const FLUSH_EVERY_MS = 30_000;
const nothing = (): Traffic => ({ webSeed: 0, everseed: 0, downloaded: 0 });

export function createTraffic({ table, background, sizeOf }: TrafficDeps): TrafficCounters {
  const sinceStart = nothing();
  let unwritten = new Map<string, Traffic>();
  /** On their way into the table. */
  let writing = new Map<string, Traffic>();
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> | null = null;

  function add(source: keyof Traffic, infoHash: string, bytes: number): void {
    sinceStart[source] += bytes;
    let change = unwritten.get(infoHash);
    if (change === undefined) unwritten.set(infoHash, (change = nothing()));
    change[source] += bytes;
  }

  async function write(): Promise<void> {
    if (unwritten.size === 0) return;
    writing = unwritten;
    unwritten = new Map();
    try {
      await table.add([...writing]);
    } catch (error) {
      // Nothing of it was written: it is added to what has come meanwhile.
      for (const [infoHash, change] of writing) addTo(unwritten, infoHash, change);
      throw error;
    } finally {
      writing = new Map();
    }
  }

  function flush(): Promise<void> {
    flushing ??= write().finally(() => (flushing = null));
    return flushing;
  }

  /** Of the table, and what is not in it yet. */
  async function trafficOf(infoHashes: readonly string[]) {
    const stored = await table.find(infoHashes);
    return infoHashes.map((infoHash) => {
      const before = stored.get(infoHash) ?? nothing();
      const now = [before, writing.get(infoHash), unwritten.get(infoHash)].reduce(sum, nothing());
      return { infoHash, before, now };
    });
  }

  return {
    sinceStart,
    served: add,
    downloaded(infoHash, bytes) {
      const size = sizeOf(infoHash);
      if (size !== null && bytes > 0) add('downloaded', infoHash, Math.min(bytes, size));
    },
    async of(infoHashes) {
      const all = await trafficOf(infoHashes);
      return new Map(all.map(({ infoHash, now }) => [infoHash, servedOf(now)]));
    },
    async totals() {
      const totals = await table.totals();
      const changed = [...new Set([...writing.keys(), ...unwritten.keys()])];
      for (const { before, now } of await trafficOf(changed)) {
        const [from, to] = [servedOf(before), servedOf(now)];
        totals.webSeed += to.webSeed - from.webSeed;
        totals.everseed += to.everseed - from.everseed;
        totals.peers += to.peers - from.peers;
      }
      return totals;
    },
    start() {
      timer = setInterval(() => background.run('saving traffic', flush), FLUSH_EVERY_MS);
      timer.unref();
    },
    async flush() {
      await flush();
      await flush(); // what came while the first was under way
    },
    stop() {
      if (timer !== null) clearInterval(timer);
    },
  };
}

/** What clients had in the end, and not from the site, they had from each other. */
function servedOf({ webSeed, everseed, downloaded }: Traffic): ServedBytes {
  return { webSeed, everseed, peers: Math.max(0, downloaded - webSeed - everseed) };
}

function sum(all: Traffic, one: Traffic | undefined): Traffic {
  if (one === undefined) return all;
  return {
    webSeed: all.webSeed + one.webSeed,
    everseed: all.everseed + one.everseed,
    downloaded: all.downloaded + one.downloaded,
  };
}

function addTo(changes: Map<string, Traffic>, infoHash: string, change: Traffic): void {
  changes.set(infoHash, sum(change, changes.get(infoHash)));
}
