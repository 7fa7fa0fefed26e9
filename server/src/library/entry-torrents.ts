/** The torrents of one version of an entry, for who may see it in the content manager. */

import type { AdminFieldState } from '../../../shared/admin-api';
import type { Catalog, Job, Torrent } from './catalog';
import type { EntryStates, EntryVersion } from './entry-state';
import type { Queue } from './queue';
import type { Reconcile } from './reconcile';

export interface EntryTorrents {
  entryState(version: EntryVersion): Promise<AdminFieldState[]>;
  torrentOfEntry(version: EntryVersion, jobKey: string): Torrent | null;
  /** False when the entry shows no such failed torrent. */
  retry(version: EntryVersion, jobKey: string): Promise<boolean>;
}

export interface EntryTorrentsDeps {
  catalog: Catalog;
  states: EntryStates;
  queue: Queue;
  reconcile: Reconcile;
}

export function createEntryTorrents(deps: EntryTorrentsDeps): EntryTorrents {
  const { catalog, states, queue, reconcile } = deps;

  function jobOf({ contentType, entryId }: EntryVersion, jobKey: string): Job | undefined {
    const shown = catalog
      .placementsOfEntry(contentType, entryId)
      .some((placement) => placement.jobKey === jobKey);
    return shown ? catalog.job(jobKey) : undefined;
  }

  return {
    entryState: (version) => states.of(version),
    torrentOfEntry(version, jobKey) {
      const infoHash = jobOf(version, jobKey)?.infoHash;
      return infoHash == null ? null : (catalog.torrent(infoHash) ?? null);
    },
    async retry(version, jobKey) {
      const job = jobOf(version, jobKey);
      if (job?.status !== 'failed' && job?.status !== 'stale') return false;
      // Storage may hold other bytes by now: then the entry gets another job, which runs by itself.
      await reconcile(version.contentType, version.entryId);
      // A held one waits for the editor's confirmation, not for another try.
      const isHeld = job.problem?.code === 'unprotected';
      if (catalog.job(jobKey) === job && !isHeld) await queue.retry(job);
      return true;
    },
  };
}
