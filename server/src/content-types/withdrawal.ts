/** A user's key to one torrent that was withdrawn; keys that nobody has withdrawn have no row. */

import { hidden, index } from './hidden';

const TABLE = 'bittorrent_withdrawals';

export const withdrawalSchema = {
  kind: 'collectionType',
  collectionName: TABLE,
  info: {
    singularName: 'withdrawal',
    pluralName: 'withdrawals',
    displayName: 'Withdrawn torrent key',
  },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  indexes: [index(TABLE, 'user_id')],
  attributes: {
    /** Numeric id of the users-permissions user. */
    userId: { type: 'integer', required: true },
    infoHash: { type: 'string', required: true },
    /** How often it was withdrawn: a part of what present keys are made of. */
    generation: { type: 'integer', required: true },
  },
} as const;
