/** Every server under test: what it is called in the tables, and how it is started. */
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

/** @param config of the plugin */
export const startStrapi = (places: Places, config: object = {}): Promise<Subject> =>
  startSubject({
    name: 'ours, on Strapi’s port',
    command: node,
    args: ['--expose-gc', bundle(places, 'strapi'), places.app],
    env: { BITTORRENT_CONFIG: JSON.stringify(config) },
    hidesSelf: true,
  });

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
  await listening(port);
  return subject;
}

async function listening(port: number): Promise<void> {
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
  throw new Error('opentracker does not start');
}
