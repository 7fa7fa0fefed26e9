/** What a torrent, or a job on its way to one, looks like from outside. */

import type { SwarmCounts, TorrentDetails, TorrentFile } from '../../../shared/torrent-value';
import type { Job, Torrent } from './catalog';

export function shapeOfTorrent(torrent: Torrent, files: readonly TorrentFile[]): TorrentDetails {
  return {
    infoHash: torrent.infoHash,
    infoHashV2: null,
    name: torrent.name,
    size: torrent.size,
    pieceLength: torrent.pieceLength,
    files: [...files],
    private: torrent.private,
  };
}

/** Nothing that a hash decides is known yet. */
export function shapeOfJob(job: Job): TorrentDetails & SwarmCounts {
  return {
    infoHash: null,
    infoHashV2: null,
    name: job.options.name,
    size: null,
    pieceLength: null,
    files: [],
    private: job.options.private,
    seeders: 0,
    leechers: 0,
    completed: 0,
  };
}
