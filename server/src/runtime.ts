/** Wires the parts together: the only place that knows all of them. */

import { join } from 'node:path';
import type { Core } from '@strapi/strapi';
import { createAccessParts } from './access-parts';
import { createDownloadLinkMiddleware, LINK_PATH } from './api';
import { parseConfig, type Config } from './config';
import {
  createBackground,
  createChanges,
  createLibrary,
  createTables,
  retrying,
  type Library,
  type LibraryOptions,
  type Swarms,
} from './library';
import { publicUrlOf, trustedProxiesOf } from './site';
import { createWebSeedMiddleware, WEB_SEED_PATH } from './seeding';
import {
  createTracker,
  infoHashFromHex,
  infoHashToHex,
  type InfoHash,
  type Tracker,
} from './tracker';
import { createClientAddress, createTrackerMiddleware } from './transports';

export interface Runtime {
  config: Config;
  publicUrl: string;
  library: Library;
  /** For the front of Strapi's stack, in this order. */
  middlewares: Parameters<Core.Strapi['server']['app']['use']>[0][];
  /** Loads what the tracker must know, then opens it. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const runtimes = new WeakMap<Core.Strapi, Runtime>();

/** @throws Error before `register` */
export function runtimeOf(strapi: Core.Strapi): Runtime {
  const runtime = runtimes.get(strapi);
  if (runtime === undefined) throw new Error('[bittorrent] the plugin is not registered');
  return runtime;
}

export function createRuntime(strapi: Core.Strapi): Runtime {
  const config = parseConfig(strapi.config.get('plugin::bittorrent', {}));
  const publicUrl = publicUrlOf(strapi, config);
  const tables = createTables(strapi);
  const background = createBackground(strapi);
  const changes = createChanges({
    tables,
    background,
    every: config.access.syncEvery * 1000,
    isNeeded: () => library.fields.contentTypes().length > 0,
    async onForeignChange() {
      await parts.refresh();
      await library.refresh();
    },
  });
  const parts = createAccessParts({
    strapi,
    tables,
    allow: config.access.allow,
    swarms: () => tracker,
    afterCommit: (work) => background.afterCommit('reading permissions', () => retrying(work)),
    onOwnChange: () => changes.bump(),
  });
  const { open } = parts;
  const tracker = createTracker({
    gate: parts.gate,
    clock: () => performance.now(),
    random: Math.random,
    config: trackerOptions(config),
    onFault: (error) => strapi.log.error('[bittorrent] sweeping the swarms', error),
  });
  const library = createLibrary({
    strapi,
    tables,
    background,
    access: parts.access,
    users: parts.users,
    passkeys: parts.passkeys,
    tokens: parts.tokens,
    openTransfer: (owner, infoHash) => parts.transfers.open(owner, trackerKey(infoHash)),
    swarms: swarmsOf(tracker),
    onExposure: (infoHash, torrent) => parts.setTorrent(trackerKey(infoHash), torrent),
    onOwnChange: () => changes.bump(),
    options: libraryOptions(config, publicUrl),
  });

  const runtime: Runtime = {
    config,
    publicUrl,
    library,
    middlewares: [
      createTrackerMiddleware({
        tracker,
        clientAddress: createClientAddress({ trustedProxies: trustedProxiesOf(strapi, config) }),
        logger: strapi.log,
        clock: () => performance.now(),
        announcePath: config.tracker.announcePath,
      }),
      createWebSeedMiddleware({
        basePath: WEB_SEED_PATH,
        resolve: (request) =>
          open.value
            ? library.webSeed.resolve(request)
            : { kind: 'refused', status: 503, message: 'The site is starting.' },
        onChanged: (infoHash) => library.onFileChanged(infoHash),
        logger: strapi.log,
      }),
      createDownloadLinkMiddleware({
        library: () => library,
        isOpen: () => open.value,
        logger: strapi.log,
      }),
    ],
    async start() {
      await changes.start();
      await parts.load();
      await library.start();
      parts.start();
      tracker.start();
      open.value = true;
    },
    async stop() {
      open.value = false;
      parts.stop();
      tracker.stop();
      await library.stop();
      await changes.stop();
    },
  };
  runtimes.set(strapi, runtime);
  return runtime;
}

function trackerOptions({ tracker }: Config) {
  const { interval, minInterval, numwant, maxPeersPerTorrent } = tracker;
  return { interval, minInterval, numwant, maxPeersPerTorrent };
}

function libraryOptions(config: Config, publicUrl: string): LibraryOptions {
  const { metainfo, webSeed } = config;
  return {
    publicUrl,
    announcePath: config.tracker.announcePath,
    linkLifetime: config.access.linkLifetime,
    linkPath: LINK_PATH,
    webSeed: { enabled: webSeed.enabled, url: webSeed.url ?? publicUrl },
    metainfo: {
      pieceLength: metainfo.pieceLength === 'auto' ? null : metainfo.pieceLength,
      source: metainfo.source ?? null,
      comment: metainfo.comment ?? null,
      workers: metainfo.workers,
    },
    createdBy: 'strapi-plugin-bittorrent',
    // Both are built into folders of their own, side by side.
    workerFile: join(__dirname, '..', 'hash-worker', 'index.js'),
  };
}

function swarmsOf(tracker: Tracker): Swarms {
  return {
    counts(infoHash) {
      const { seeders, leechers, completed } = tracker.counts(trackerKey(infoHash));
      return { seeders, leechers, completed };
    },
    restoreCompleted: (infoHash, n) => tracker.restoreCompleted(trackerKey(infoHash), n),
    takeChangedCompleted: () =>
      [...tracker.takeChangedCompleted()].map(([key, n]) => [infoHashToHex(key), n] as const),
  };
}

/** @throws RangeError for what is no info-hash: our own tables hold nothing else */
function trackerKey(infoHash: string): InfoHash {
  const key = infoHashFromHex(infoHash);
  if (key === null) throw new RangeError(`not an info-hash: ${infoHash}`);
  return key;
}
