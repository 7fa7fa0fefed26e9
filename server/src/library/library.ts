/** The library: torrents as the CMS knows them. Wires its parts; each part is in a file of its own. */

import type { Core } from '@strapi/strapi';
import type { AdminFieldState, Pagination } from '../../../shared/admin-api';
import type { SwarmCounts, TorrentValue } from '../../../shared/torrent-value';
import type {
  Access,
  Passkeys,
  Reader,
  RegisteredTorrent,
  TicketHolders,
  UploadTickets,
  UserTable,
  WebSeedTokens,
} from '../access';
import { createHashPool, encodeTorrentFile } from '../metainfo';
import { createActorNames } from './actor-names';
import { createAudit, type Audit } from './audit';
import type { Background } from './background';
import { createCatalog, type Torrent } from './catalog';
import { createCompletedCounters, storedCounters } from './completed';
import { createDetails } from './details';
import { createDocumentMiddleware, type DocumentMiddleware } from './document-hooks';
import { createEntryStates, type EntryVersion } from './entry-state';
import { createEntryTitles } from './entry-titles';
import { createExposureWatch } from './exposure-watch';
import { createJobPlanner } from './job-plan';
import { createLinks } from './links';
import { createList, type ListQuery } from './list';
import { loadCatalog } from './load';
import { createMedia, type Media } from './media';
import { createMediaHooks } from './media-hooks';
import { createOverview, type Overview } from './overview';
import { createStorage } from './storage';
import { createQueue } from './queue';
import { createReconcile } from './reconcile';
import { createSeedSources, type SeedSources } from './seed-sources';
import { takeStock, type Stock } from './stock';
import type { Tables } from './tables';
import { createTakedowns, isTakenDown } from './takedowns';
import { createTorrentFields, type TorrentFields } from './torrent-fields';
import { createUploadDoor, type UploadDoor } from './upload-door';
import { createUploadIndex } from './upload-index';
import { createValues, type Values } from './value';
import { createWebSeedDoor, type WebSeedDoor } from './web-seed-door';

export interface LibraryOptions {
  /** Without a final slash. */
  publicUrl: string;
  announcePath: string;
  /** `udp://host:port` of the UDP tracker; `null` when there is none. */
  udpUrl: string | null;
  webSeed: { enabled: boolean; url: string };
  metainfo: {
    pieceLength: number | null;
    source: string | null;
    comment: string | null;
    workers: number;
  };
  /** Whether bare uploads are guarded. */
  protectUploads: boolean;
  createdBy: string;
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
  tokens: WebSeedTokens;
  tickets: UploadTickets;
  holders: TicketHolders;
  swarms: Swarms;
  onExposure: (infoHash: string, torrent: RegisteredTorrent) => void;
  options: LibraryOptions;
}

/** The tracker's live side, by hexadecimal info-hash. */
export interface Swarms {
  counts(infoHash: string): SwarmCounts;
  restoreCompleted(infoHash: string, completed: number): void;
  takeChangedCompleted(): Iterable<readonly [string, number]>;
}

export interface TorrentFileForReader {
  bytes: Buffer;
  /** True when it holds the reader's own key. */
  personal: boolean;
}

export interface PasskeyInfo {
  passkey: string;
  announceUrl: string;
}

