/** Every server under test: what it is called in the tables, and how it is started. */
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PAYLOADS, pathOf, writePayloads } from '../payload';
import { REGISTERED } from '../scenario';
import { freePort } from './free-port';
import { startSubject, type Subject } from './subject';

/** Folders, as the script that started us says. */
export interface Places {
  /** The bundled subjects. */
  bundles: string;
  /** Where `bittorrent-tracker` is installed; its bundle is there too. */
  peers: string;
  /** The Strapi application. */
  app: string;
  /** Files of web seeds, below `uploads`; made when they are first needed. */
  files: string;
  /** `tests/bench` itself. */
  sources: string;
  /** The built thread of the everseed. */
  everseedWorker: string;
}

const node = process.execPath;

const bundle = (places: Places, name: string): string =>
  join(places.bundles, 'subjects', `${name}.mjs`);

export type Floor = 'node-http' | 'koa' | 'net' | 'dgram';

const FLOOR_NAMES: Record<Floor, string> = {
  'node-http': 'bare node:http',
  koa: 'bare Koa',
  net: 'bare net',
  dgram: 'bare dgram',
};

/** @param answerBytes size of the constant that it answers */
export const startFloor = (places: Places, floor: Floor, answerBytes: number): Promise<Subject> =>
  startSubject({
    name: FLOOR_NAMES[floor],
    command: node,
    args: [bundle(places, `floor-${floor}`), String(answerBytes)],
  });

export const startEngine = (places: Places): Promise<Subject> =>
  startSubject({
    name: 'ours, own listener',
    command: node,
    args: ['--expose-gc', bundle(places, 'engine')],
    hidesSelf: true,
  });

export interface StrapiOptions {
  /** Of the plugin. */
  config?: object;
  /** Holds a site, or will: it outlives the process. Default: one of its own for each. */
  folder?: string;
  /** In its tables, when the folder is new. Default: those that the loads ask for. */
  torrents?: number;
}

export async function startStrapi(
  places: Places,
  { config = {}, folder, torrents }: StrapiOptions = {},
): Promise<Subject> {
  const publicDir =
    folder === undefined ? await writePayloads(places.files) : join(folder, 'public');
  return startSubject({
    name: 'ours, on Strapi’s port',
    command: node,
    args: ['--expose-gc', bundle(places, 'strapi'), places.app, publicDir],
    env: {
      BITTORRENT_CONFIG: JSON.stringify(config),
      ...(folder !== undefined && { BENCH_FOLDER: folder }),
      ...(torrents !== undefined && { BENCH_TORRENTS: String(torrents) }),
    },
    hidesSelf: true,
  });
}

export async function startRangeFloor(places: Places): Promise<Subject> {
  return startSubject({
    name: 'bare node:http',
    command: node,
    args: [bundle(places, 'floor-ranges'), await writePayloads(places.files)],
  });
}

/** One process, `sendfile`, no log: as fast as it gets. */
export async function startNginx(places: Places): Promise<Subject> {
  const uploads = join(await writePayloads(places.files), 'uploads');
  const folder = join(places.bundles, 'nginx');
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const locations = PAYLOADS.map(
    (payload) => `location = ${pathOf(payload)} { alias ${join(uploads, payload.name)}; }`,
  );
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; master_process off; pid ${join(folder, 'nginx.pid')}; error_log stderr crit;
events { worker_connections 256; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  default_type application/octet-stream;
  ${temporary.join(' ')}
  server { listen 127.0.0.1:${port}; ${locations.join('\n')} }
}
`,
  );
  const subject = await startSubject({
    name: 'nginx',
    command: '/usr/sbin/nginx',
    args: ['-p', folder, '-c', config],
    ports: { http: port },
    cwd: folder,
  });
  await listening('nginx', port);
  return subject;
}

export const startBittorrentTracker = (places: Places): Promise<Subject> =>
  startSubject({
    name: 'bittorrent-tracker',
    command: node,
    args: [join(places.peers, 'bittorrent-tracker.mjs')],
  });

/** Debian's binary is built with a whitelist; it looks for the file inside its own folder. */
export async function startOpentracker(places: Places): Promise<Subject> {
  const folder = join(places.bundles, 'opentracker');
  await mkdir(folder, { recursive: true });
  const list = REGISTERED.map((hash) => hash.toString('hex')).join('\n');
  await writeFile(join(folder, 'whitelist.txt'), `${list}\n`);
  const port = await freePort();
  const subject = await startSubject({
    name: 'opentracker',
    command: 'opentracker',
    args: [
      '-i',
      '127.0.0.1',
      '-p',
      `${port}`,
      '-P',
      `${port}`,
      '-d',
      folder,
      '-w',
      'whitelist.txt',
    ],
    ports: { http: port, udp: port },
    cwd: folder,
  });
  await listening('opentracker', port);
  return subject;
}

async function listening(name: string, port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await sleep(50);
  }
  throw new Error(`${name} does not start`);
}
