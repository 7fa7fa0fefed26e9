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
  TorrentTokens,
  Transfer,
  UploadTickets,
  UserTable,
} from '../access';
import { createHashPool } from '../metainfo';
import type { ByteBudget } from '../seeding';
import { createActorNames } from './actor-names';
import { createAudit, type Audit } from './audit';
import type { Background } from './background';
import { createCatalog, type Torrent } from './catalog';
import { createCompletedCounters, storedCounters } from './completed';
import { createDetails } from './details';
import { createDocumentMiddleware, type DocumentMiddleware } from './document-hooks';
import { createEntryStates, type EntryVersion } from './entry-state';
import { createFileContents } from './file-contents';
import { createEntryTitles } from './entry-titles';
import { createExposureWatch } from './exposure-watch';
import { createHandedOutKeys, type HandedOutKeys } from './handed-out-keys';
import { createJobPlanner } from './job-plan';
import { createLinks } from './links';
import { createList, type ListQuery } from './list';
import { loadCatalog, readCatalog } from './load';
import { createLocaleHooks } from './locale-hooks';
import { createMedia, type Media } from './media';
import { createMediaHooks } from './media-hooks';
import { createOverview, type Overview } from './overview';
import { createPersonal, type Personal, type PersonalOptions } from './personal';
import { createStorage } from './storage';
import { createQueue } from './queue';
import { createReconcile } from './reconcile';
import { createSeedSources, type SeedSources } from './seed-sources';
import { takeStock, type Stock } from './stock';
import type { Tables } from './tables';
import { retrying } from './retry';
import { checkPlacements } from './start-check';
import { createTakedowns } from './takedowns';
import { createTorrentFields, type TorrentFields } from './torrent-fields';
import { createTraffic, type TrafficCounters } from './traffic';
import { createTrafficTable } from './traffic-table';
import { createUploadDoor, type UploadDoor } from './upload-door';
import { createUploadIndex } from './upload-index';
import { createValues, type Values } from './value';
import { createWebSeedDoor, type WebSeedDoor } from './web-seed-door';

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

export interface Library extends Personal {
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
  entryState(version: EntryVersion): Promise<AdminFieldState[]>;
  torrentOfEntry(version: EntryVersion, jobKey: string): Torrent | null;
  /** False when the entry shows no such failed torrent. */
  retry(version: EntryVersion, jobKey: string): Promise<boolean>;
  /** The web seed met a file that is not the hashed one. */
  onFileChanged(infoHash: string): void;
  /** Takes in what other processes have written to the tables. */
  refresh(): Promise<void>;
  /** Permissions have been read anew: private flags follow. */
  onPermissions(): void;
  stock(): Stock;
  traffic: TrafficCounters;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createLibrary(deps: LibraryDeps): Library {
  const { strapi, tables, background, access, options, swarms } = deps;
  const counts = (infoHash: string): SwarmCounts => swarms.counts(infoHash);
  const { onExposure, onOwnChange } = deps;
  const catalog = createCatalog({ onExposure, onOwnChange });
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
    filesTakenDown: (files, signal) => takedowns.problemOfFiles(files, signal),
    onChanged: (job) => mediaHooks.check(job),
  });
  const uploadIndex = createUploadIndex({ access, catalog, media });
  const uploads = createUploadDoor({
    enabled: options.protectUploads,
    index: uploadIndex,
    tickets: deps.tickets,
    holders: deps.holders,
    mayRead: (reader, job) => access.mayRead(reader, catalog.subjectOfJob(job)),
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
  const takedowns = createTakedowns({
    tables,
    catalog,
    contents: createFileContents({ media, pool }),
    background,
    wake: () => queue.wake(),
    onOwnChange,
  });
  const namesOf = createActorNames(strapi);
  const audit = createAudit({ tables, background, namesOf, keep: options.auditKeep });
  const traffic = createTraffic({
    table: createTrafficTable(strapi),
    background,
    sizeOf: (infoHash) => catalog.torrent(infoHash)?.size ?? null,
  });
  const webSeed = createWebSeedDoor({
    ...deps,
    enabled: options.webSeed.enabled,
    budget: deps.webSeedBudget,
    onSent: (infoHash, bytes) => traffic.served('webSeed', infoHash, bytes),
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
  const localeHooks = createLocaleHooks({ strapi, tables, catalog, reconcile, background });
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
    everseed: options.everseed,
    traffic,
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

  return {
    fields,
    media,
    values,
    webSeed,
    seeds: createSeedSources({
      catalog,
      details,
      backings: webSeed,
    }),
    uploads,
    audit,
    keys: createHandedOutKeys({ ...deps, audit, catalog, namesOf }),
    torrent: (infoHash) => catalog.torrent(infoHash) ?? null,
    takeDown: (torrent, reason) => takedowns.takeDown(torrent, reason),
    restore: (torrent) => takedowns.restore(torrent),
    overview: createOverview({ catalog, titles, counts, traffic, takedowns }),
    documentMiddleware: createDocumentMiddleware({ strapi, fields, media, reconcile, background }),
    async readable(infoHash, reader) {
      const torrent = catalog.torrent(infoHash);
      if (torrent === undefined) return null;
      return (await access.mayRead(reader, catalog.subjectOf(torrent))) ? torrent : null;
    },
    list,
    ...createPersonal({ ...deps, catalog, details, links }),
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
    async refresh() {
      await takedowns.load();
      // Rows read while something changed here may be older than the memory.
      for (;;) {
        const since = catalog.version;
        const rows = takedowns.applyTo(await readCatalog(tables));
        if (catalog.merge(rows, since)) break;
      }
      await uploadIndex.load();
    },
    onPermissions: () => exposures.check(),
    stock: () => takeStock(catalog),
    traffic,
    async start() {
      await takedowns.load();
      const rows = await loadCatalog(tables);
      const { placements, outdated } = await checkPlacements(strapi, fields, rows.placements);
      catalog.load({ ...rows, placements });
      background.run('following what has changed meanwhile', async () => {
        for (const { contentType, entryId } of outdated) {
          await retrying(() => reconcile.anew(contentType, entryId));
        }
      });
      for (const [infoHash, n] of storedCounters(rows.torrents))
        swarms.restoreCompleted(infoHash, n);
      await uploadIndex.load();
      mediaHooks.start();
      localeHooks.start();
      completed.start();
      traffic.start();
      audit.start();
      takedowns.start();
      queue.start();
      await exposures.start();
    },
    async stop() {
      exposures.stop();
      mediaHooks.stop();
      localeHooks.stop();
      completed.stop();
      traffic.stop();
      audit.stop();
      await queue.stop();
      await background.settled();
      await completed.flush();
      await traffic.flush();
      await audit.flush();
    },
  };
}
