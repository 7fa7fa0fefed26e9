/**
 * The one rule: who may read the entry may have its torrent, and nobody else. Every door (announce,
 * scrape, .torrent, web seed, list, REST, GraphQL) asks here and decides nothing by itself.
 */

import type { Reader } from './reader';
import type { RoleTable } from './role-table';

/** One place where a torrent is shown: what the rule needs to know of it. */
export interface Exposure {
  /** Content type of the entry. */
  readonly contentType: string;
  /** False for drafts: nobody reaches the torrent through them. */
  readonly published: boolean;
  /** The field's `roles` option: role types that may have it; empty = the entry's permission alone. */
  readonly roles: readonly string[];
}

export interface Access {
  /** True when the reader may read one of the places. */
  mayRead(reader: Reader, exposures: readonly Exposure[]): boolean;
  /** `mayRead` for a role; the announce's short cut. */
  roleMayRead(roleId: number | null, exposures: readonly Exposure[]): boolean;
  /** True when the Public role could read entries of the type, published or not. */
  isPublicType(contentType: string, roles: readonly string[]): boolean;
}

export function createAccess({ roles }: { roles: RoleTable }): Access {
  function roleMayRead(roleId: number | null, exposures: readonly Exposure[]): boolean {
    if (roleId === null) return false;
    for (const exposure of exposures) {
      if (exposure.published && roleMayReadType(roleId, exposure)) return true;
    }
    return false;
  }

  function roleMayReadType(
    roleId: number,
    { contentType, roles: only }: Omit<Exposure, 'published'>,
  ): boolean {
    const role = roles.get(roleId);
    if (role?.readable.has(contentType) !== true) return false;
    return only.length === 0 || only.includes(role.type);
  }

  return {
    roleMayRead,
    mayRead(reader, exposures) {
      switch (reader.kind) {
        case 'public':
          return roleMayRead(roles.publicRoleId, exposures);
        case 'user':
          return roleMayRead(reader.roleId, exposures);
        case 'api-token':
          return exposures.some((exposure) => exposure.published && tokenMayRead(reader, exposure));
      }
    },
    isPublicType(contentType, only) {
      const { publicRoleId } = roles;
      return publicRoleId !== null && roleMayReadType(publicRoleId, { contentType, roles: only });
    },
  };
}

/** A token has no role: where a field is narrowed to roles, only a full-access token passes. */
function tokenMayRead(
  reader: Extract<Reader, { kind: 'api-token' }>,
  { contentType, roles }: Exposure,
): boolean {
  if (reader.type === 'full-access') return true;
  if (roles.length > 0) return false;
  if (reader.type !== 'custom') return true;
  return reader.actions.has(`${contentType}.find`) || reader.actions.has(`${contentType}.findOne`);
}
