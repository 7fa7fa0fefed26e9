/**
 * Tells other processes on the same database that roles, keys or torrents have changed, and hears of
 * theirs. One row per process: a number that all count up would hide the change of one behind the
 * change of another.
 */

import { randomUUID } from 'node:crypto';
import type { Background } from './background';
import { retrying } from './retry';
import type { Tables } from './tables';

export interface Changes {
  /** Something changed here, and is committed. Cheap: many calls become one write. */
  bump(): void;
  /** Call it before what may change is read for the first time. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface ChangesDeps {
  tables: Pick<Tables, 'changes'>;
  background: Background;
  /** Milliseconds between two looks. */
  every: number;
  /** False while there is nothing to keep in line: then nobody looks. */
  isNeeded: () => boolean;
  /** Another process has changed something. The look is repeated when it fails. */
  onForeignChange: () => Promise<void>;
}

/** Rows of processes that were killed. */
const FORGET_AFTER_MS = 7 * 24 * 3600 * 1000;

export function createChanges(deps: ChangesDeps): Changes {
  const { background, tables } = deps;
  const origin = randomUUID();
  let own = 0;
  let written = 0;
  let isWriting = false;
  let isLooking = false;
  let known = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;

  async function write(): Promise<void> {
    try {
      while (written < own) {
        const version = own;
        await retrying(() => writeRow(version));
        written = version;
      }
    } finally {
      isWriting = false;
    }
  }

  async function writeRow(version: number): Promise<void> {
    // Another process may have taken this one for dead.
    const row = await tables.changes.findOne({ where: { origin }, select: ['id'] });
    if (row === null) await tables.changes.create({ origin, version });
    else await tables.changes.update({ origin }, { version });
  }

  async function look(): Promise<void> {
    try {
      const now = await read();
      const isNews = [...now].some(([other, version]) => known.get(other) !== version);
      if (isNews) await deps.onForeignChange();
      known = now;
    } finally {
      isLooking = false;
    }
  }

  async function read(): Promise<Map<string, number>> {
    const rows = await tables.changes.findMany({
      where: { origin: { $ne: origin } },
      select: ['origin', 'version'],
    });
    return new Map(rows.map((row) => [row.origin, row.version]));
  }

  return {
    bump() {
      own += 1;
      if (isWriting || timer === null) return;
      isWriting = true;
      background.run('telling other processes', write);
    },
    async start() {
      const before = new Date(Date.now() - FORGET_AFTER_MS);
      await tables.changes.delete({ updatedAt: { $lt: before } });
      known = await read();
      timer = setInterval(() => {
        if (isLooking || !deps.isNeeded()) return;
        isLooking = true;
        background.run('looking for changes of other processes', look);
      }, deps.every).unref();
    },
    async stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      await background.settled();
      if (written === 0) return;
      // A database that is gone already must not keep Strapi from ending; the row is forgotten later.
      await tables.changes.delete({ origin }).catch(() => undefined);
    },
  };
}
