/** From the configuration to what each part wants to know of it. */

import { join } from 'node:path';
import { LINK_PATH } from './api';
import type { Config } from './config';
import type { LibraryOptions } from './library';
import { udpUrlOf } from './site';

export function trackerOptions({ tracker }: Config) {
  const { interval, minInterval, numwant, maxPeersPerTorrent, maxPeers, maxSwarms } = tracker;
  return { interval, minInterval, numwant, maxPeersPerTorrent, maxPeers, maxSwarms };
}

/** `null`: there is no everseed. */
export function everseedPort({ seeder: { enabled, port } }: Config): number | null {
  return enabled && port !== undefined ? port : null;
}

export function libraryOptions(config: Config, publicUrl: string): LibraryOptions {
  const { metainfo, webSeed } = config;
  return {
    protectUploads: config.uploads.protect,
    publicUrl,
    announcePath: config.tracker.announcePath,
    linkLifetime: config.access.linkLifetime,
    linkPath: LINK_PATH,
    udpUrl: udpUrlOf(config, publicUrl),
    webSocket: config.tracker.websocket.enabled,
    webSeed: { enabled: webSeed.enabled, url: webSeed.url ?? publicUrl },
    everseed: everseedPort(config) !== null,
    metainfo: {
      pieceLength: metainfo.pieceLength === 'auto' ? null : metainfo.pieceLength,
      source: metainfo.source ?? null,
      comment: metainfo.comment ?? null,
      workers: metainfo.workers,
    },
    createdBy: 'strapi-plugin-bittorrent',
    auditKeep: config.audit.keep,
    // Both are built into folders of their own, side by side.
    workerFile: join(__dirname, '..', 'hash-worker', 'index.js'),
  };
}
