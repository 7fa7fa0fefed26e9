/** How much there is, for those who watch over the site: numbers only. */

import type { TorrentStatus } from '../../../shared/torrent-value';
import type { Catalog } from './catalog';

export interface Stock {
  torrents: number;
  /** Bytes of their payloads. */
  bytes: number;
  jobs: Record<TorrentStatus, number>;
  /** Sum of the progress (0..1) of the jobs that are being hashed. */
  progress: number;
  /** Jobs that failed by a fault of ours, not of their files. */
  faults: number;
}

export function takeStock(catalog: Pick<Catalog, 'jobs' | 'torrents'>): Stock {
  const jobs = { queued: 0, hashing: 0, ready: 0, failed: 0, stale: 0 };
  const stock = { torrents: 0, bytes: 0, jobs, progress: 0, faults: 0 };
  for (const { size } of catalog.torrents()) {
    stock.torrents += 1;
    stock.bytes += size;
  }
  for (const { status, progress, problem } of catalog.jobs()) {
    jobs[status] += 1;
    if (status === 'hashing') stock.progress += progress;
    if (status === 'failed' && problem?.code === 'internal') stock.faults += 1;
  }
  return stock;
}
