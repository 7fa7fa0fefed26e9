/** Who acts, as the audit log names them. */

import type { Context } from 'koa';
import type { AuditActor } from '../../../shared/admin-api';

interface State {
  user?: { id?: unknown };
  auth?: { strategy?: { name?: string }; credentials?: { id?: unknown } | null };
}

/** The caller of a content route; `null` for the Public, who have no identity to record. */
export function actorOf(ctx: Context): AuditActor | null {
  const { auth } = ctx.state as State;
  const id = auth?.credentials?.id;
  if (typeof id !== 'number' && typeof id !== 'string') return null;
  switch (auth?.strategy?.name) {
    case 'users-permissions':
      return { kind: 'user', id: Number(id) };
    case 'content-api-token':
      return { kind: 'api-token', id: Number(id) };
    default:
      return null;
  }
}

/** The caller of an admin route. */
export function adminActorOf(ctx: Context): AuditActor {
  const { user } = ctx.state as State;
  return { kind: 'admin', id: typeof user?.id === 'number' ? user.id : null };
}
