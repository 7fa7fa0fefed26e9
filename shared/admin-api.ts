/** Requests and responses of the admin routes (`/bittorrent/…`, admin JWT). */

import type { SwarmCounts, TorrentDetails, TorrentProblem, TorrentStatus } from './torrent-value';

/** RBAC action that opens the page, its menu link and its routes. */
export const READ_ACTION = 'plugin::bittorrent.read';

/** RBAC action: take torrents down, put them back, revoke and withdraw the keys of users. */
export const TAKEDOWN_ACTION = 'plugin::bittorrent.takedown';

/** RBAC action: read who got what, and who revoked or took down what. */
export const AUDIT_ACTION = 'plugin::bittorrent.audit';

export interface Pagination {
  page: number;
  pageSize: number;
  pageCount: number;
  total: number;
}

/** `url`: the one for everybody; `null` where readers get URLs of their own. */
export type WebSeedState = { ok: true; url: string | null } | { ok: false; reason: WebSeedProblem };

/**
 * `off`: switched off for the field or the site. `not-ready`: no torrent yet.
 * `file-missing`, `file-changed`: storage no longer has the hashed bytes. `unreadable`: storage refuses.
 */
export type WebSeedProblem = 'off' | 'not-ready' | 'file-missing' | 'file-changed' | 'unreadable';

/**
 * The site's own BitTorrent peer. `none`: the site has none. `off`: not for this field. `paused`: the
 * editor has switched it off for this entry.
 */
export type EverseedState = 'none' | 'off' | 'paused' | 'on';

/** An entry that shows the torrent; `title` is the type's main field, or the documentId. */
export interface TorrentEntryRef {
  uid: string;
  documentId: string;
  locale: string | null;
  published: boolean;
  title: string;
  contentType: string;
  kind: 'collectionType' | 'singleType';
}

/** Bytes since the torrent was made. */
export interface ServedBytes {
  webSeed: number;
  everseed: number;
  /**
   * An estimate, rather too low: what clients said that they had downloaded when they finished, each
   * of them at most the size of the torrent, less what the site has served.
   */
  peers: number;
}

/**
 * What a stranger meets who calls the everseed. `reached`: it. `hung-up`: something takes the call and hangs up;
 * where no torrent is open to everybody, that is all that a stranger sees. `stranger`: another BitTorrent
 * program. `refused`: nobody listens. `silent`: a firewall, or a router that forwards nothing.
 */
export type EverseedReach =
  'reached' | 'hung-up' | 'stranger' | 'refused' | 'silent' | 'unreachable';

/** `config`: `seeder.publicAddress`. `public-url`: the site's own. `learnt`: peers of several networks say so. */
export type EverseedAddressOrigin = 'config' | 'public-url' | 'learnt';

export interface AdminEverseedAddress {
  address: string;
  origin: EverseedAddressOrigin;
  /** `null` before the first test. */
  reach: EverseedReach | null;
  /** ISO 8601. */
  testedAt: string | null;
}

/** `GET /bittorrent/everseed`; `POST /bittorrent/everseed/test` answers the same once it has called itself. */
export interface AdminEverseed {
  /** `off`: the site has none. `closed`: its port is not open. */
  state: 'off' | 'closed' | 'open';
  port: number | null;
  /** Connected and let in. */
  peers: number;
  /** Bytes of blocks since Strapi started. */
  sentBytes: number;
  /** Where the tracker says that it is. None: it only calls others. */
  addresses: AdminEverseedAddress[];
}

/** The takedown that holds a torrent. */
export interface AdminTakedownRef {
  reason: string;
  /**
   * The one that was taken down, and can be put back: the row's own, or one that shares a file with it.
   */
  torrent: { infoHash: string; name: string };
}

/** `GET /bittorrent/torrents`: one row of the page's table. */
export interface AdminTorrentRow extends SwarmCounts {
  /** Key of the generation job: the row's identity, also before an info-hash exists. */
  key: string;
  infoHash: string | null;
  name: string | null;
  size: number | null;
  status: TorrentStatus;
  progress: number;
  error: TorrentProblem | null;
  /** `null` where nothing was taken down, or where it is not known any more which takedown it was. */
  takedown: AdminTakedownRef | null;
  private: boolean;
  createdAt: string;
  entries: TorrentEntryRef[];
  /** `null` while there is no torrent. */
  served: ServedBytes | null;
}

export type AdminTorrentSort =
  'name' | 'status' | 'size' | 'seeders' | 'leechers' | 'completed' | 'createdAt';

export interface AdminTorrentQuery {
  search?: string;
  /** `name:ASC`, `seeders:DESC`, … Default `createdAt:DESC`. */
  sort?: `${AdminTorrentSort}:${'ASC' | 'DESC'}`;
  page?: number;
  /** 1..100, default 10. */
  pageSize?: number;
}

