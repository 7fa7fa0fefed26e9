/**
 * Every torrent, job and placement in memory. The tracker, the web seed and the list answer from
 * here without a query; the tables exist so that a restart can fill it again.
 */

import type { RegisteredTorrent } from '../access';
import {
  jobFromRow,
  placementFromRow,
  torrentFromRow,
  type CatalogRows,
  type Job,
  type Placement,
  type Torrent,
} from './catalog-model';
import { createShownPlaces, type ShownPlaces } from './shown-places';
import type { JobRow, TorrentRow } from './tables';
import { isTakenDown } from './takedowns';

export type { CatalogRows, Job, Placement, Torrent } from './catalog-model';

export interface Catalog extends ShownPlaces {
  load(rows: CatalogRows): void;
  /**
   * Takes in what other processes have written. False when something changed here since `since`:
   * then the rows may be older than the memory, and must be read anew.
   */
  merge(rows: CatalogRows, since: number): boolean;
  /** Moves with every change that this process makes. */
  readonly version: number;
  job(key: string): Job | undefined;
  jobs(): Iterable<Job>;
  addJob(row: JobRow): Job;
  /** Forgets a job that nothing shows any more. */
  removeJob(job: Job): void;
  /** The job's torrent is known: from now on the tracker admits it. */
  completeJob(job: Job, torrent: TorrentRow): void;
  torrent(infoHash: string): Torrent | undefined;
  torrents(): Iterable<Torrent>;
  /** A change that decides who may have the job's torrent. */
  setState(job: Job, state: Pick<Job, 'status' | 'problem'>): void;
  placementsOfEntry(contentType: string, entryId: string): readonly Placement[];
  placements(): Iterable<Placement>;
  replacePlacements(contentType: string, entryId: string, next: readonly Placement[]): void;
  jobsOfMedia(documentId: string): readonly Job[];
  isEmpty(): boolean;
}

export interface CatalogDeps {
  /** Tells the tracker's gate what it may admit; `null` when there is no such torrent. */
  onExposure: (infoHash: string, torrent: RegisteredTorrent) => void;
  /** This process has changed something: other processes want to know. */
  onOwnChange: () => void;
}

const entryKey = (contentType: string, entryId: string): string => `${contentType} ${entryId}`;

export function createCatalog({ onExposure, onOwnChange }: CatalogDeps): Catalog {
  const jobs = new Map<string, Job>();
  const torrents = new Map<string, Torrent>();
  const placementsByEntry = new Map<string, Placement[]>();
  const jobsByMedia = new Map<string, Set<Job>>();
  let version = 0;

  const { expose, ...shownPlaces } = createShownPlaces({ jobs, torrents, onExposure });

  function addJob(row: JobRow): Job {
    const job = jobFromRow(row);
    jobs.set(job.key, job);
    for (const mediaId of job.mediaIds) {
      jobsByMedia.set(mediaId, (jobsByMedia.get(mediaId) ?? new Set()).add(job));
    }
    if (job.infoHash !== null) torrents.get(job.infoHash)?.jobs.add(job);
    return job;
  }

  function addTorrent(row: TorrentRow): Torrent {
    const torrent = torrentFromRow(row);
    torrents.set(torrent.infoHash, torrent);
    return torrent;
  }

  function link(placement: Placement): void {
    jobs.get(placement.jobKey)?.placements.add(placement);
    const key = entryKey(placement.contentType, placement.entryId);
    placementsByEntry.set(key, [...(placementsByEntry.get(key) ?? []), placement]);
  }

  function removeJob(job: Job): void {
    jobs.delete(job.key);
    for (const mediaId of job.mediaIds) {
      const left = jobsByMedia.get(mediaId);
      left?.delete(job);
      if (left?.size === 0) jobsByMedia.delete(mediaId);
    }
    if (job.infoHash === null) return;
    torrents.get(job.infoHash)?.jobs.delete(job);
    expose(job.infoHash);
  }

  function mergeJob(row: JobRow): void {
    const job = jobs.get(row.key) ?? addJob(row);
    if (row.infoHash !== null) torrents.get(row.infoHash)?.jobs.add(job);
    // Work in progress is known best to who does it.
    const { jobStatus: status, progress, problem, infoHash } = row;
    if (status === 'ready' || status === 'stale' || isTakenDown(row)) {
      Object.assign(job, { status, progress, problem, infoHash });
    }
  }

  /** Returns the info-hashes that it may concern. */
  function swapPlacements(key: string, next: readonly Placement[]): Set<string | null> {
    const touched = new Set<string | null>();
    for (const placement of placementsByEntry.get(key) ?? []) {
      const job = jobs.get(placement.jobKey);
      job?.placements.delete(placement);
      touched.add(job?.infoHash ?? null);
    }
    placementsByEntry.delete(key);
    next.forEach(link);
    for (const { jobKey } of next) touched.add(jobs.get(jobKey)?.infoHash ?? null);
    return touched;
  }

  function changed(): void {
    version += 1;
    onOwnChange();
  }

  return {
    load(rows) {
      rows.torrents.forEach(addTorrent);
      rows.jobs.forEach(addJob);
      rows.placements.map(placementFromRow).forEach(link);
      for (const infoHash of torrents.keys()) expose(infoHash);
    },
    get version() {
      return version;
    },
    merge(rows, since) {
      if (since !== version) return false;
      for (const row of rows.torrents) if (!torrents.has(row.infoHash)) addTorrent(row);
      rows.jobs.forEach(mergeJob);
      const next = new Map<string, Placement[]>();
      for (const placement of rows.placements.map(placementFromRow)) {
        const key = entryKey(placement.contentType, placement.entryId);
        next.set(key, [...(next.get(key) ?? []), placement]);
      }
      for (const key of new Set([...placementsByEntry.keys(), ...next.keys()])) {
        swapPlacements(key, next.get(key) ?? []);
      }
      const kept = new Set(rows.jobs.map(({ key }) => key));
      for (const job of [...jobs.values()]) {
        if (!kept.has(job.key) && job.placements.size === 0) removeJob(job);
      }
      // Last, and each once: half of it would close what is only shown elsewhere.
      for (const infoHash of torrents.keys()) expose(infoHash);
      return true;
    },
    job: (key) => jobs.get(key),
    jobs: () => jobs.values(),
    addJob(row) {
      changed();
      return addJob(row);
    },
    removeJob(job) {
      changed();
      removeJob(job);
    },
    completeJob(job, row) {
      changed();
      const torrent = torrents.get(row.infoHash) ?? addTorrent(row);
      torrent.jobs.add(job);
      job.infoHash = row.infoHash;
      expose(row.infoHash);
      // Last: whoever sees `ready` finds an info-hash that the tracker knows already.
      Object.assign(job, { status: 'ready', progress: 1, problem: null });
    },
    torrent: (infoHash) => torrents.get(infoHash),
    torrents: () => torrents.values(),
    setState(job, state) {
      version += 1; // other processes are told by the caller, when it is in the database
      Object.assign(job, state);
      expose(job.infoHash);
    },
    ...shownPlaces,
    placementsOfEntry: (contentType, entryId) =>
      placementsByEntry.get(entryKey(contentType, entryId)) ?? [],
    placements: () => [...placementsByEntry.values()].flat(),
    replacePlacements(contentType, entryId, next) {
      changed();
      const touched = swapPlacements(entryKey(contentType, entryId), next);
      for (const infoHash of touched) expose(infoHash);
    },
    jobsOfMedia: (documentId) => [...(jobsByMedia.get(documentId) ?? [])],
    isEmpty: () => jobs.size === 0 && torrents.size === 0,
  };
}
