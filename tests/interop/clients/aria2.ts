import { isIPv6 } from 'node:net';
import type { ClientJob, Driver } from './driver';
import { requireProgram } from './requirements';

const ENCRYPTION = {
  prefer: '--bt-min-crypto-level=plain',
  require: '--bt-force-encryption=true',
  off: '--bt-require-crypto=false',
};

/** Ends by itself; exit code 0 means complete. A seeder does not tell: its tracker knows. */
export const aria2: Driver = (job) => {
  const client = job.start(requireProgram('aria2c'), [...aria2Options(job), job.torrent]);
  return Promise.resolve(() => ({
    complete: job.seed ? client.exited() === null : client.exited() === 0,
    detail: client.exited() === null ? 'downloading' : `exit code ${String(client.exited())}`,
  }));
};

export const aria2Options = (job: ClientJob): string[] => [
  '--no-conf',
  `--dir=${job.outDir}`,
  `--interface=${job.bind}`,
  `--listen-port=${job.port}`,
  // It reaches UDP trackers by its DHT socket only. Without entry points nothing leaves the machine.
  `--enable-dht=${String(job.udpTracker)}`,
  `--dht-file-path=${job.profile}/dht.dat`,
  `--dht-listen-port=${job.port}`,
  '--enable-dht6=false',
  '--bt-enable-lpd=false',
  '--enable-peer-exchange=false',
  `--disable-ipv6=${String(!isIPv6(job.bind))}`,
  ENCRYPTION[job.encryption],
  // Without a time, it seeds until it is ended; nothing is left to download, and so it looks first.
  ...(job.seed ? ['--seed-ratio=0.0', '--check-integrity=true'] : ['--seed-time=0']),
  '--file-allocation=none',
  '--allow-overwrite=true',
  '--bt-tracker-connect-timeout=5',
  '--bt-tracker-timeout=5',
  '--bt-tracker-interval=3',
  '--connect-timeout=5',
  '--retry-wait=1',
  '--max-tries=0',
  '--summary-interval=0',
];
