/** The users who hold a passkey, held in memory: nobody else can announce as a user. */

import type { Reader } from './reader';

export interface UserRow {
  id: number;
  roleId: number | null;
  blocked: boolean;
  confirmed: boolean;
}

export interface UserTable {
  /** `undefined` for unknown, blocked or (where it matters) unconfirmed users. */
  readerOf(userId: number): Reader | undefined;
  /** True when anything in it is different now. */
  replace(users: readonly UserRow[], options: { confirmationRequired: boolean }): boolean;
}

type UserReader = Extract<Reader, { kind: 'user' }>;

export function createUserTable(): UserTable {
  let active = new Map<number, UserReader>();
  return {
    readerOf: (userId) => active.get(userId),
    replace(users, { confirmationRequired }) {
      const before = active;
      // The same conditions under which Strapi refuses the user's JWT.
      active = new Map(
        users
          .filter((user) => !user.blocked && (user.confirmed || !confirmationRequired))
          // One object per user, so that an announce makes none.
          .map(({ id, roleId }) => [id, { kind: 'user', userId: id, roleId }]),
      );
      return (
        before.size !== active.size ||
        [...active].some(([id, { roleId }]) => before.get(id)?.roleId !== roleId)
      );
    },
  };
}
