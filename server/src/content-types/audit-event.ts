/** Who got a .torrent or a key, who revoked or took down what, and when (`createdAt`). */

import { hidden } from './hidden';

export const auditEventSchema = {
  kind: 'collectionType',
  collectionName: 'bittorrent_audit_events',
  info: {
    singularName: 'audit-event',
    pluralName: 'audit-events',
    displayName: 'Torrent audit event',
  },
  options: { draftAndPublish: false },
  pluginOptions: hidden,
  attributes: {
    /** One of `AuditAction` in shared/admin-api.ts. */
    action: { type: 'string', required: true },
    /** `user | api-token | admin` */
    actorKind: { type: 'string', required: true },
    /** Numeric id of the actor among its kind. */
    actorId: { type: 'integer' },
    infoHash: { type: 'string' },
    /** Name of the torrent or, for a key, nothing; kept because torrents can vanish. */
    name: { type: 'text' },
    /** What the actor gave as the reason. */
    reason: { type: 'text' },
    /** The user whose keys an administrator revoked or withdrew. */
    userId: { type: 'integer' },
  },
} as const;