export interface Library {
  fields: TorrentFields;
  media: Media;
  values: Values;
  overview: Overview;
  webSeed: WebSeedDoor;
  seedSource: SeedSources;
  uploads: UploadDoor;
  audit: Audit;
  /** For administrators: also what nobody may have. */
  torrent(infoHash: string): Torrent | null;
  /** Shuts all torrents of these bytes at every door, and keeps the bytes from coming back. */
  takeDown(torrent: Torrent, reason: string): Promise<void>;
  /** False when it was not taken down. */
  restore(torrent: Torrent): Promise<boolean>;
  documentMiddleware: DocumentMiddleware;
  /** The torrent, when this reader may have it. */
  readable(infoHash: string, reader: Reader): Torrent | null;
  list(
    reader: Reader,
    query: ListQuery,
  ): Promise<{ data: TorrentValue[]; meta: { pagination: Pagination } }>;
  torrentFile(torrent: Torrent, reader: Reader): Promise<TorrentFileForReader>;
  passkey(userId: number): Promise<PasskeyInfo>;
  rotatePasskey(userId: number): Promise<PasskeyInfo>;
  /** The user's key is worth nothing from now on; he gets another one when he asks. False without one. */
  revokePasskey(userId: number): Promise<boolean>;
  entryState(version: EntryVersion): Promise<AdminFieldState[]>;
  torrentOfEntry(version: EntryVersion, jobKey: string): Torrent | null;
  /** False when the entry shows no such failed torrent. */
  retry(version: EntryVersion, jobKey: string): Promise<boolean>;
  /** The web seed met a file that is not the hashed one. */
  onFileChanged(infoHash: string): void;
  /** Permissions have been read anew: private flags follow. */
  onPermissions(): void;
  stock(): Stock;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createLibrary(deps: LibraryDeps): Library {
  const { strapi, tables, background, access, options, swarms } = deps;
  const counts = (infoHash: string): SwarmCounts => swarms.counts(infoHash);
  const catalog = createCatalog({ onExposure: deps.onExposure });
  const fields = createTorrentFields(strapi);
  const media = createMedia(strapi);
  const details = createDetails(tables);
  const links = createLinks({ ...deps, ...options, catalog });
  const values = createValues({ access, catalog, details, links, counts });
  const pool = createHashPool({ workerFile: options.workerFile });
  const storage = createStorage(strapi, { guarded: options.protectUploads });
  const planner = createJobPlanner({ media, access, metainfo: options.metainfo, storage });
  const queue = createQueue({
    tables,
    catalog,
    media,
    pool,
    background,
    workers: options.metainfo.workers,
    takenDown: (payload) => takedowns.problemOf(payload),
    onChanged: (job) => mediaHooks.check(job),
  });
  const uploadIndex = createUploadIndex({ access, catalog, media });
  const uploads = createUploadDoor({
    enabled: options.protectUploads,
    index: uploadIndex,
    tickets: deps.tickets,
    holders: deps.holders,
    mayRead: (reader, job) => !isTakenDown(job) && access.mayRead(reader, [...job.placements]),
    publicDir: strapi.dirs.static.public,
  });
  const reconcile = createReconcile({
    strapi,
    tables,
    catalog,
    fields,
    planner,
    media,
    queue,
    takenDown: (payload) => takedowns.problemOf(payload),
    onMedia: (rows) => uploadIndex.learn(rows),
  });
  const takedowns = createTakedowns({ tables, catalog, wake: () => queue.wake() });
  const namesOf = createActorNames(strapi);
  const audit = createAudit({ tables, background, namesOf, keep: options.auditKeep });
  const webSeed = createWebSeedDoor({
    ...deps,
    enabled: options.webSeed.enabled,
    catalog,
    details,
    links,
    media,
  });
  const mediaHooks = createMediaHooks({
    strapi,
    tables,
    catalog,
    media,
    planner,
    reconcile,
    background,
    onChange: (job) => webSeed.forget(job),
    onMedia(ids, rows) {
      uploadIndex.forget(ids);
      uploadIndex.learn(rows);
    },
  });
  const exposures = createExposureWatch({
    strapi,
    access,
    catalog,
    fields,
    reconcile,
    background,
  });
  const titles = createEntryTitles(strapi);
  const states = createEntryStates({
    access,
    catalog,
    fields,
    media,
    details,
    links,
    webSeed,
    storage,
    counts,
  });
  const list = createList({ access, catalog, values, counts });
  const completed = createCompletedCounters({
    tables,
    background,
    takeChanged: () => swarms.takeChangedCompleted(),
  });

  function jobOfEntry(version: EntryVersion, jobKey: string) {
    const shown = catalog
      .placementsOfEntry(version.contentType, version.entryId)
      .some((placement) => placement.jobKey === jobKey);
    return shown ? catalog.job(jobKey) : undefined;
  }

  function passkeyInfo(passkey: string): PasskeyInfo {
    const announceUrl = `${options.publicUrl}${options.announcePath}?passkey=${passkey}`;
    return { passkey, announceUrl };
  }

  return {
    fields,
    media,
    values,
    webSeed,
    seedSource: createSeedSources({ catalog, details, backingsOf: webSeed.backingsOf }),
    uploads,
    audit,
    torrent: (infoHash) => catalog.torrent(infoHash) ?? null,
    takeDown: (torrent, reason) => takedowns.takeDown(torrent, reason),
    restore: (torrent) => takedowns.restore(torrent),
    overview: createOverview({ catalog, titles, counts }),
    documentMiddleware: createDocumentMiddleware({ strapi, fields, media, reconcile, background }),
    readable(infoHash, reader) {
      const torrent = catalog.torrent(infoHash);
      if (torrent === undefined) return null;
      return access.mayRead(reader, catalog.placementsOf(torrent)) ? torrent : null;
    },
    list,
    async torrentFile(torrent, reader) {
      const files = await details.files(torrent.infoHash);
      const { trackers, webSeeds } = await links.of(torrent, reader, files.length);
      const bytes = encodeTorrentFile({
        info: await details.info(torrent.infoHash),
        trackers,
        webSeeds,
        comment: options.metainfo.comment ?? undefined,
        createdBy: options.createdBy,
        createdAt: torrent.createdAt,
      });
      return { bytes, personal: trackers.flat().some((url) => url.includes('?passkey=')) };
    },
    passkey: async (userId) => passkeyInfo(await deps.passkeys.ensure(userId)),
    rotatePasskey: async (userId) => passkeyInfo(await deps.passkeys.rotate(userId)),
    async revokePasskey(userId) {
      if (!deps.passkeys.userIds().includes(userId)) return false;
      await deps.passkeys.rotate(userId);
      return true;
    },
    entryState: (version) => states.of(version),
    torrentOfEntry(version, jobKey) {
      const infoHash = jobOfEntry(version, jobKey)?.infoHash;
      return infoHash == null ? null : (catalog.torrent(infoHash) ?? null);
    },
    async retry(version, jobKey) {
      const job = jobOfEntry(version, jobKey);
      if (job?.status !== 'failed' && job?.status !== 'stale') return false;
      // Storage may hold other bytes by now: then the entry gets another job, which runs by itself.
      await reconcile(version.contentType, version.entryId);
      // A held one waits for the editor's confirmation, not for another try.
      const isHeld = job.problem?.code === 'unprotected';
      if (catalog.job(jobKey) === job && !isHeld) await queue.retry(job);
      return true;
    },
    onFileChanged(infoHash) {
      const jobs = catalog.torrent(infoHash)?.jobs ?? [];
      background.run('a web seed met a changed file', async () => {
        for (const job of [...jobs]) await mediaHooks.check(job);
      });
    },
    onPermissions: () => exposures.check(),
    stock: () => takeStock(catalog),
    async start() {
      await takedowns.load();
      const rows = await loadCatalog(tables);
      catalog.load(rows);
      for (const [infoHash, n] of storedCounters(rows.torrents))
        swarms.restoreCompleted(infoHash, n);
      await uploadIndex.load();
      mediaHooks.start();
      completed.start();
      audit.start();
      queue.wake();
      await exposures.start();
    },
    async stop() {
      exposures.stop();
      mediaHooks.stop();
      completed.stop();
      audit.stop();
      await queue.stop();
      await background.settled();
      await completed.flush();
      await audit.flush();
    },
  };
}
