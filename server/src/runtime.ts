/** Wires the parts together: the only place that knows all of them. */

import { join, resolve } from 'node:path';
import type { Core } from '@strapi/strapi';
import { createAccessParts } from './access-parts';
import { createTicketHolders, createUploadTickets } from './access';
import {
  createDownloadLinkMiddleware,
  createHealth,
  createMetrics,
  databasePart,
  queuePart,
  serverPart,
  storagePart,
  trackerPart,
  warningPart,
  type Health,
  type Metrics,
} from './api';
import { parseConfig, type Config } from './config';
import {
  createBackground,
  createChanges,
  createLibrary,
  createTables,
  retrying,
  type Library,
} from './library';
import { createEverseedDoor, type EverseedDoor } from './doors/everseed';
import { createHttpDoors } from './doors/http';
import { createUdpDoor } from './doors/udp';
import { createWebSeedHttpDoor } from './doors/web-seed';
import { createSignallingDoor } from './doors/websocket';
import { libraryOptions, trackerOptions } from './options';
import { createProxyWarnings } from './proxy-warnings';
import { bothSwarms, swarmsOf, trackerKey } from './swarms';
import { createSnapshotFile, type SnapshotFile } from './snapshot-file';
import { proxySettingsOf, publicUrlOf } from './site';
import {
  createByteBudget,
  createUploadsGuard,
  type ByteBudget,
  type UploadsGuard,
} from './seeding';
import { createRateLimiter, createTracker, infoHashToHex, type Tracker } from './tracker';
import { createClientAddress } from './transports';

