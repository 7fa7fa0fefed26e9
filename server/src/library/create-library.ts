/** Wires the library; each of its parts is in a file of its own. */

import type { SwarmCounts } from '../../../shared/torrent-value';
import { createHashPool } from '../metainfo';
import { createActorNames } from './actor-names';
import { createAudit } from './audit';
import { createCatalog } from './catalog';
import { createCompletedCounters } from './completed';
import { createDetails } from './details';
import { createDocumentMiddleware } from './document-hooks';
import { createEntryStates } from './entry-state';
import { createEntryTitles } from './entry-titles';
import { createEntryTorrents } from './entry-torrents';
import { createExposureWatch } from './exposure-watch';
import { createFileContents } from './file-contents';
import { createHandedOutKeys } from './handed-out-keys';
import { createJobPlanner } from './job-plan';
import type { Library, LibraryDeps } from './library';
import { createLibraryLife } from './life';
import { createLinks } from './links';
import { createList } from './list';
import { createLocaleHooks } from './locale-hooks';
import { createMedia } from './media';
import { createMediaHooks } from './media-hooks';
import { createOverview } from './overview';
import { createPersonal } from './personal';
import { createQueue } from './queue';
import { createReconcile } from './reconcile';
import { createSeedSources } from './seed-sources';
import { takeStock } from './stock';
import { createStorage } from './storage';
import { createTakedowns } from './takedowns';
import { createTorrentFields } from './torrent-fields';
import { createTraffic } from './traffic';
import { createTrafficTable } from './traffic-table';
import { createUploadDoor } from './upload-door';
import { createUploadIndex } from './upload-index';
import { createValues } from './value';
import { createWebSeedDoor } from './web-seed-door';

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
    ...createEntryTorrents({ catalog, states, queue, reconcile }),
    ...createLibraryLife({
      ...deps,
      catalog,
      fields,
      takedowns,
      uploadIndex,
      reconcile,
      mediaHooks,
      localeHooks,
      completed,
      traffic,
      audit,
      queue,
      exposures,
    }),
    onFileChanged(infoHash) {
      const jobs = catalog.torrent(infoHash)?.jobs ?? [];
      background.run('a web seed met a changed file', async () => {
        for (const job of [...jobs]) await mediaHooks.check(job);
      });
    },
    onPermissions: () => exposures.check(),
    stock: () => takeStock(catalog),
    traffic,
  };
}
