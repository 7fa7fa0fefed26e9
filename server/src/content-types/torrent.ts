/** A torrent: one info dictionary, however many jobs and entries lead to it. */

import { hidden, index } from './hidden';

const TABLE = 'bittorrent_torrents';

export const torrentSchema = {
  kind: 'collectionType',
  collectionName: TABLE,
  info: { singularName: 'torrent', pluralName: 'torrents', displayName: 'Torrent' },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  indexes: [index(TABLE, 'info_hash', 'unique')],
  attributes: {
    infoHash: { type: 'string', required: true },
    name: { type: 'text', required: true },
    /** Bytes; beyond 2^31. */
    size: { type: 'biginteger', required: true },
    pieceLength: { type: 'integer', required: true },
    /** Identity of the bytes, hex: see `payloadKey`. */
    payload: { type: 'string', required: true },
    private: { type: 'boolean', required: true },
    /** `[{ path, size }]` */
    files: { type: 'json', required: true },
    /** Base64 of the bencoded info dictionary: served byte for byte, never encoded anew. */
    info: { type: 'text', required: true },
    /** Finished downloads, carried over restarts. */
    completed: { type: 'integer', default: 0 },
  },
} as const;
