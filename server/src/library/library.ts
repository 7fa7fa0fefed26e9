/** The library: torrents as the CMS knows them. Wires its parts; each part is in a file of its own. */

import type { Core } from '@strapi/strapi';
import type { AdminFieldState, Pagination } from '../../../shared/admin-api';
import type { SwarmCounts, TorrentValue } from '../../../shared/torrent-value';
import {
  PUBLIC,
  type Access,
  type Passkeys,
  type Reader,
  type RegisteredTorrent,
  type TorrentTokens,
  type Transfer,
  type UserTable,
} from '../access';
import { createHashPool, encodeTorrentFile } from '../metainfo';
import type { Background } from './background';
import { createCatalog, type Torrent } from './catalog';
import { createCompletedCounters, storedCounters } from './completed';
import { createDetails } from './details';
import { createDocumentMiddleware, type DocumentMiddleware } from './document-hooks';
import { createEntryStates, type EntryVersion } from './entry-state';
import { createEntryTitles } from './entry-titles';
import { createJobPlanner } from './job-plan';
import { createLinks, torrentFileUrl } from './links';
import { createList, type ListQuery } from './list';
import { loadCatalog, readCatalog } from './load';
import { createLocaleHooks } from './locale-hooks';
import { createMedia, type Media } from './media';
import { createMediaHooks } from './media-hooks';
import { createOverview, type Overview } from './overview';
import { createQueue } from './queue';
import { createReconcile } from './reconcile';
import type { Tables } from './tables';
import { retrying } from './retry';
import { checkPlacements } from './start-check';
import { createTorrentFields, type TorrentFields } from './torrent-fields';
import { createValues, type Values } from './value';
import { createWebSeedDoor, type WebSeedDoor } from './web-seed-door';

export interface LibraryOptions {
  /** Without a final slash. */
  publicUrl: string;
  announcePath: string;
  /** Seconds that a download link is good for. */
  linkLifetime: number;
  /** Where download links answer, with slashes around it. */
  linkPath: string;
  webSeed: { enabled: boolean; url: string };
  metainfo: {
    pieceLength: number | null;
    source: string | null;
    comment: string | null;
    workers: number;
  };
  createdBy: string;
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
  /** Registers a transfer that is about to run; `owner` as the tracker knows him. */
  openTransfer: (owner: number, infoHash: string) => Transfer;
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

export interface TorrentFileForReader {
  bytes: Buffer;
  /** True when it holds the reader's own key. */
  personal: boolean;
}

export interface PasskeyInfo {
  passkey: string;
  announceUrl: string;
}

export interface DownloadLink {
  url: string;
  /** ISO 8601; `null`: never. */
  expiresAt: string | null;
}

export interface Library {
  fields: TorrentFields;
  media: Media;
  values: Values;
  overview: Overview;
  webSeed: WebSeedDoor;
  documentMiddleware: DocumentMiddleware;
  /** The torrent, when this reader may have it. */
  readable(infoHash: string, reader: Reader): Promise<Torrent | null>;
  list(
    reader: Reader,
    query: ListQuery,
  ): Promise<{ data: TorrentValue[]; meta: { pagination: Pagination } }>;
  torrentFile(torrent: Torrent, reader: Reader): Promise<TorrentFileForReader>;
  passkey(userId: number): Promise<PasskeyInfo>;
  rotatePasskey(userId: number): Promise<PasskeyInfo>;
  /** The keys in the user's .torrent of this one torrent stop working. */
  withdrawTokens(userId: number, torrent: Torrent): Promise<void>;
  /** A link to the user's .torrent that needs no header; to the common one where it is public. */
  downloadLink(userId: number, torrent: Torrent): Promise<DownloadLink>;
  /** `null` when the link is not good, or its user may not have the torrent any more. */
  openLink(token: string, infoHash: string): Promise<{ torrent: Torrent; reader: Reader } | null>;
  entryState(version: EntryVersion): Promise<AdminFieldState[]>;
  torrentOfEntry(version: EntryVersion, jobKey: string): Torrent | null;
  /** False when the entry shows no such failed torrent. */
  retry(version: EntryVersion, jobKey: string): Promise<boolean>;
  /** The web seed met a file that is not the hashed one. */
  onFileChanged(infoHash: string): void;
  /** Takes in what other processes have written to the tables. */
  refresh(): Promise<void>;
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
  const planner = createJobPlanner({ media, access, metainfo: options.metainfo });
  const queue = createQueue({
    tables,
    catalog,
    media,
    pool,
    background,
    workers: options.metainfo.workers,
    onChanged: (job) => mediaHooks.check(job),
  });
  const reconcile = createReconcile({ strapi, tables, catalog, fields, planner, media, queue });
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
    overview: createOverview({ catalog, titles, counts }),
    documentMiddleware: createDocumentMiddleware({ strapi, fields, media, reconcile, background }),
    async readable(infoHash, reader) {
      const torrent = catalog.torrent(infoHash);
      if (torrent === undefined) return null;
      return (await access.mayRead(reader, catalog.subjectOf(torrent))) ? torrent : null;
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
    withdrawTokens: (userId, { infoHash }) => deps.tokens.withdraw(userId, infoHash),
    async downloadLink(userId, torrent) {
      const { infoHash } = torrent;
      if (await access.mayRead(PUBLIC, catalog.subjectOf(torrent))) {
        return { url: torrentFileUrl(options.publicUrl, infoHash), expiresAt: null };
      }
      await deps.passkeys.ensure(userId);
      const expiresAt = Math.floor(Date.now() / 1000) + options.linkLifetime;
      const token = deps.tokens.issueLink(userId, infoHash, expiresAt);
      if (token === null) throw new Error('a user without a passkey');
      const url = `${options.publicUrl}${options.linkPath}${token}/${infoHash}.torrent`;
      return { url, expiresAt: new Date(expiresAt * 1000).toISOString() };
    },
    async openLink(token, infoHash) {
      const userId = deps.tokens.linkUserOf(token, infoHash, Date.now() / 1000);
      const reader = userId === undefined ? undefined : deps.users.readerOf(userId);
      const torrent = catalog.torrent(infoHash);
      if (reader === undefined || torrent === undefined) return null;
      return (await access.mayRead(reader, catalog.subjectOf(torrent)))
        ? { torrent, reader }
        : null;
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
      if (catalog.job(jobKey) === job) await queue.retry(job);
      return true;
    },
    onFileChanged(infoHash) {
      const jobs = catalog.torrent(infoHash)?.jobs ?? [];
      background.run('a web seed met a changed file', async () => {
        for (const job of [...jobs]) await mediaHooks.check(job);
      });
    },
    async refresh() {
      // Rows read while something changed here may be older than the memory.
      for (;;) {
        const since = catalog.version;
        if (catalog.merge(await readCatalog(tables), since)) return;
      }
    },
    async start() {
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
      mediaHooks.start();
      localeHooks.start();
      completed.start();
      queue.wake();
    },
    async stop() {
      mediaHooks.stop();
      localeHooks.stop();
      completed.stop();
      await queue.stop();
      await background.settled();
      await completed.flush();
    },
  };
}
