/** How the library comes up, follows other processes, and goes down: the order matters. */

import type { Core } from '@strapi/strapi';
import type { Audit } from './audit';
import type { Background } from './background';
import type { Catalog } from './catalog';
import { storedCounters, type CompletedCounters } from './completed';
import type { ExposureWatch } from './exposure-watch';
import type { Swarms } from './library';
import { loadCatalog, readCatalog } from './load';
import type { LocaleHooks } from './locale-hooks';
import type { MediaHooks } from './media-hooks';
import type { Queue } from './queue';
import type { Reconcile } from './reconcile';
import { retrying } from './retry';
import { checkPlacements } from './start-check';
import type { Tables } from './tables';
import type { Takedowns } from './takedowns';
import type { TorrentFields } from './torrent-fields';
import type { TrafficCounters } from './traffic';
import type { UploadIndex } from './upload-index';

export interface LibraryLife {
  start(): Promise<void>;
  /** Takes in what other processes have written to the tables. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

export interface LibraryLifeDeps {
  strapi: Core.Strapi;
  tables: Tables;
  background: Background;
  catalog: Catalog;
  fields: TorrentFields;
  takedowns: Takedowns;
  uploadIndex: UploadIndex;
  reconcile: Reconcile;
  mediaHooks: MediaHooks;
  localeHooks: LocaleHooks;
  completed: CompletedCounters;
  traffic: TrafficCounters;
  audit: Audit;
  queue: Queue;
  exposures: ExposureWatch;
  swarms: Swarms;
}

export function createLibraryLife(deps: LibraryLifeDeps): LibraryLife {
  const { tables, background, catalog, takedowns, uploadIndex, reconcile } = deps;
  const { mediaHooks, localeHooks, completed, traffic, audit, queue, exposures } = deps;

  return {
    async start() {
      await takedowns.load();
      const rows = await loadCatalog(tables);
      const checked = await checkPlacements(deps.strapi, deps.fields, rows.placements);
      catalog.load({ ...rows, placements: checked.placements });
      background.run('following what has changed meanwhile', async () => {
        for (const { contentType, entryId } of checked.outdated) {
          await retrying(() => reconcile.anew(contentType, entryId));
        }
      });
      for (const [infoHash, n] of storedCounters(rows.torrents)) {
        deps.swarms.restoreCompleted(infoHash, n);
      }
      await uploadIndex.load();
      mediaHooks.start();
      localeHooks.start();
      completed.start();
      traffic.start();
      audit.start();
      takedowns.start();
      queue.start();
      await exposures.start();
    },
    async refresh() {
      await takedowns.load();
      // Rows read while something changed here may be older than the memory.
      for (;;) {
        const since = catalog.version;
        const rows = takedowns.applyTo(await readCatalog(tables));
        if (catalog.merge(rows, since)) break;
      }
      await uploadIndex.load();
    },
    async stop() {
      exposures.stop();
      mediaHooks.stop();
      localeHooks.stop();
      completed.stop();
      traffic.stop();
      audit.stop();
      await queue.stop();
      await background.settled();
      await completed.flush();
      await traffic.flush();
      await audit.flush();
    },
  };
}
