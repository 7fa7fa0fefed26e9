/** A user's key to the tracker. The database alone does not reveal it. */

import { hidden, index } from './hidden';

const TABLE = 'bittorrent_passkeys';

export const passkeySchema = {
  kind: 'collectionType',
  collectionName: TABLE,
  info: { singularName: 'passkey', pluralName: 'passkeys', displayName: 'Torrent passkey' },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  indexes: [index(TABLE, 'user_id', 'unique'), index(TABLE, 'hash', 'unique')],
  attributes: {
    /** Numeric id of the users-permissions user; not a relation, the plugin works without users. */
    userId: { type: 'integer', required: true },
    /** SHA-256 of the passkey, hex. */
    hash: { type: 'string', required: true },
    /** The passkey under AES-256-GCM with a key from APP_KEYS, so that its owner can be shown it. */
    sealed: { type: 'string', required: true },
  },
} as const;
