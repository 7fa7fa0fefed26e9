import path from 'node:path';
import type { ClientProcess } from './client-process';
import type { ClientStatus, Driver } from './driver';
import { requireProgram } from './requirements';

const SCRIPT = path.join(__dirname, 'libtorrent_client.py');

/** It scrapes as soon as it is started. */
export const libtorrent: Driver = (job) => {
  const { torrent, outDir, bind, port, encryption, utp, peers, seed, ssrfMitigation } = job;
  const network = { bind, port, encryption, utp, peers, ssrfMitigation };
  const request = { torrent, folder: outDir, seed, ...network };
  const client = job.start(requireProgram('libtorrent'), [SCRIPT, JSON.stringify(request)]);
  return Promise.resolve(() => {
    if (client.exited() !== null) throw new Error(`ended with ${String(client.exited())}`);
    return stateOf(client);
  });
};

function stateOf(client: ClientProcess): ClientStatus {
  const line = client.lines().at(-1);
  if (line === undefined) return { complete: false, detail: 'starting' };
  const { complete, listening, detail } = JSON.parse(line) as ClientStatus & { listening: boolean };
  return { complete: complete && listening, detail };
}
