/**
 * Every torrent, job and placement in memory. The tracker, the web seed and the list answer from
 * here without a query; the tables exist so that a restart can fill it again.
 */

import type { TorrentStatus } from '../../../shared/torrent-value';
import type { Exposure, RegisteredTorrent, Subject } from '../access';
import { twinKey, type JobOptions, type JobProblem } from './job';
import type { JobRow, PlacementRow, TorrentRow } from './tables';
import { isTakenDown } from './takedowns';

/** Where a torrent is shown. */
export interface Placement extends Exposure {
  readonly jobKey: string;
  readonly path: string;
  readonly revision: number;
  readonly webSeed: boolean;
  /** The field's option. */
  readonly seed: boolean;
  /** The editor has switched the everseed off here. */
  readonly seedPaused: boolean;
}

export interface Job {
  readonly key: string;
  readonly options: JobOptions;
  /** `documentId`s of its media, in the torrent's order. */
  readonly mediaIds: readonly string[];
  readonly createdAt: Date;
  /** The job of the same files with the other private flag, if there is one. */
  readonly twinKey: string;
  status: TorrentStatus;
  /** 0..1 */
  progress: number;
  problem: JobProblem | null;
  infoHash: string | null;
  readonly placements: Set<Placement>;
}

export interface Torrent {
  readonly infoHash: string;
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly pieceLength: number;
  /** Identity of the bytes, see `payloadKey`. */
  readonly payload: string;
  readonly private: boolean;
  readonly createdAt: Date;
  readonly jobs: Set<Job>;
}

export interface Catalog {
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
  /** Everywhere the torrent is shown: what every door asks about. Nowhere when it was taken down. */
  placementsOf(torrent: Torrent): Placement[];
  /** The same for administrators: also what was taken down. */
  allPlacementsOf(torrent: Torrent): Placement[];
  /** What `access` is asked about: shown nowhere when it was taken down. */
  subjectOf(torrent: Torrent): Subject;
  subjectOfJob(job: Job): Subject;
  /** The same before takedowns: its readers may learn what became of it, and no more. */
  subjectOfStatus(job: Job): Subject;
  placementsOfEntry(contentType: string, entryId: string): readonly Placement[];
  placements(): Iterable<Placement>;
  replacePlacements(contentType: string, entryId: string, next: readonly Placement[]): void;
  jobsOfMedia(documentId: string): readonly Job[];
  isEmpty(): boolean;
}

export interface CatalogRows {
  jobs: readonly JobRow[];
  torrents: readonly TorrentRow[];
  placements: readonly PlacementRow[];
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

  function allPlacementsOf(torrent: Torrent): Placement[] {
    return [...torrent.jobs].flatMap((job) => [...job.placements]);
  }

  function placementsOf(torrent: Torrent): Placement[] {
    const isOpen = (job: Job): boolean => !isTakenDown(job);
    return [...torrent.jobs].filter(isOpen).flatMap((job) => [...job.placements]);
  }

  function expose(infoHash: string | null): void {
    const torrent = infoHash === null ? undefined : torrents.get(infoHash);
    if (torrent === undefined) return;
    exposeOne(torrent);
    for (const twin of twinsOf(torrent)) exposeOne(twin);
  }

  /** What the torrent was before its private flag changed, or became after it. */
  function twinsOf({ jobs: made }: Torrent): Torrent[] {
    return [...made].flatMap((job) => {
      const infoHash = jobs.get(job.twinKey)?.infoHash ?? null;
      return infoHash === null ? [] : (torrents.get(infoHash) ?? []);
    });
  }

  function exposeOne(torrent: Torrent): void {
    const exposures = placementsOf(torrent);
    // Only a job whose bytes are gone leaves a torrent behind that can never be shown again.
    const bytesExist = [...torrent.jobs].some((job) => job.status !== 'stale');
    // Shown with the other private flag now: that revision took this one's place.
    const reissued = twinsOf(torrent).some((twin) => placementsOf(twin).length > 0);
    const state = exposures.length > 0 || (bytesExist && !reissued) ? 'current' : 'replaced';
    const takenDown = torrent.jobs.size > 0 && [...torrent.jobs].every(isTakenDown);
    onExposure(torrent.infoHash, {
      ...subjectOf(torrent),
      state: takenDown ? 'taken-down' : state,
    });
  }

  function subjectOf(torrent: Torrent): Subject {
    const { infoHash, name, size } = torrent;
    return { infoHash, name, size, exposures: placementsOf(torrent) };
  }

  /** The places of this job alone: others may share the torrent, but have a field of their own. */
  function subjectOfStatus(job: Job): Subject {
    const torrent = job.infoHash === null ? undefined : torrents.get(job.infoHash);
    const { infoHash = null, name = null, size = null } = torrent ?? {};
    return { infoHash, name, size, exposures: [...job.placements] };
  }

  function subjectOfJob(job: Job): Subject {
    const subject = subjectOfStatus(job);
    return isTakenDown(job) ? { ...subject, exposures: [] } : subject;
  }

  function addJob(row: JobRow): Job {
    const job: Job = {
      key: row.key,
      options: row.options,
      mediaIds: row.files.map(({ documentId }) => documentId),
      createdAt: new Date(row.createdAt),
      twinKey: twinKey(row.files, row.options),
      status: row.jobStatus,
      progress: row.progress,
      problem: row.problem,
      infoHash: row.infoHash,
      placements: new Set(),
    };
    jobs.set(job.key, job);
    for (const mediaId of job.mediaIds) {
      jobsByMedia.set(mediaId, (jobsByMedia.get(mediaId) ?? new Set()).add(job));
    }
    if (job.infoHash !== null) torrents.get(job.infoHash)?.jobs.add(job);
    return job;
  }

  function addTorrent(row: TorrentRow): Torrent {
    const torrent: Torrent = {
      infoHash: row.infoHash,
      name: row.name,
      size: Number(row.size),
      pieceLength: row.pieceLength,
      payload: row.payload,
      private: row.private,
      createdAt: new Date(row.createdAt),
      jobs: new Set(),
    };
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
    placementsOf,
    allPlacementsOf,
    subjectOf,
    subjectOfJob,
    subjectOfStatus,
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

function placementFromRow(row: PlacementRow): Placement {
  return {
    jobKey: row.jobKey,
    contentType: row.contentType,
    entryId: row.entryId,
    locale: row.entryLocale,
    published: row.published,
    path: row.path,
    revision: row.revision,
    roles: row.roles ?? [],
    webSeed: row.webSeed,
    seed: row.seed !== false,
    seedPaused: row.seedPaused === true,
  };
}
