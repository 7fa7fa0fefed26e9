/** Wires the parts together: the only place that knows all of them. */

import { join } from 'node:path';
import type { Core } from '@strapi/strapi';
import {
  createAccess,
  createGate,
  createPasskeys,
  createPermissionSync,
  createRegistry,
  createRoleTable,
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
import { createProxyWarnings } from './proxy-warnings';
import { proxySettingsOf, publicUrlOf } from './site';
import { createWebSeedMiddleware, WEB_SEED_PATH } from './seeding';
import {
  createRateLimiter,
  createTracker,
  infoHashFromHex,
  infoHashToHex,
  REFUSAL,
  type InfoHash,
  type Tracker,
} from './tracker';
import { createClientAddress, createTrackerMiddleware } from './transports';

export interface Runtime {
  config: Config;
  publicUrl: string;
  library: Library;
  /** Where listeners register themselves as parts. */
  health: Health;
  metrics: Metrics;
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
  const { access, gate, registry, users, passkeys, tokens, sync, open } = createAccessParts({
    strapi,
    tables,
    afterCommit: (work) => background.afterCommit('reading permissions', work),
  });
  const clock = (): number => performance.now();
  const limiter = createRateLimiter({
    config: config.tracker.limits,
    clock,
    random: Math.random,
  });
  const tracker = createTracker({
    gate,
    clock,
    random: Math.random,
    limiter,
    config: trackerOptions(config),
    onFault: (error) => strapi.log.error('[bittorrent] sweeping the swarms', error),
  });
  const library = createLibrary({
    strapi,
    tables,
    background,
    access,
    users,
    passkeys,
    tokens,
    swarms: swarmsOf(tracker),
    onExposure: (infoHash, torrent) => registry.set(trackerKey(infoHash), torrent),
    options: libraryOptions(config, publicUrl),
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
  const health = createHealth();
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
    health,
    metrics,
    middlewares: [
      createTrackerMiddleware({
        tracker,
        clientAddress: createClientAddress({
          ...proxySettingsOf(strapi, config),
          onGarbage: () => tracker.tally.dropped('forwarded-address'),
        }),
        logger: strapi.log,
        clock,
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
    ],
    async start() {
      await passkeys.load();
      await sync.load();
      await library.start();
      sync.start();
      tracker.start();
      metrics.start();
      warnings.start();
      open.value = true;
    },
    async stop() {
      open.value = false;
      sync.stop();
      warnings.stop();
      metrics.stop();
      tracker.stop();
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
}

function createAccessParts({ strapi, tables, afterCommit }: AccessPartsDeps) {
  const [secret = ''] = strapi.config.get<string[]>('server.app.keys', []);
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
  const { interval, minInterval, numwant, maxPeersPerTorrent } = tracker;
  return { interval, minInterval, numwant, maxPeersPerTorrent };
}

function libraryOptions(config: Config, publicUrl: string): LibraryOptions {
  const { metainfo, webSeed } = config;
  return {
    publicUrl,
    announcePath: config.tracker.announcePath,
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
