/**
 * A generation job: "these files at this version, with these options, make one torrent".
 * It is the queue (durable: a restarted Strapi goes on) and, once ready, the memory that the
 * same files need no hashing again.
 */

import { hidden, index } from './hidden';

const TABLE = 'bittorrent_jobs';

export const jobSchema = {
  kind: 'collectionType',
  collectionName: TABLE,
  info: { singularName: 'job', pluralName: 'jobs', displayName: 'Torrent job' },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  indexes: [index(TABLE, 'key', 'unique'), index(TABLE, 'info_hash'), index(TABLE, 'job_status')],
  attributes: {
    /** SHA-256 of the files' identities and fingerprints and of the options. */
    key: { type: 'string', required: true },
    /** `queued | hashing | ready | failed | stale`; not named `status`, which documents reserve. */
    jobStatus: { type: 'string', required: true },
    /** Share of the payload hashed when last written, 0..1. */
    progress: { type: 'float', default: 0 },
    /** `{ code, message }` of a failed or stale job. */
    problem: { type: 'json' },
    /** `{ format, private, pieceLength, source }` */
    options: { type: 'json', required: true },
    /** `[{ documentId, name, path, size, fingerprint }]` in the torrent's order. */
    files: { type: 'json', required: true },
    /** Base64 of the piece digests so far, with what they are good for. */
    checkpoint: { type: 'json' },
    infoHash: { type: 'string' },
    /** The process that hashes it, and until when it is believed to do so. */
    leaseOwner: { type: 'string' },
    leasedUntil: { type: 'datetime' },
  },
} as const;
