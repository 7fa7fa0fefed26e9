/** Bytes of a torrent that went out, over all processes and restarts; kept when the torrent is gone. */

import { hidden, index } from './hidden';

const TABLE = 'bittorrent_traffic';

export const trafficSchema = {
  kind: 'collectionType',
  collectionName: TABLE,
  info: { singularName: 'traffic', pluralName: 'traffics', displayName: 'Torrent traffic' },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  indexes: [index(TABLE, 'info_hash', 'unique')],
  attributes: {
    infoHash: { type: 'string', required: true },
    webSeed: { type: 'biginteger', required: true },
    everseed: { type: 'biginteger', required: true },
    /** What clients said that they had downloaded when they finished, from wherever. */
    downloaded: { type: 'biginteger', required: true },
  },
} as const;