export interface AdminTorrentList {
  data: AdminTorrentRow[];
  /** `served`: by the whole site, also of torrents that are gone. */
  meta: { pagination: Pagination; served: ServedBytes };
}

/**
 * The bytes outside of the torrent. `public`: everybody may have them. `protected`: only who may have
 * the torrent. `cannot-be-protected`: whoever knows their URL, because the storage asks nobody.
 */
export type Protection = 'public' | 'protected' | 'cannot-be-protected';

/** One torrent field of one entry, as the edit view shows it. */
export interface AdminFieldState extends TorrentDetails, SwarmCounts {
  /** Where the field sits in the entry: `torrent`, `blocks.1.torrent`. */
  path: string;
  /** Identity of the generation job. */
  key: string;
  status: TorrentStatus;
  progress: number;
  error: TorrentProblem | null;
  revision: number;
  createdAt: string;
  /** The media the torrent is made from. */
  source: { kind: 'attribute'; attribute: string } | { kind: 'picked' };
  media: { documentId: string; name: string }[];
  /** True when a published version shows this very torrent: only then do readers reach it. */
  published: boolean;
  /** True when the Public role may have it. */
  public: boolean;
  protection: Protection;
  magnet: string | null;
  torrentUrl: string | null;
  webSeed: WebSeedState;
  /** `null` while there is no torrent. */
  served: ServedBytes | null;
  everseed: EverseedState;
}

/** `GET /bittorrent/fields?uid=&documentId=&locale=&status=`: fields without files are left out. */
export interface AdminFieldsQuery {
  uid: string;
  documentId: string;
  locale?: string;
  status?: 'draft' | 'published';
}

export interface AdminFieldsResponse {
  data: AdminFieldState[];
}

/** `GET /bittorrent/fields/file`: the .torrent of an entry, with the links that everybody gets. */
export interface AdminFileQuery extends AdminFieldsQuery {
  key: string;
}

/** `POST /bittorrent/fields/retry`: hashes a failed or stale torrent again; answers as `fields`. */
export interface AdminRetryRequest extends AdminFieldsQuery {
  key: string;
}

/** `GET /bittorrent/media?ids=a,b`: names of media picked in a field. */
export interface AdminMediaResponse {
  data: { documentId: string; name: string; size: number }[];
}

/** `POST /bittorrent/torrents/:infoHash/takedown`; `DELETE` on the same path puts it back. */
export interface AdminTakedownRequest {
  /** 1..500 characters, for the editors and the audit log. */
  reason: string;
}

/**
 * `POST /bittorrent/passkeys/:userId/revoke` and `POST /bittorrent/torrents/:infoHash/keys/:userId/withdraw`
 * have no body and no answer.
 */

/**
 * `valid`: opens the torrent while its user may have it. `ended`: withdrawn, or gone with the
 * passkey. `public`: everybody may have the torrent, whose file holds no key.
 */
export type AdminKeyState = 'valid' | 'ended' | 'public';

/** That a user fetched the .torrent of one torrent or a link to it; never the key itself. */
export interface AdminKey {
  user: { id: number; name: string | null };
  torrent: { infoHash: string; name: string | null };
  /** ISO 8601; the last time. */
  at: string;
  state: AdminKeyState;
}

/** `GET /bittorrent/keys?page=&pageSize=`: one row per user and torrent, as far as the audit log reaches. */
export interface AdminKeyQuery {
  page?: number;
  /** 1..100, default 25. */
  pageSize?: number;
}

export interface AdminKeyList {
  data: AdminKey[];
  meta: { pagination: Pagination };
}

export type AuditAction =
  | 'torrent-downloaded'
  | 'link-issued'
  | 'token-withdrawn'
  | 'passkey-shown'
  | 'passkey-rotated'
  | 'passkey-revoked'
  | 'torrent-taken-down'
  | 'torrent-restored';

/** Ids are those of users-permissions users, API tokens or administrators. */
export interface AuditActor {
  kind: 'user' | 'api-token' | 'admin';
  id: number | null;
}

export interface AuditEvent {
  id: number;
  action: AuditAction;
  /** `name`: as far as it can be found out; the actor may be gone. */
  actor: AuditActor & { name: string | null };
  torrent: { infoHash: string; name: string | null } | null;
  /** The user whose keys were revoked or withdrawn by an administrator. */
  user: { id: number; name: string | null } | null;
  reason: string | null;
  /** ISO 8601. */
  at: string;
}

/** `GET /bittorrent/audit?infoHash=&page=&pageSize=`: newest first. */
export interface AdminAuditQuery {
  infoHash?: string;
  page?: number;
  /** 1..100, default 25. */
  pageSize?: number;
}

export interface AdminAuditList {
  data: AuditEvent[];
  meta: { pagination: Pagination };
}
