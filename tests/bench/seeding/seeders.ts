/** The seeders that are compared: ours in a process of its own, and libtorrent from Python. */
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PYTHON } from '../../interop/clients/requirements';
import type { Places } from '../subjects';
import { freePort } from '../subjects/free-port';
import { startSubject, type Subject } from '../subjects/subject';
import type { Payload } from './payload';
import type { SeedTracker } from './tracker';

export interface Seeder {
  subject: Subject;
  /** A .torrent whose tracker knows this seeder. */
  torrent: string;
}

export async function startEverseed(
  places: Places,
  payload: Payload,
  tracker: SeedTracker,
): Promise<Seeder> {
  const settings = join(dirname(payload.folder), 'everseed.json');
  const { infoHash, file } = payload;
  const info = payload.info.toString('base64');
  await writeFile(
    settings,
    JSON.stringify({ workerFile: places.everseedWorker, infoHash, info, file }),
  );
  const subject = await startSubject({
    name: 'everseed',
    command: process.execPath,
    args: [join(places.bundles, 'subjects', 'everseed.mjs'), settings],
    core: 'all',
  });
  const torrent = await payload.torrentWith(tracker.announceUrl(subject.ports.peer ?? 0));
  return { subject, torrent };
}

export async function startLibtorrent(
  places: Places,
  payload: Payload,
  tracker: SeedTracker,
): Promise<Seeder> {
  const port = await freePort();
  const torrent = await payload.torrentWith(tracker.announceUrl(port));
  const request = {
    seed: true,
    torrent,
    bind: '127.0.0.1',
    port,
    folder: payload.folder,
    encrypted: false,
  };
  const subject = await startSubject({
    name: 'libtorrent',
    // It ends with us, however we end.
    command: 'setpriv',
    args: ['--pdeathsig', 'KILL', PYTHON, libtorrentScript(places), JSON.stringify(request)],
    core: 'all',
  });
  return { subject, torrent };
}

export const libtorrentScript = (places: Places): string =>
  join(places.sources, 'seeding', 'libtorrent_peers.py');
