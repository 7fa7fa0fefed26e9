/**
 * Which user was given a key to which torrent, for administrators. Keys are derived and not stored
 * (decision 0004), so this is what the audit log remembers: personal .torrent files and links that
 * somebody fetched. What ended a key came after it, and is in the log as long as the key is.
 */

import type { Core } from '@strapi/strapi';
import type { AdminKey, AdminKeyList, AdminKeyState } from '../../../shared/admin-api';
import { PUBLIC, type Access, type Passkeys } from '../access';
import type { ActorNames, Audit } from './audit';
import type { Catalog } from './catalog';
import type { AuditEventRow, Tables } from './tables';

export interface HandedOutKeys {
  /** One row per user and torrent, what was fetched last first. */
  list(query: { page: number; pageSize: number }): Promise<AdminKeyList>;
}

export interface HandedOutKeysDeps {
  strapi: Core.Strapi;
  tables: Tables;
  audit: Pick<Audit, 'flush'>;
  access: Access;
  catalog: Catalog;
  passkeys: Pick<Passkeys, 'hashOf'>;
  namesOf: ActorNames;
}

/** The newest time that a user fetched a torrent. */
interface Fetched {
  eventId: number;
  userId: number;
  infoHash: string;
}

const TABLE = 'bittorrent_audit_events';
const HANDING_OUT = ['torrent-downloaded', 'link-issued'];
const ENDING = ['token-withdrawn', 'passkey-rotated', 'passkey-revoked'];

export function createHandedOutKeys(deps: HandedOutKeysDeps): HandedOutKeys {
  const { tables, access, catalog } = deps;

  const fetches = () =>
    deps.strapi.db
      .getConnection(TABLE)
      .where({ actor_kind: 'user' })
      .whereIn('action', HANDING_OUT)
      .whereNotNull('info_hash');

  /** Counts come as strings from PostgreSQL. */
  async function count(): Promise<number> {
    const pairs = fetches().groupBy('actor_id', 'info_hash').select('actor_id').as('pairs');
    const [row] = await deps.strapi.db.connection.from(pairs).count<{ n: string | number }[]>({
      n: '*',
    });
    return Number(row?.n ?? 0);
  }

  async function find(offset: number, limit: number): Promise<Fetched[]> {
    const rows = (await fetches()
      .groupBy('actor_id', 'info_hash')
      .select('actor_id', 'info_hash')
      .max('id as event_id')
      .orderBy('event_id', 'desc')
      .offset(offset)
      .limit(limit)) as { actor_id: number; info_hash: string; event_id: number }[];
    return rows.map((row) => ({
      eventId: row.event_id,
      userId: row.actor_id,
      infoHash: row.info_hash,
    }));
  }

  /** What ended keys after the first of these was fetched. */
  async function endsAfter(fetched: readonly Fetched[]): Promise<AuditEventRow[]> {
    const oldest = Math.min(...fetched.map(({ eventId }) => eventId));
    return tables.auditEvents.findMany({
      where: { id: { $gt: oldest }, action: { $in: ENDING } },
    });
  }

  async function stateOf(
    { eventId, userId, infoHash }: Fetched,
    ends: readonly AuditEventRow[],
  ): Promise<AdminKeyState> {
    const torrent = catalog.torrent(infoHash);
    if (torrent === undefined || deps.passkeys.hashOf(userId) === undefined) return 'ended';
    const isOver = ends.some(
      (end) =>
        end.id > eventId &&
        holderOf(end) === userId &&
        (end.action !== 'token-withdrawn' || end.infoHash === infoHash),
    );
    if (isOver) return 'ended';
    return (await access.mayRead(PUBLIC, catalog.subjectOf(torrent))) ? 'public' : 'valid';
  }

  async function rowsOf(fetched: readonly Fetched[]): Promise<AdminKey[]> {
    if (fetched.length === 0) return [];
    const ends = await endsAfter(fetched);
    const ids = fetched.map(({ eventId }) => eventId);
    const events = await tables.auditEvents.findMany({ where: { id: { $in: ids } } });
    const eventOf = new Map(events.map((event) => [event.id, event]));
    const names = await deps.namesOf(fetched.map(({ userId: id }) => ({ kind: 'user', id })));
    return Promise.all(
      fetched.map(async (one) => {
        const { eventId, userId, infoHash } = one;
        const event = eventOf.get(eventId);
        return {
          user: { id: userId, name: names.get(`user ${userId}`) ?? null },
          torrent: { infoHash, name: event?.name ?? null },
          at: new Date(event?.createdAt ?? 0).toISOString(),
          state: await stateOf(one, ends),
        };
      }),
    );
  }

  return {
    async list({ page, pageSize }) {
      await deps.audit.flush();
      const total = await count();
      const data = await rowsOf(await find((page - 1) * pageSize, pageSize));
      const pageCount = Math.ceil(total / pageSize);
      return { data, meta: { pagination: { page, pageSize, pageCount, total } } };
    },
  };
}

/** Whose key it was: an administrator's event names the user, his own is by him. */
function holderOf({ userId, actorKind, actorId }: AuditEventRow): number | null {
  return userId ?? (actorKind === 'user' ? actorId : null);
}
