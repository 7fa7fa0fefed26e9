/** A Strapi in a process of its own, on SQLite: for tests that kill it, or measure it. */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { eventually } from './content';
import { freePort } from './strapi';

const ROOT = join(__dirname, '../../..');
const FIXTURE = join(ROOT, 'tests/fixtures/app');
const STRAPI = join(ROOT, 'node_modules/@strapi/strapi/bin/strapi.js');

export interface StrapiProcess {
  url: string;
  publicDir: string;
  /** Resident memory, bytes. */
  memory(): Promise<number>;
  /** Whether a job has written how far it is; a look into the SQLite file. */
  hasCheckpoint(): boolean;
  /** As the kernel does when memory runs out. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Ends the process and removes its folder and database. */
  remove(): Promise<void>;
}

/** Anonymous readers may upload and create releases there. */
export async function startProcess(env: Record<string, string> = {}): Promise<StrapiProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'bittorrent-process-'));
  const publicDir = join(folder, 'public');
  await mkdir(join(publicDir, 'uploads'), { recursive: true });
  const databaseFile = join(folder, 'data.db');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess;
  let output = '';

  async function start(): Promise<void> {
    child = spawn(process.execPath, [STRAPI, 'start'], {
      cwd: FIXTURE,
      env: { ...process.env, ...environment(databaseFile, publicDir, port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`Strapi ended:\n${output}`);
      const { status } = await fetch(`${url}/_health`);
      if (status !== 204) throw new Error(`not healthy: ${status}`);
    }, 120); // seconds: a machine that runs two of these at once is slow
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  await start();
  return {
    url,
    publicDir,
    async memory() {
      const status = await readFile(`/proc/${String(child.pid)}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
    },
    hasCheckpoint() {
      const database = new Database(databaseFile, { readonly: true });
      const rows = database
        .prepare('SELECT id FROM bittorrent_jobs WHERE checkpoint IS NOT NULL')
        .all();
      database.close();
      return rows.length > 0;
    },
    kill: () => end('SIGKILL'),
    start,
    async remove() {
      await end('SIGTERM');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function environment(databaseFile: string, publicDir: string, port: number) {
  return {
    DATABASE_CLIENT: 'sqlite',
    DATABASE_FILENAME: databaseFile,
    PUBLIC_DIR: publicDir,
    PORT: String(port),
    OPEN_API: '1',
    BITTORRENT_CONFIG: JSON.stringify({
      tracker: { snapshot: { file: join(publicDir, '..', 'swarms.bin') } },
    }),
    TEST_LOGS: 'true',
    STRAPI_TELEMETRY_DISABLED: 'true',
    NODE_ENV: 'development',
    // jest's own flags are for jest.
    NODE_OPTIONS: '',
  };
}
