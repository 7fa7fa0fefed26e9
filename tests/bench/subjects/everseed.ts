/** Ours, without Strapi: the everseed with its thread, for one file that everybody may have. */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { HashedFile } from '../../../server/src/seeding/hashed-file';
import { createEverseed } from '../../../server/src/seeding/everseed/everseed';
import { announceReady, countingLogger } from './ready';

interface Settings {
  /** The built thread. */
  workerFile: string;
  infoHash: string;
  /** The bencoded info dictionary, base64. */
  info: string;
  file: HashedFile;
}

const [filename = ''] = process.argv.slice(2);
const settings = JSON.parse(await readFile(filename, 'utf8')) as Settings;
const info = Buffer.from(settings.info, 'base64');
const everseed = createEverseed({
  options: {
    host: '127.0.0.1',
    port: 0,
    maxConnections: 200,
    uploadRate: null,
    uploadRatePerPeer: null,
  },
  workerFile: settings.workerFile,
  decide: () => true,
  isNeeded: () => true,
  source: () => Promise.resolve({ info, files: [settings.file] }),
  renew: () => Promise.resolve(null),
  onChanged: () => countingLogger.error(),
  onSent: () => undefined,
  onSeenAs: () => undefined,
  onListening: () => undefined,
  logger: countingLogger,
});
everseed.add(settings.infoHash);
everseed.start();
while (everseed.port === null) await sleep(10);
announceReady({ peer: everseed.port });