export interface Runtime {
  config: Config;
  publicUrl: string;
  library: Library;
  /** Where listeners register themselves as parts. */
  health: Health;
  metrics: Metrics;
  /** `null` where the site has none. */
  everseed: EverseedDoor | null;
  /** In front of Strapi: announces, scrapes and web seeds do not even reach its stack. */
  takeRequests(): void;
  /** For the front of Strapi's stack, in this order. */
  middlewares: Parameters<Core.Strapi['server']['app']['use']>[0][];
  /** Serves protected uploads, behind Strapi's middlewares. */
  serveUpload: UploadsGuard['serve'];
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
    siteRules: config.access,
    publicUrl,
    swarms: () => bothSwarms(tracker, browsers.signalling),
    afterCommit: (work) => background.afterCommit('reading permissions', () => retrying(work)),
    onOwnChange: () => changes.bump(),
    onPermissions: () => library.onPermissions(),
  });
  const clock = (): number => performance.now();
  const limiter = createRateLimiter({
    config: config.tracker.limits,
    clock,
    random: Math.random,
  });
  const { open } = parts;
  const health = createHealth();
  const everseed = createEverseedDoor({
    strapi,
    config,
    publicUrl,
    gate: parts.gate,
    health,
    clock,
    library: () => library,
    seedersOf: (infoHash) => tracker.counts(infoHash).seeders,
  });
  const tracker = createTracker({
    gate: parts.gate,
    clock,
    random: Math.random,
    limiter,
    config: trackerOptions(config),
    ...(everseed === null ? {} : { onAdmitted: everseed.onAdmitted.bind(everseed) }),
    onDownloaded: (infoHash, bytes) => library.traffic.downloaded(infoHashToHex(infoHash), bytes),
    onMerged: (from, to) => browsers.signalling.merge(from, to),
    onFault: (error) => strapi.log.error('[bittorrent] sweeping the swarms', error),
  });
  const snapshotFile = snapshotFileOf(strapi, config, tracker);
  const clientAddress = createClientAddress({
    ...proxySettingsOf(strapi, config),
    onGarbage: () => tracker.tally.dropped('forwarded-address'),
  });
  const http = createHttpDoors({ strapi, config, tracker, clientAddress, health });
  const udp = createUdpDoor({ strapi, config, tracker, health });
  const webSeed = createWebSeedHttpDoor({
    strapi,
    config,
    clientAddress,
    clock,
    isOpen: () => open.value,
    library: () => library,
  });
  const browsers = createSignallingDoor({
    strapi,
    config,
    gate: parts.gate,
    tracker,
    clientAddress,
    health,
  });
  const library = createLibrary({
    strapi,
    tables,
    background,
    access: parts.access,
    users: parts.users,
    passkeys: parts.passkeys,
    tokens: parts.tokens,
    tickets: createUploadTickets({
      secret: strapi.config.get<string[]>('server.app.keys', [])[0] ?? '',
      ttl: config.uploads.signedUrlTtl,
      now: Date.now,
    }),
    holders: createTicketHolders(strapi),
    webSeedBudget: budgetOf(config, clock),
    openTransfer: (owner, infoHash) => parts.transfers.open(owner, trackerKey(infoHash)),
    swarms: swarmsOf(tracker, browsers.signalling),
    onExposure(infoHash, torrent) {
      parts.setTorrent(trackerKey(infoHash), torrent);
      everseed?.onExposure(infoHash, torrent);
    },
    onOwnChange: () => changes.bump(),
    options: libraryOptions(config, publicUrl),
  });

  const { guard, serve } = createUploadsGuard({
    resolve: (path, query) => library.uploads.resolve(path, query),
    logger: strapi.log,
  });
  const warnings = createProxyWarnings({
    allShareOnePrivateAddress: () => tracker.addresses.allShareOnePrivateAddress,
    sparesProxy: () => limiter.sparesProxy(),
    logger: strapi.log,
  });
  const metrics = createMetrics(() => ({
    requests: tracker.tally.snapshot(),
    swarms: tracker.totals(),
    stock: library.stock(),
    traffic: library.traffic.sinceStart,
    warnings: warnings.all(),
  }));
  for (const part of [
    trackerPart(() => open.value),
    serverPart(strapi),
    databasePart(strapi, clock),
    storagePart(strapi, clock),
    queuePart(() => library.stock(), clock),
    warningPart('addresses', () => warnings.texts()),
  ]) {
    health.register(part);
  }

  const runtime: Runtime = {
    config,
    publicUrl,
    library,
    serveUpload: serve,
    health,
    metrics,
    everseed,
    takeRequests() {
      http.takeRequests();
      webSeed.takeRequests();
      browsers.takeUpgrades();
    },
    middlewares: [
      createDownloadLinkMiddleware({
        library: () => library,
        isOpen: () => open.value,
        logger: strapi.log,
      }),
      guard,
    ],
    async start() {
      await changes.start();
      await parts.load();
      await library.start();
      parts.start();
      await snapshotFile?.load(); // its peers are asked for in the tables that are loaded now
      snapshotFile?.start();
      tracker.start();
      metrics.start();
      warnings.start();
      browsers.start();
      open.value = true;
      http.listenWithStrapi();
      udp?.listenWithStrapi();
      everseed?.listenWithStrapi(tracker);
    },
    async stop() {
      open.value = false;
      await http.stop();
      await webSeed.stop();
      parts.stop();
      warnings.stop();
      metrics.stop();
      await udp?.stop();
      await everseed?.stop();
      tracker.stop();
      await snapshotFile?.stop();
      browsers.stop();
      await library.stop();
      await changes.stop();
    },
  };
  runtimes.set(strapi, runtime);
  return runtime;
}

function budgetOf({ webSeed: { dailyBudget } }: Config, clock: () => number): ByteBudget | null {
  return dailyBudget === 0 ? null : createByteBudget({ times: dailyBudget, clock });
}

function snapshotFileOf(
  strapi: Core.Strapi,
  { tracker: { snapshot } }: Config,
  tracker: Tracker,
): SnapshotFile | null {
  if (!snapshot.enabled) return null;
  // Two sites may run from one folder.
  const port = String(strapi.config.get('server.port'));
  const file = snapshot.file ?? join('.tmp', `bittorrent-swarms-${port}.bin`);
  return createSnapshotFile({
    tracker,
    file: resolve(strapi.dirs.app.root, file),
    every: snapshot.every,
    logger: strapi.log,
  });
}
