/** Where a torrent is shown: one row per torrent field of one version of one entry. */

import { hidden, index } from './hidden';

const TABLE = 'bittorrent_placements';

export const placementSchema = {
  kind: 'collectionType',
  collectionName: TABLE,
  info: { singularName: 'placement', pluralName: 'placements', displayName: 'Torrent placement' },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  indexes: [index(TABLE, 'entry_id'), index(TABLE, 'job_key')],
  attributes: {
    jobKey: { type: 'string', required: true },
    contentType: { type: 'string', required: true },
    /** `documentId` of the entry: numeric ids change with every publication. */
    entryId: { type: 'string', required: true },
    entryLocale: { type: 'string' },
    published: { type: 'boolean', required: true },
    /** `torrent`, `blocks.1.torrent` */
    path: { type: 'string', required: true },
    revision: { type: 'integer', required: true },
    /** The field's `roles` option: role types, or empty. */
    roles: { type: 'json' },
    webSeed: { type: 'boolean', required: true },
    /** The field's `seed` option. */
    seed: { type: 'boolean', default: true },
    /** The editor has switched the everseed off for this one. */
    seedPaused: { type: 'boolean', default: false },
  },
} as const;
