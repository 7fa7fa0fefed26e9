import path from 'node:path';
import type { ClientProcess } from './client-process';
import type { ClientJob, ClientStatus, Driver } from './driver';
import { requireProgram } from './requirements';

const SCRIPT = path.join(__dirname, 'libtorrent_client.py');

export interface LibtorrentState extends ClientStatus {
  listening: boolean;
}

/** Its protection against requests to local addresses stays on, as its users have it. */
export const libtorrent: Driver = (job) => {
  const client = startLibtorrent(job, { seed: false });
  return Promise.resolve(() => {
    if (client.exited() !== null) throw new Error(`ended with ${String(client.exited())}`);
    return libtorrentState(client);
  });
};

export function startLibtorrent(
  job: Pick<
    ClientJob,
    'torrent' | 'outDir' | 'bind' | 'port' | 'encryption' | 'utp' | 'peers' | 'start'
  >,
  { seed }: { seed: boolean },
): ClientProcess {
  const { torrent, outDir, bind, port, encryption, utp, peers } = job;
  const request = { torrent, folder: outDir, bind, port, encryption, utp, peers, seed };
  return job.start(requireProgram('libtorrent'), [SCRIPT, JSON.stringify(request)]);
}

export function libtorrentState(client: ClientProcess): LibtorrentState {
  const line = client.lines().at(-1);
  return line === undefined
    ? { complete: false, listening: false, detail: 'starting' }
    : (JSON.parse(line) as LibtorrentState);
}
