/** Wires the parts together: the only place that knows all of them. */

import { join, resolve } from 'node:path';
import type { Core } from '@strapi/strapi';
import {
  createAccess,
  createGate,
  createPasskeys,
  createPermissionSync,
  createRegistry,
  createRoleTable,
  createTicketHolders,
  createUploadTickets,
  createUserTable,
  createWebSeedTokens,
  type PasskeyStore,
} from './access';
import {
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
  createLibrary,
  createTables,
  type Library,
  type LibraryOptions,
  type Swarms,
  type Tables,
} from './library';
import { createEverseedDoor } from './doors/everseed';
import { createHttpDoors } from './doors/http';
import { createUdpDoor } from './doors/udp';
import { createSignallingDoor } from './doors/websocket';
import { createProxyWarnings } from './proxy-warnings';
import { createSnapshotFile, type SnapshotFile } from './snapshot-file';
import { proxySettingsOf, publicUrlOf, udpUrlOf } from './site';
import {
  createUploadsGuard,
  createWebSeedMiddleware,
  WEB_SEED_PATH,
  type UploadsGuard,
} from './seeding';
import {
  createRateLimiter,
  createTracker,
  infoHashFromHex,
  infoHashToHex,
  REFUSAL,
  type InfoHash,
  type Signalling,
  type Tracker,
} from './tracker';
import { createClientAddress } from './transports';

export interface Runtime {
  config: Config;
  publicUrl: string;
  library: Library;
  /** Where listeners register themselves as parts. */
  health: Health;
  metrics: Metrics;
  /** In front of Strapi: announces and scrapes do not even reach its stack. */
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
  const { access, gate, registry, users, passkeys, tokens, sync, open } = createAccessParts({
    strapi,
    tables,
    afterCommit: (work) => background.afterCommit('reading permissions', work),
    onPermissions: () => library.onPermissions(),
  });
  const clock = (): number => performance.now();
  const limiter = createRateLimiter({
    config: config.tracker.limits,
    clock,
    random: Math.random,
  });
  const health = createHealth();
  const everseed = createEverseedDoor({
    strapi,
    config,
    publicUrl,
    gate,
    health,
    clock,
    library: () => library,
  });
  const tracker = createTracker({
    gate,
    clock,
    random: Math.random,
    limiter,
    config: trackerOptions(config),
    ...(everseed === null ? {} : { onAdmitted: (request) => everseed.onAdmitted(request) }),
    onFault: (error) => strapi.log.error('[bittorrent] sweeping the swarms', error),
  });
  const snapshotFile = snapshotFileOf(strapi, config, tracker);
  const clientAddress = createClientAddress({
    ...proxySettingsOf(strapi, config),
    onGarbage: () => tracker.tally.dropped('forwarded-address'),
  });
  const http = createHttpDoors({ strapi, config, tracker, clientAddress, health });
  const udp = createUdpDoor({ strapi, config, tracker, health });
  const browsers = createSignallingDoor({ strapi, config, gate, tracker, clientAddress, health });
  const library = createLibrary({
    strapi,
    tables,
    background,
    access,
    users,
    passkeys,
    tokens,
    tickets: createUploadTickets({
      secret: secretOf(strapi),
      ttl: config.uploads.signedUrlTtl,
      now: Date.now,
    }),
    holders: createTicketHolders(strapi),
    swarms: swarmsOf(tracker, browsers.signalling),
    onExposure(infoHash, torrent) {
      registry.set(trackerKey(infoHash), torrent);
      everseed?.onExposure(infoHash, torrent);
    },
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
    takeRequests() {
      http.takeRequests();
      browsers.takeUpgrades();
    },
    middlewares: [
      createWebSeedMiddleware({
        basePath: WEB_SEED_PATH,
        resolve: (request) =>
          open.value
            ? library.webSeed.resolve(request)
            : { kind: 'refused', status: 503, message: 'The site is starting.' },
        onChanged: (infoHash) => library.onFileChanged(infoHash),
        logger: strapi.log,
      }),
      guard,
    ],
    async start() {
      await passkeys.load();
      await sync.load();
      await library.start();
      sync.start();
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
      sync.stop();
      warnings.stop();
      metrics.stop();
      await udp?.stop();
      await everseed?.stop();
      tracker.stop();
      await snapshotFile?.stop();
      browsers.stop();
      await library.stop();
    },
  };
  runtimes.set(strapi, runtime);
  return runtime;
}

interface AccessPartsDeps {
  strapi: Core.Strapi;
  tables: Tables;
  afterCommit: (work: () => Promise<void>) => void;
  onPermissions: () => void;
}

function createAccessParts({ strapi, tables, afterCommit, onPermissions }: AccessPartsDeps) {
  const secret = secretOf(strapi);
  const open = { value: false };
  const roles = createRoleTable();
  const users = createUserTable();
  const registry = createRegistry<InfoHash>();
  const access = createAccess({ roles });
  const tokens = createWebSeedTokens({ secret });
  const passkeys = createPasskeys({
    store: passkeyStore(tables),
    secret,
    onIssue: () => sync.load(),
  });
  const sync = createPermissionSync({
    strapi,
    roles,
    users,
    userIds: () => passkeys.userIds(),
    isNeeded: () => registry.size > 0,
    afterCommit,
    onLoaded: onPermissions,
  });
  const gate = createGate({
    registry,
    access,
    users,
    userOf: (passkey) => passkeys.userOf(passkey),
    publicRoleId: () => roles.publicRoleId,
    isOpen: () => open.value,
    refusal: REFUSAL,
  });
  return { access, gate, registry, users, passkeys, tokens, sync, open };
}

function secretOf(strapi: Core.Strapi): string {
  return strapi.config.get<string[]>('server.app.keys', [])[0] ?? '';
}

function passkeyStore({ passkeys }: Tables): PasskeyStore {
  return {
    find: (userId) => passkeys.findOne({ where: { userId } }),
    findAll: () => passkeys.findMany({}),
    async save(row) {
      await passkeys.delete({ userId: row.userId });
      await passkeys.create(row);
    },
  };
}

function trackerOptions({ tracker }: Config) {
  const { interval, minInterval, numwant, maxPeersPerTorrent, maxPeers, maxSwarms } = tracker;
  return { interval, minInterval, numwant, maxPeersPerTorrent, maxPeers, maxSwarms };
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

function libraryOptions(config: Config, publicUrl: string): LibraryOptions {
  const { metainfo, webSeed } = config;
  return {
    protectUploads: config.uploads.protect,
    publicUrl,
    announcePath: config.tracker.announcePath,
    udpUrl: udpUrlOf(config, publicUrl),
    webSeed: { enabled: webSeed.enabled, url: webSeed.url ?? publicUrl },
    metainfo: {
      pieceLength: metainfo.pieceLength === 'auto' ? null : metainfo.pieceLength,
      source: metainfo.source ?? null,
      comment: metainfo.comment ?? null,
      workers: metainfo.workers,
    },
    createdBy: 'strapi-plugin-bittorrent',
    auditKeep: config.audit.keep,
    // Both are built into folders of their own, side by side.
    workerFile: join(__dirname, '..', 'hash-worker', 'index.js'),
  };
}

/** What the site shows of a torrent: its IP peers and its browsers together. */
function swarmsOf(tracker: Tracker, signalling: Signalling): Swarms {
  return {
    counts(infoHash) {
      const key = trackerKey(infoHash);
      const { seeders, leechers, completed } = tracker.counts(key);
      const browsers = signalling.counts(key);
      return {
        seeders: seeders + browsers.seeders,
        leechers: leechers + browsers.leechers,
        completed,
      };
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
