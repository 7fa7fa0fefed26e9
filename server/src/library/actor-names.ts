/** What the people and tokens of the audit log are called today. */

import type { Core } from '@strapi/strapi';
import type { AuditActor } from '../../../shared/admin-api';
import type { ActorNames } from './audit';

const SOURCES = {
  user: { uid: 'plugin::users-permissions.user', column: 'username' },
  'api-token': { uid: 'admin::api-token', column: 'name' },
  admin: { uid: 'admin::user', column: 'email' },
} as const satisfies Record<AuditActor['kind'], { uid: string; column: string }>;

const KINDS = Object.keys(SOURCES) as AuditActor['kind'][];

export function createActorNames(strapi: Core.Strapi): ActorNames {
  return async (actors) => {
    const names = new Map<string, string>();
    for (const kind of KINDS) {
      const { uid, column } = SOURCES[kind];
      const ids = new Set(actors.filter((actor) => actor.kind === kind).map(({ id }) => id));
      // users-permissions may be gone.
      if (ids.size === 0 || !(uid in strapi.contentTypes)) continue;
      const rows = (await strapi.db.query(uid).findMany({
        select: ['id', column],
        where: { id: { $in: [...ids] } },
      })) as Record<string, unknown>[];
      for (const row of rows) names.set(`${kind} ${String(row['id'])}`, String(row[column]));
    }
    return names;
  };
}
