/** The playground in a process of its own, with a database and uploads of its own. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TorrentValue } from '../../../shared/torrent-value';
import { eventually } from '../../integration/support/content';
import { freePort } from '../../interop/clients/free-port';
import type { Person } from './browser';

const ROOT = join(__dirname, '../../..');
const PLAYGROUND = join(ROOT, 'playground');
const STRAPI = join(ROOT, 'node_modules/@strapi/strapi/bin/strapi.js');
const START_SECONDS = 90;
/** Characters. */
const SHOWN_OUTPUT = 2000;
const HOW_TO_BUILD =
  'Run `npm test -- tests/browser`: it builds the plugin and the admin panel first.';

export const { admin: DEMO_ADMIN, member: DEMO_MEMBER } = createRequire(__filename)(
  join(PLAYGROUND, 'src/seed/credentials.js'),
) as { admin: Person; member: Person };

export interface Playground {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Where Strapi keeps uploaded files. */
  uploads: string;
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}

/** Resolves once the torrents of the sample releases are ready and the admin panel is served. */
export async function startPlayground(): Promise<Playground> {
  const folder = await mkdtemp(join(tmpdir(), 'bittorrent-browser-'));
  const publicDir = join(folder, 'public');
  await mkdir(join(publicDir, 'uploads'), { recursive: true });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const strapi = spawn(process.execPath, [STRAPI, 'start'], {
    cwd: PLAYGROUND,
    env: {
      ...process.env,
      PORT: String(port),
      PUBLIC_URL: url,
      PUBLIC_DIR: publicDir,
      DATABASE_FILENAME: join(folder, 'data.db'),
      NODE_ENV: 'production',
      // jest's own flags are for jest.
      NODE_OPTIONS: '',
      STRAPI_TELEMETRY_DISABLED: 'true',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [strapi.stdout, strapi.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const hasEnded = (): boolean => strapi.exitCode !== null || strapi.signalCode !== null;
  const ended = once(strapi, 'exit');

  async function stop(): Promise<void> {
    if (!hasEnded()) {
      strapi.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  }

  try {
    await eventually(async () => {
      if (!hasEnded()) await expectSampleContent(url);
    }, START_SECONDS);
    if (hasEnded()) throw new Error(`The playground ended. ${HOW_TO_BUILD}`);
    await expectAdminPanel(url);
  } catch (error) {
    await stop();
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}\nThe last that Strapi said:\n${output.slice(-SHOWN_OUTPUT)}`, {
      cause: error,
    });
  }
  return { url, uploads: join(publicDir, 'uploads'), stop };
}

async function expectSampleContent(url: string): Promise<void> {
  const { data } = (await (await fetch(`${url}/api/releases`)).json()) as {
    data: { torrent: TorrentValue | null }[];
  };
  const statuses = data.map(({ torrent }) => torrent?.status);
  if (data.length === 0 || !statuses.every((status) => status === 'ready')) {
    throw new Error(`The sample releases are ${statuses.join(', ')}.`);
  }
}

async function expectAdminPanel(url: string): Promise<void> {
  const { ok } = await fetch(`${url}/admin/`);
  if (!ok) throw new Error(`The playground has no admin panel. ${HOW_TO_BUILD}`);
}
