/**
 * The one rule: who may read the entry may have its torrent, and nobody else. Every door (announce,
 * scrape, .torrent, web seed, list, REST, GraphQL) asks here and decides nothing by itself.
 */

import type { Reader } from './reader';
import type { RoleTable } from './role-table';
import type { SiteRules, Verdict } from './site-rules';

/** One place where a torrent is shown: what the rule needs to know of it. */
export interface Exposure {
  /** Content type of the entry. */
  readonly contentType: string;
  /** `documentId`. */
  readonly entryId: string;
  readonly locale: string | null;
  /** False for drafts: nobody reaches the torrent through them. */
  readonly published: boolean;
  /** The field's `roles` option: role types that may have it; empty = the entry's permission alone. */
  readonly roles: readonly string[];
}

/** A torrent, or what will be one, and everywhere it is shown. */
export interface Subject {
  /** 40 hex digits; `null` while it is being made. */
  readonly infoHash: string | null;
  readonly name: string | null;
  /** Bytes; `null` while it is being made. */
  readonly size: number | null;
  readonly exposures: readonly Exposure[];
}

export interface Access {
  /** True when the reader may read one of the places, rules of the site's own included. */
  mayRead(reader: Reader, subject: Subject): Promise<boolean>;
  /**
   * The same from memory alone, for announces. `unknown` only where the site has rules of its own
   * that are being asked in the background; without such rules it never occurs.
   */
  judge(reader: Reader, subject: Subject): Verdict;
  /**
   * While this number stays, {@link judge} says the same of the same subject to every reader of one
   * role; `null` where the site has rules of its own, which may change their mind at any moment.
   */
  readonly edition: number | null;
  /** True when the Public role could read entries of the type, published or not. */
  isPublicType(contentType: string, roles: readonly string[]): boolean;
}

export interface AccessDeps {
  roles: RoleTable;
  /** Left out where the site has none. */
  rules?: SiteRules | undefined;
}

export function createAccess({ roles, rules }: AccessDeps): Access {
  function roleMayReadType(
    roleId: number | null,
    { contentType, roles: only }: Pick<Exposure, 'contentType' | 'roles'>,
  ): boolean {
    const role = roleId === null ? undefined : roles.get(roleId);
    if (role?.readable.has(contentType) !== true) return false;
    return only.length === 0 || only.includes(role.type);
  }

  /** By Strapi's permissions alone: what rules of the site's own can only narrow. */
  function permitted(reader: Reader, exposure: Exposure): boolean {
    if (!exposure.published) return false;
    switch (reader.kind) {
      case 'public':
        return roleMayReadType(roles.publicRoleId, exposure);
      case 'user':
        return roleMayReadType(reader.roleId, exposure);
      case 'api-token':
        return tokenMayRead(reader, exposure);
    }
  }

  return {
    async mayRead(reader, subject) {
      for (const exposure of subject.exposures) {
        if (!permitted(reader, exposure)) continue;
        // Asked again after the wait: a permission may have gone meanwhile.
        if (rules === undefined) return true;
        if ((await rules.ask(reader, exposure, subject)) && permitted(reader, exposure))
          return true;
      }
      return false;
    },
    judge(reader, subject) {
      let verdict: Verdict = 'no';
      for (const exposure of subject.exposures) {
        if (!permitted(reader, exposure)) continue;
        const here = rules === undefined ? 'yes' : rules.peek(reader, exposure, subject);
        if (here === 'yes') return 'yes';
        if (here === 'unknown') verdict = 'unknown';
      }
      return verdict;
    },
    get edition() {
      return rules === undefined ? roles.edition : null;
    },
    isPublicType(contentType, only) {
      return roleMayReadType(roles.publicRoleId, { contentType, roles: only });
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
