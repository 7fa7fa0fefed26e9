/** The plugin's tables with the types of their rows: the one place that says what Strapi's `any` is. */

import type { Core } from '@strapi/strapi';
import type { AuditAction, AuditActor } from '../../../shared/admin-api';
import type { TorrentFile, TorrentStatus } from '../../../shared/torrent-value';
import type { FileContent } from './file-contents';
import type { JobFile, JobOptions, JobProblem, StoredCheckpoint } from './job';

export interface JobRow {
  id: number;
  key: string;
  jobStatus: TorrentStatus;
  progress: number;
  problem: JobProblem | null;
  options: JobOptions;
  files: JobFile[];
  checkpoint: StoredCheckpoint | null;
  infoHash: string | null;
  /** The process that hashes it, see `job-leases.ts`. */
  leaseOwner?: string | null;
  leasedUntil?: string | Date | null;
  createdAt: string | Date;
}

export interface TorrentRow {
  id: number;
  infoHash: string;
  name: string;
  /** Bytes; a string where the database has 64-bit integers. */
  size: string | number;
  pieceLength: number;
  /** Identity of the bytes, see `payloadKey`. */
  payload: string;
  private: boolean;
  files: TorrentFile[];
  /** Base64. */
  info: string;
  completed: number;
  createdAt: string | Date;
}

export interface PlacementRow {
  id: number;
  jobKey: string;
  contentType: string;
  entryId: string;
  entryLocale: string | null;
  published: boolean;
  path: string;
  revision: number;
  roles: string[] | null;
  webSeed: boolean;
  /** `null`: written before there was such an option. */
  seed: boolean | null;
  seedPaused: boolean | null;
}

export interface PasskeyTableRow {
  id: number;
  userId: number;
  hash: string;
  sealed: string;
}

export interface ChangeRow {
  id: number;
  origin: string;
  version: number;
}

export interface WithdrawalRow {
  id: number;
  userId: number;
  infoHash: string;
  generation: number;
}

export interface TakedownRow {
  id: number;
  payload: string;
  reason: string;
  /** What its files hold; `null` until they have been read. */
  files: FileContent[] | null;
}

export interface AuditEventRow {
  id: number;
  action: AuditAction;
  actorKind: AuditActor['kind'];
  actorId: number | null;
  infoHash: string | null;
  name: string | null;
  reason: string | null;
  userId: number | null;
  createdAt: string | Date;
}

export interface FindOptions<Row> {
  where?: Record<string, unknown>;
  select?: (keyof Row & string)[];
  orderBy?: Record<string, 'asc' | 'desc'>;
  limit?: number;
  offset?: number;
}

export interface Table<Row extends { id: number }> {
  findOne(options: FindOptions<Row>): Promise<Row | null>;
  findMany(options: FindOptions<Row>): Promise<Row[]>;
  count(where: Record<string, unknown>): Promise<number>;
  create(data: Omit<Row, 'id' | 'createdAt'>): Promise<Row>;
  /** How many rows it found. */
  update(where: Record<string, unknown>, data: Partial<Row>): Promise<number>;
  delete(where: Record<string, unknown>): Promise<void>;
}

export interface Tables {
  jobs: Table<JobRow>;
  torrents: Table<TorrentRow>;
  placements: Table<PlacementRow>;
  passkeys: Table<PasskeyTableRow>;
  changes: Table<ChangeRow>;
  withdrawals: Table<WithdrawalRow>;
  takedowns: Table<TakedownRow>;
  auditEvents: Table<AuditEventRow>;
}

export function createTables(strapi: Core.Strapi): Tables {
  return {
    jobs: createTable<JobRow>(strapi, 'plugin::bittorrent.job'),
    torrents: createTable<TorrentRow>(strapi, 'plugin::bittorrent.torrent'),
    placements: createTable<PlacementRow>(strapi, 'plugin::bittorrent.placement'),
    passkeys: createTable<PasskeyTableRow>(strapi, 'plugin::bittorrent.passkey'),
    changes: createTable<ChangeRow>(strapi, 'plugin::bittorrent.change'),
    withdrawals: createTable<WithdrawalRow>(strapi, 'plugin::bittorrent.withdrawal'),
    takedowns: createTable<TakedownRow>(strapi, 'plugin::bittorrent.takedown'),
    auditEvents: createTable<AuditEventRow>(strapi, 'plugin::bittorrent.audit-event'),
  };
}

/** `strapi.db` knows a plugin's content types at run time only, so their types are given here. */
function createTable<Row extends { id: number }>(strapi: Core.Strapi, uid: string): Table<Row> {
  const query = () => strapi.db.query(uid);
  return {
    findOne: (options) => query().findOne(options),
    findMany: (options) => query().findMany(options),
    count: (where) => query().count({ where }),
    create: (data) => query().create({ data }),
    async update(where, data) {
      return (await query().updateMany({ where, data })).count;
    },
    async delete(where) {
      await query().deleteMany({ where });
    },
  };
}
