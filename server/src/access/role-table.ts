/**
 * Which users-permissions role may read which content types, held in memory: the announce path
 * asks it thousands of times a second.
 */

export interface Role {
  /** `public`, `authenticated`, or what the site has added. */
  readonly type: string;
  /** Content types whose `find` or `findOne` the role has. */
  readonly readable: ReadonlySet<string>;
}

export interface RoleRow {
  id: number;
  type: string;
}

export interface PermissionRow {
  /** `api::release.release.findOne` */
  action: string;
  roleId: number;
}

export interface RoleTable {
  /** `null` without the users-permissions plugin: then there is no public reading at all. */
  readonly publicRoleId: number | null;
  /** Another number after each {@link replace}. */
  readonly edition: number;
  get(roleId: number): Role | undefined;
  /** True when anything in it is different now. */
  replace(roles: readonly RoleRow[], permissions: readonly PermissionRow[]): boolean;
}

const READ_ACTION = /^(.+)\.(?:find|findOne)$/;

export function createRoleTable(): RoleTable {
  let table = new Map<number, Role>();
  let publicRoleId: number | null = null;
  let edition = 0;
  /** All of it in one text, to see whether a reload brought news. */
  let contents = '';

  return {
    get publicRoleId() {
      return publicRoleId;
    },
    get edition() {
      return edition;
    },
    get: (roleId) => table.get(roleId),
    replace(roles, permissions) {
      const readable = new Map<number, Set<string>>();
      for (const { action, roleId } of permissions) {
        const contentType = READ_ACTION.exec(action)?.[1];
        if (contentType === undefined) continue;
        const types = readable.get(roleId) ?? new Set();
        readable.set(roleId, types.add(contentType));
      }
      // One assignment: an announce never sees half a table.
      table = new Map(
        roles.map(({ id, type }) => [id, { type, readable: readable.get(id) ?? new Set() }]),
      );
      publicRoleId = roles.find(({ type }) => type === 'public')?.id ?? null;
      edition += 1;
      const before = contents;
      contents = textOf(table);
      return contents !== before;
    },
  };
}

function textOf(table: ReadonlyMap<number, Role>): string {
  const roles = [...table].map(([id, { type, readable }]) => [id, type, [...readable].sort()]);
  return JSON.stringify(roles.sort(([a], [b]) => Number(a) - Number(b)));
}
