/** The users who hold a passkey, held in memory: nobody else can announce as a user. */

export interface UserRow {
  id: number;
  roleId: number | null;
  blocked: boolean;
  confirmed: boolean;
}

export interface UserTable {
  /** The user's role; `undefined` for unknown, blocked or (where it matters) unconfirmed users. */
  roleOf(userId: number): number | null | undefined;
  replace(users: readonly UserRow[], options: { confirmationRequired: boolean }): void;
}

export function createUserTable(): UserTable {
  let active = new Map<number, number | null>();
  return {
    roleOf: (userId) => active.get(userId),
    replace(users, { confirmationRequired }) {
      // The same conditions under which Strapi refuses the user's JWT.
      active = new Map(
        users
          .filter((user) => !user.blocked && (user.confirmed || !confirmationRequired))
          .map((user) => [user.id, user.roleId]),
      );
    },
  };
}
