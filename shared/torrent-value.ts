/** The torrent as an API consumer sees it: REST, GraphQL and the admin panel share this shape. */

/**
 * `queued`: waits for a hashing slot. `hashing`: being read. `ready`: can be downloaded.
 * `failed`: see `error`. `stale`: the file on disk is no longer the file that was hashed.
 */
export type TorrentStatus = 'queued' | 'hashing' | 'ready' | 'failed' | 'stale';

export interface TorrentFile {
  /** Path inside the torrent, `/` between folders, safe in every client (never `# ? %`). */
  path: string;
  /** Bytes. */
  size: number;
}

/** Why there is no torrent (yet): a stable code for programs, a sentence for people. */
export interface TorrentProblem {
  code: TorrentProblemCode;
  message: string;
}

export type TorrentProblemCode =
  | 'file-empty'
  | 'file-missing'
  | 'file-changed'
  | 'file-unreadable'
  | 'too-many-files'
  | 'unprotected'
  | 'taken-down'
  | 'internal';

/** What a torrent can be asked once its info dictionary exists. */
export interface TorrentDetails {
  /** SHA-1 of the info dictionary, 40 lower-case hex digits. */
  infoHash: string | null;
  /** SHA-256 of a v2 info dictionary, 64 hex digits; `null` for v1. */
  infoHashV2: string | null;
  name: string | null;
  /** Bytes, all files together. */
  size: number | null;
  /** Bytes. */
  pieceLength: number | null;
  files: TorrentFile[];
  private: boolean;
}

export interface SwarmCounts {
  seeders: number;
  leechers: number;
  /** Finished downloads since the torrent was made (BEP 48 `downloaded`). */
  completed: number;
}

/** The value of a torrent field in REST and GraphQL. */
export interface TorrentValue extends TorrentDetails, SwarmCounts {
  status: TorrentStatus;
  /** 0..1; 1 when ready. */
  progress: number;
  error: string | null;
  magnet: string | null;
  torrentUrl: string | null;
  webSeeds: string[];
  /** 1 for the first torrent of this field, one more for every replacement of its bytes. */
  revision: number;
  /** ISO 8601. */
  createdAt: string;
}
