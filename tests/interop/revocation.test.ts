/** Real clients in the middle of a download whose reader loses the right. */

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  allow,
  createUser,
  documents,
  eventually,
  readyTorrent,
  upload,
  type TestUser,
} from '../integration/support/content';
import { startSite, type TestSite } from '../integration/support/strapi';
import { requirePrograms } from './clients';
import { startProcess, type ClientProcess } from './clients/client-process';
import { freePort } from './clients/free-port';
import { requireProgram } from './clients/requirements';

const SIZE = 100_000_000;
/** Bytes per second. The kernel may hold 6 MB that the client has not read yet: well under two seconds. */
const RATE = 5_000_000;
/** How long a client may go on, and what may still be on its way to it then. */
const ALLOWED_MS = 2000;
const ON_ITS_WAY = 100_000;

let site: TestSite;
let folder: string;
let count = 0;

beforeAll(async () => {
  requirePrograms();
  folder = await mkdtemp(join(tmpdir(), 'interop-revocation-'));
  site = await startSite();
  await allow(site.strapi, 'member', 'secret');
});

afterAll(async () => {
  await site.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Prepared {
  user: TestUser;
  torrent: string;
  name: string;
  outDir: string;
}

async function prepare(): Promise<Prepared> {
  count += 1;
  const user = await createUser(site.strapi, `member${count}`, 'member');
  const media = await upload(site.strapi, `watched ${count}.bin`, randomBytes(SIZE));
  const { documentId } = await documents(site.strapi, 'secret').create({
    data: { title: 'Watched', file: media.id },
    status: 'published',
  });
  const value = await readyTorrent(`${site.url}/api/secrets/${documentId}`, user.bearer);
  const response = await fetch(value.torrentUrl!, { headers: { authorization: user.bearer } });
  const outDir = join(folder, String(count));
  await mkdir(outDir);
  const torrent = join(outDir, 'personal.torrent');
  await writeFile(torrent, Buffer.from(await response.arrayBuffer()));
  return { user, torrent, name: value.name!, outDir };
}

const block = async ({ user }: Prepared): Promise<void> => {
  await site.strapi.db
    .query('plugin::users-permissions.user')
    .update({ where: { id: user.id }, data: { blocked: true } });
};

async function revoke(prepared: Prepared, bytes: () => number | Promise<number>): Promise<void> {
  await eventually(async () => expect(await bytes()).toBeGreaterThan(SIZE / 20), 30);
  await block(prepared);
  await sleep(ALLOWED_MS);
  const then = await bytes();
  expect(then).toBeLessThan(SIZE);
  await sleep(3000);
  expect((await bytes()) - then).toBeLessThan(ON_ITS_WAY);
}

let client: ClientProcess | undefined;
afterEach(() => client?.stop());

test('libtorrent stops within two seconds, and shows its user why', async () => {
  const prepared = await prepare();
  const bind = '127.0.0.71';
  const job = {
    torrent: prepared.torrent,
    folder: prepared.outDir,
    bind,
    port: await freePort(bind),
    rate: RATE,
  };
  const script = join(__dirname, 'clients/libtorrent_watched.py');
  const process = startProcess(requireProgram('libtorrent'), [script, JSON.stringify(job)]);
  client = process;
  const last = () =>
    JSON.parse(process.lines().at(-1) ?? '{"bytes":0,"reason":""}') as {
      bytes: number;
      reason: string;
    };
  await revoke(prepared, () => last().bytes);
  expect(last().reason).toMatch(/not valid any more/);
});

test('aria2 stops within two seconds, and shows its user why', async () => {
  const prepared = await prepare();
  const bind = '127.0.0.72';
  const port = await freePort(bind);
  const process = startProcess(requireProgram('aria2c'), [
    '--no-conf',
    `--dir=${prepared.outDir}`,
    `--interface=${bind}`,
    `--listen-port=${port}`,
    '--enable-dht=false',
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--disable-ipv6=true',
    '--file-allocation=none',
    '--disk-cache=0',
    '--bt-tracker-interval=1',
    `--max-download-limit=${RATE}`,
    '--console-log-level=info',
    '--summary-interval=0',
    prepared.torrent,
  ]);
  client = process;
  const file = join(prepared.outDir, prepared.name);
  // What is on the disk: the file itself has holes where pieces are missing.
  const bytes = async (): Promise<number> => {
    const found = await stat(file).catch(() => null);
    return (found?.blocks ?? 0) * 512;
  };
  const told: string[] = [];
  const watch = setInterval(() => {
    const [line] = /failure reason[^\n]*|not valid any more[^\n]*/i.exec(process.output()) ?? [];
    if (line !== undefined) told.push(line);
  }, 50);
  try {
    await revoke(prepared, bytes);
  } finally {
    clearInterval(watch);
  }
  expect(told.join('\n')).toMatch(/not valid any more/);
});
