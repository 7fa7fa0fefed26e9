/** Seeds one torrent with a real client on loopback, until it is stopped. */

import path from 'node:path';
import { startProcess } from './client-process';
import { isMagnet, type Encryption } from './driver';
import { freePort } from './free-port';
import { libtorrentState, startLibtorrent } from './libtorrent';

export interface SeedOptions {
  client: 'libtorrent';
  /** Path of a .torrent file. */
  torrent: string;
  /** The folder that holds the content under the torrent's name. */
  dataDir: string;
  /** 127.0.0.x of the seeder's own. */
  bind: string;
  port?: number;
  encryption?: Encryption;
  utp?: boolean;
  peers?: readonly string[];
}

export interface Seed {
  /** `ip:port` it listens on. */
  address: string;
  output(): string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 15_000;

/** Resolves when it listens and counts itself as a seeder; throws with its output when it does not. */
export async function seed(options: SeedOptions): Promise<Seed> {
  if (isMagnet(options.torrent)) throw new Error('a seeder needs the .torrent file');
  const port = options.port ?? (await freePort(options.bind));
  const client = startLibtorrent(
    {
      torrent: path.resolve(options.torrent),
      outDir: path.resolve(options.dataDir),
      bind: options.bind,
      port,
      encryption: options.encryption ?? 'prefer',
      utp: options.utp ?? false,
      peers: options.peers ?? [],
      start: startProcess,
    },
    { seed: true },
  );
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const state = libtorrentState(client);
    if (state.complete && state.listening) break;
    if (client.exited() !== null || Date.now() > deadline) {
      await client.stop();
      throw new Error(`The seeder did not start: ${state.detail}\n${client.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    address: `${options.bind}:${port}`,
    output: () => client.output(),
    stop: () => client.stop(),
  };
}
