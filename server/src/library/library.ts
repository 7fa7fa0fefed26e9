/** The library's shape: torrents as the CMS knows them, for the API, the doors and the runtime. */

import type { Core } from '@strapi/strapi';
import type { Pagination } from '../../../shared/admin-api';
import type { SwarmCounts, TorrentValue } from '../../../shared/torrent-value';
import type {
  Access,
  Passkeys,
  Reader,
  RegisteredTorrent,
  TicketHolders,
  TorrentTokens,
  Transfer,
  UploadTickets,
  UserTable,
} from '../access';
import type { ByteBudget } from '../seeding';
import type { Audit } from './audit';
import type { Background } from './background';
import type { Torrent } from './catalog';
import type { DocumentMiddleware } from './document-hooks';
import type { EntryTorrents } from './entry-torrents';
import type { HandedOutKeys } from './handed-out-keys';
import type { LibraryLife } from './life';
import type { ListQuery } from './list';
import type { Media } from './media';
import type { Overview } from './overview';
import type { Personal, PersonalOptions } from './personal';
import type { SeedSources } from './seed-sources';
import type { Stock } from './stock';
import type { Tables } from './tables';
import type { TorrentFields } from './torrent-fields';
import type { TrafficCounters } from './traffic';
import type { UploadDoor } from './upload-door';
import type { Values } from './value';
import type { WebSeedDoor } from './web-seed-door';

export interface LibraryOptions extends PersonalOptions {
  /** `udp://host:port` of the UDP tracker; `null` when there is none. */
  udpUrl: string | null;
  /** Whether browsers are introduced to each other on the announce path. */
  webSocket: boolean;
  webSeed: { enabled: boolean; url: string };
  /** Whether the site has an everseed. */
  everseed: boolean;
  metainfo: {
    pieceLength: number | null;
    source: string | null;
    comment: string | null;
    workers: number;
  };
  /** Whether bare uploads are guarded. */
  protectUploads: boolean;
  /** Rows of the audit log. */
  auditKeep: number;
  /** The built hash worker. */
  workerFile: string;
}

export interface LibraryDeps {
  strapi: Core.Strapi;
  tables: Tables;
  background: Background;
  access: Access;
  users: UserTable;
  passkeys: Passkeys;
  tokens: TorrentTokens;
  tickets: UploadTickets;
  holders: TicketHolders;
  /** Registers a transfer that is about to run; `owner` as the tracker knows him. */
  openTransfer: (owner: number, infoHash: string) => Transfer;
  /** What one reader may have of a torrent by web seed in a day; `null`: as much as he likes. */
  webSeedBudget: ByteBudget | null;
  swarms: Swarms;
  onExposure: (infoHash: string, torrent: RegisteredTorrent) => void;
  /** This process has changed torrents or where they are shown: other processes want to know. */
  onOwnChange: () => void;
  options: LibraryOptions;
}

/** The tracker's live side, by hexadecimal info-hash. */
export interface Swarms {
  counts(infoHash: string): SwarmCounts;
  restoreCompleted(infoHash: string, completed: number): void;
  takeChangedCompleted(): Iterable<readonly [string, number]>;
}

export interface Library extends Personal, EntryTorrents, LibraryLife {
  fields: TorrentFields;
  media: Media;
  values: Values;
  overview: Overview;
  webSeed: WebSeedDoor;
  seeds: SeedSources;
  uploads: UploadDoor;
  audit: Audit;
  keys: HandedOutKeys;
  /** For administrators: also what nobody may have. */
  torrent(infoHash: string): Torrent | null;
  /** Shuts all torrents of these bytes at every door, and keeps the bytes from coming back. */
  takeDown(torrent: Torrent, reason: string): Promise<void>;
  /** False when it was not taken down. */
  restore(torrent: Torrent): Promise<boolean>;
  documentMiddleware: DocumentMiddleware;
  /** The torrent, when this reader may have it. */
  readable(infoHash: string, reader: Reader): Promise<Torrent | null>;
  list(
    reader: Reader,
    query: ListQuery,
  ): Promise<{ data: TorrentValue[]; meta: { pagination: Pagination } }>;
  /** The web seed met a file that is not the hashed one. */
  onFileChanged(infoHash: string): void;
  /** Permissions have been read anew: private flags follow. */
  onPermissions(): void;
  stock(): Stock;
  traffic: TrafficCounters;
}
