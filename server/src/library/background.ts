/**
 * Work outside of requests and transactions. SQLite has one connection: a query that runs in the
 * async context of an open transaction joins it, and one awaited from inside it waits for ever.
 */

import { AsyncResource } from 'node:async_hooks';
import type { Core } from '@strapi/strapi';

export interface Background {
  /** Runs work detached from the caller: errors are logged, never thrown (they would end Strapi). */
  run(name: string, work: () => Promise<void>): void;
  /** The same, once the caller's transaction (if any) is committed. */
  afterCommit(name: string, work: () => Promise<void>): void;
  /** Resolves when nothing is running any more. */
  settled(): Promise<void>;
}

/** Call outside of any request: the work inherits the async context of this call. */
export function createBackground(strapi: Core.Strapi): Background {
  const running = new Set<Promise<void>>();

  const start = (name: string, work: () => Promise<void>): void => {
    const task = work()
      .catch((error: unknown) => report(name, error))
      .finally(() => running.delete(task));
    running.add(task);
  };
  const detached: typeof start = AsyncResource.bind(start);

  function report(name: string, error: unknown): void {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    strapi.log.error(`[bittorrent] ${name}: ${text}`);
  }

  return {
    run: detached,
    afterCommit(name, work) {
      if (!strapi.db.inTransaction()) {
        detached(name, work);
        return;
      }
      strapi.db
        .transaction(({ onCommit }: { onCommit: (callback: () => void) => void }) => {
          onCommit(() => detached(name, work));
          return Promise.resolve();
        })
        .catch((error: unknown) => report(name, error));
    },
    async settled() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
