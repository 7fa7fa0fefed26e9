/**
 * How far each process has come with its changes: one row per process. The others look here now
 * and then, and read what is new when a number has moved.
 */

import { hidden, index } from './hidden';

const TABLE = 'bittorrent_changes';

export const changeSchema = {
  kind: 'collectionType',
  collectionName: TABLE,
  info: { singularName: 'change', pluralName: 'changes', displayName: 'Torrent changes' },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  indexes: [index(TABLE, 'origin', 'unique')],
  attributes: {
    /** Random, made anew by each process. */
    origin: { type: 'string', required: true },
    version: { type: 'integer', required: true },
  },
} as const;
