/** Seeds one torrent with a real client on loopback, until it is stopped. */

import { isMagnet } from './driver';
import { prepareClient, type ClientOptions } from './running-client';

export interface SeedOptions extends ClientOptions {
  /** The folder that holds the content under the torrent's name. Clients may write into it. */
  dataDir: string;
}

export interface Seed {
  /** `ip:port` it listens on. */
  address: string;
  output(): string;
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;

/**
 * Resolves when it counts itself as a seeder, or, of aria2, which does not tell, when it was started;
 * throws with its output when it does not.
 */
export async function seed(options: SeedOptions): Promise<Seed> {
  if (isMagnet(options.torrent)) throw new Error('a seeder needs the .torrent file');
  const client = await prepareClient(options, {
    folder: options.dataDir,
    seed: true,
    timeoutMs: START_TIMEOUT_MS,
  });
  const { bind, port } = client.job;
  const failed = (detail: string): Error =>
    new Error(`The seeder did not start: ${detail}\n${client.output()}`);
  try {
    const { complete, detail } = await client.untilComplete();
    if (!complete) throw failed(detail);
  } catch (error) {
    await client.stop();
    throw error;
  }
  return {
    address: bind.includes(':') ? `[${bind}]:${port}` : `${bind}:${port}`,
    output: () => client.output(),
    stop: () => client.stop(),
  };
}
