/** Bytes that an administrator took down: no torrent of them is made or served again. */

import { hidden, index } from './hidden';

const TABLE = 'bittorrent_takedowns';

export const takedownSchema = {
  kind: 'collectionType',
  collectionName: TABLE,
  info: { singularName: 'takedown', pluralName: 'takedowns', displayName: 'Torrent takedown' },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  indexes: [index(TABLE, 'payload', 'unique')],
  attributes: {
    /** Identity of the bytes (`payloadKey`), hex: names, folders and the private flag do not count. */
    payload: { type: 'string', required: true },
    reason: { type: 'text', required: true },
    /** `[{ size, sha256 }]` of the files themselves, read after the takedown. */
    files: { type: 'json' },
  },
} as const;
