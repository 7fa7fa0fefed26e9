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
import { publicUrlOf, trustedProxiesOf } from './site';
import { createWebSeedMiddleware, WEB_SEED_PATH } from './seeding';
import {
  createSignalling,
  createTracker,
  infoHashFromHex,
  infoHashToHex,
  REFUSAL,
  type InfoHash,
  type Signalling,
  type Tracker,
} from './tracker';
import { createClientAddress, createTrackerMiddleware, createWebSocketDoor } from './transports';

export interface Runtime {
  config: Config;
  publicUrl: string;
  library: Library;
  /** For the front of Strapi's stack, in this order. */
  middlewares: Parameters<Core.Strapi['server']['app']['use']>[0][];
  /** Takes the upgrades on the announce path of Strapi's server, and leaves all others alone. */
  attachTo(server: Core.Strapi['server']['httpServer']): void;
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
  const tracker = createTracker({
    gate,
    clock: () => performance.now(),
    random: Math.random,
    config: trackerOptions(config),
    onFault: (error) => strapi.log.error('[bittorrent] sweeping the swarms', error),
  });
  const signalling = createSignalling({
    gate,
    clock: () => performance.now(),
    random: Math.random,
    completed: {
      of: (infoHash) => tracker.counts(infoHash).completed,
      count: (infoHash) => tracker.countCompleted(infoHash),
    },
    onFault: (error) => strapi.log.error('[bittorrent] sweeping the swarms of browsers', error),
  });
  const clientAddress = createClientAddress({ trustedProxies: trustedProxiesOf(strapi, config) });
  const webSocketDoor = createWebSocketDoor({
    signalling,
    clientAddress,
    logger: strapi.log,
    clock: () => performance.now(),
    announcePath: config.tracker.announcePath,
    origins: config.tracker.websocket.origins,
  });
  const library = createLibrary({
    strapi,
    tables,
    background,
    access,
    users,
    passkeys,
    tokens,
    swarms: swarmsOf(tracker, signalling),
    onExposure: (infoHash, torrent) => registry.set(trackerKey(infoHash), torrent),
    options: libraryOptions(config, publicUrl),
  });

  const runtime: Runtime = {
    config,
    publicUrl,
    library,
    middlewares: [
      createTrackerMiddleware({
        tracker,
        clientAddress,
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
    ],
    attachTo(server) {
      if (config.tracker.websocket.enabled) webSocketDoor.attachTo(server);
    },
    async start() {
      await passkeys.load();
      await sync.load();
      await library.start();
      sync.start();
      tracker.start();
      signalling.start();
      webSocketDoor.start();
      open.value = true;
    },
    async stop() {
      open.value = false;
      sync.stop();
      tracker.stop();
      signalling.stop();
      webSocketDoor.stop();
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
