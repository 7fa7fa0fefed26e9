/** Boots the fixture app in this process, with a database and folders of its own. */

import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createStrapi, type Core } from '@strapi/strapi';
import { createDatabase, type TestDatabase } from './database';

const ROOT = join(__dirname, '../../..');
const FIXTURE = join(ROOT, 'tests/fixtures/app');

export interface TestSite {
  strapi: Core.Strapi;
  /** `http://127.0.0.1:<port>` */
  url: string;
  folder: string;
  publicDir: string;
  database: TestDatabase;
  /** Boots the same site, which has been destroyed, on the same database and port. */
  boot(): Promise<void>;
  /** Destroys the site and boots it once more. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestSiteOptions {
  /** `config` of the plugin. */
  config?: object;
  env?: Record<string, string>;
  /** Another app than the fixture. */
  appDir?: string;
  /** What an earlier site has left behind. */
  leftBehind?: Pick<TestSite, 'folder' | 'database'>;
}

export async function startSite(options: TestSiteOptions = {}): Promise<TestSite> {
  const { config = {}, env = {}, appDir = FIXTURE } = options;
  const folder = options.leftBehind?.folder ?? (await mkdtemp(join(tmpdir(), 'bittorrent-site-')));
  const database = options.leftBehind?.database ?? (await createDatabase(folder));
  const publicDir = join(folder, 'public');
  await mkdir(join(publicDir, 'uploads'), { recursive: true });
  const port = await freePort();
  const environment = {
    ...database.env,
    PORT: String(port),
    PUBLIC_DIR: publicDir,
    BITTORRENT_CONFIG: JSON.stringify(withSnapshotIn(folder, config)),
    STRAPI_TELEMETRY_DISABLED: 'true',
    ...env,
  };
  Object.assign(process.env, environment);
  const site: TestSite = {
    strapi: await boot(appDir),
    url: `http://127.0.0.1:${port}`,
    folder,
    publicDir,
    database,
    async boot() {
      site.strapi = await boot(appDir);
    },
    async restart() {
      await site.strapi.destroy();
      await site.boot();
    },
    async stop() {
      await site.strapi.destroy();
      await cleanUp(folder, database);
      for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
    },
  };
  return site;
}

/** All sites run from one fixture; what one has saved must not meet the next. */
function withSnapshotIn(folder: string, config: object & { tracker?: object }): object {
  const snapshot = { file: join(folder, 'swarms.bin') };
  return { ...config, tracker: { snapshot, ...config.tracker } };
}

/** Expects the boot to be refused, and gives the reason. */
export async function bootFailure(options: TestSiteOptions): Promise<Error> {
  try {
    const site = await startSite(options);
    await site.stop();
  } catch (error) {
    await sleep(1_000); // Strapi goes on loading what it loads side by side
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('The site booted.');
}

async function boot(appDir: string): Promise<Core.Strapi> {
  const strapi = await createStrapi({ appDir, distDir: appDir }).load();
  strapi.server.mount();
  strapi.server.httpServer.listen(Number(process.env['PORT']), '127.0.0.1');
  await once(strapi.server.httpServer, 'listening');
  return strapi;
}

async function cleanUp(folder: string, database: TestDatabase): Promise<void> {
  await database.drop();
  await rm(folder, { recursive: true, force: true });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A copy of the fixture app, where Node still finds the modules of this repository. */
export async function copyFixture(): Promise<string> {
  await mkdir(join(ROOT, '.tmp'), { recursive: true });
  const folder = await mkdtemp(join(ROOT, '.tmp/app-'));
  await cp(FIXTURE, folder, { recursive: true });
  return folder;
}
