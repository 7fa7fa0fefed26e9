/** Who asks. */

export type Reader =
  | { kind: 'public' }
  /** A users-permissions user, authenticated and not blocked; `roleId` as of this request. */
  | { kind: 'user'; userId: number; roleId: number | null }
  | { kind: 'api-token'; id: number; type: 'full-access' | 'read-only' }
  | { kind: 'api-token'; id: number; type: 'custom'; actions: ReadonlySet<string> };

export const PUBLIC: Reader = { kind: 'public' };

/** Tells readers apart whose rights may differ. */
export function readerKey(reader: Reader): string {
  switch (reader.kind) {
    case 'public':
      return 'public';
    case 'user':
      return `user ${reader.userId} ${String(reader.roleId)}`;
    case 'api-token':
      return `token ${reader.id}`;
  }
}

/**
 * The reader behind `ctx.state.auth`, which Strapi's own strategies have set. Whatever they did
 * not set is nobody: Public.
 */
export function readerFromAuth(auth: unknown): Reader {
  if (!isRecord(auth) || !isRecord(auth['strategy'])) return PUBLIC;
  const credentials = auth['credentials'];
  if (!isRecord(credentials)) return PUBLIC;
  switch (auth['strategy']['name']) {
    case 'users-permissions':
      return userReader(credentials);
    case 'content-api-token':
      return tokenReader(credentials);
    default:
      return PUBLIC;
  }
}

function userReader(user: Record<string, unknown>): Reader {
  if (typeof user['id'] !== 'number') return PUBLIC;
  const role = user['role'];
  const roleId = isRecord(role) && typeof role['id'] === 'number' ? role['id'] : null;
  return { kind: 'user', userId: user['id'], roleId };
}

function tokenReader(token: Record<string, unknown>): Reader {
  const type = token['type'];
  const id = typeof token['id'] === 'number' ? token['id'] : 0;
  if (type === 'full-access' || type === 'read-only') return { kind: 'api-token', id, type };
  const permissions: unknown = token['permissions'];
  const actions = Array.isArray(permissions) ? permissions.filter(isString) : [];
  return { kind: 'api-token', id, type: 'custom', actions: new Set(actions) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}
