/**
 * Every torrent, job and placement in memory. The tracker, the web seed and the list answer from
 * here without a query; the tables exist so that a restart can fill it again.
 */

import type { TorrentProblem, TorrentStatus } from '../../../shared/torrent-value';
import type { Exposure, RegisteredTorrent } from '../access';
import { twinKey, type JobOptions } from './job';
import type { JobRow, PlacementRow, TorrentRow } from './tables';
import { isTakenDown } from './takedowns';

/** Where a torrent is shown. */
export interface Placement extends Exposure {
  readonly jobKey: string;
  readonly entryId: string;
  readonly locale: string | null;
  readonly path: string;
  readonly revision: number;
  readonly webSeed: boolean;
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
  problem: TorrentProblem | null;
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
  placementsOfEntry(contentType: string, entryId: string): readonly Placement[];
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
}

const entryKey = (contentType: string, entryId: string): string => `${contentType} ${entryId}`;

export function createCatalog({ onExposure }: CatalogDeps): Catalog {
  const jobs = new Map<string, Job>();
  const torrents = new Map<string, Torrent>();
  const placementsByEntry = new Map<string, Placement[]>();
  const jobsByMedia = new Map<string, Set<Job>>();

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
    onExposure(torrent.infoHash, { state: takenDown ? 'taken-down' : state, exposures });
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

  return {
    load(rows) {
      rows.torrents.forEach(addTorrent);
      rows.jobs.forEach(addJob);
      rows.placements.map(placementFromRow).forEach(link);
      for (const infoHash of torrents.keys()) expose(infoHash);
    },
    job: (key) => jobs.get(key),
    jobs: () => jobs.values(),
    addJob,
    removeJob(job) {
      jobs.delete(job.key);
      for (const mediaId of job.mediaIds) {
        const left = jobsByMedia.get(mediaId);
        left?.delete(job);
        if (left?.size === 0) jobsByMedia.delete(mediaId);
      }
      if (job.infoHash === null) return;
      torrents.get(job.infoHash)?.jobs.delete(job);
      expose(job.infoHash);
    },
    completeJob(job, row) {
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
      Object.assign(job, state);
      expose(job.infoHash);
    },
    placementsOf,
    allPlacementsOf,
    placementsOfEntry: (contentType, entryId) =>
      placementsByEntry.get(entryKey(contentType, entryId)) ?? [],
    replacePlacements(contentType, entryId, next) {
      const key = entryKey(contentType, entryId);
      const touched = new Set<string | null>();
      for (const placement of placementsByEntry.get(key) ?? []) {
        const job = jobs.get(placement.jobKey);
        job?.placements.delete(placement);
        touched.add(job?.infoHash ?? null);
      }
      placementsByEntry.delete(key);
      next.forEach(link);
      for (const { jobKey } of next) touched.add(jobs.get(jobKey)?.infoHash ?? null);
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
  };
}
