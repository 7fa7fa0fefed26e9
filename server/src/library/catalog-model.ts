/** What the catalog holds, and how the rows of its tables become that. */

import type { TorrentStatus } from '../../../shared/torrent-value';
import type { Exposure } from '../access';
import { twinKey, type JobOptions, type JobProblem } from './job';
import type { JobRow, PlacementRow, TorrentRow } from './tables';

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

export interface CatalogRows {
  jobs: readonly JobRow[];
  torrents: readonly TorrentRow[];
  placements: readonly PlacementRow[];
}

export function jobFromRow(row: JobRow): Job {
  return {
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
}

export function torrentFromRow(row: TorrentRow): Torrent {
  return {
    infoHash: row.infoHash,
    name: row.name,
    size: Number(row.size),
    pieceLength: row.pieceLength,
    payload: row.payload,
    private: row.private,
    createdAt: new Date(row.createdAt),
    jobs: new Set(),
  };
}

export function placementFromRow(row: PlacementRow): Placement {
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
