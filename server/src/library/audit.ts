/**
 * Who got a .torrent or a key, who revoked or took down what, and when. Written in batches behind
 * the request, into a table that never grows beyond its bound.
 */

import type { AuditAction, AuditActor, AuditEvent, Pagination } from '../../../shared/admin-api';
import type { Background } from './background';
import type { AuditEventRow, Tables } from './tables';

export interface AuditEntry {
  action: AuditAction;
  actor: AuditActor;
  torrent?: { infoHash: string; name: string };
  userId?: number;
  reason?: string;
}

export interface Audit {
  /** Never throws and never waits. */
  record(entry: AuditEntry): void;
  list(query: AuditQuery): Promise<{ data: AuditEvent[]; meta: { pagination: Pagination } }>;
  start(): void;
  stop(): void;
  /** Writes what is waiting. */
  flush(): Promise<void>;
}

export interface AuditQuery {
  infoHash: string | null;
  page: number;
  pageSize: number;
}

export interface AuditDeps {
  tables: Tables;
  background: Background;
  namesOf: ActorNames;
  /** Rows kept; the oldest go first. */
  keep: number;
}

/** Names by `<kind> <id>`, of those that still exist. */
export type ActorNames = (actors: readonly AuditActor[]) => Promise<ReadonlyMap<string, string>>;

type NewRow = Omit<AuditEventRow, 'id' | 'createdAt'>;

const FLUSH_EVERY_MS = 2_000;
/** Beyond this the database is not keeping up (or away): the newest are what is asked about. */
const MAX_WAITING = 5_000;
/** Rows written between two looks at the bound. */
const PRUNE_EVERY = 200;

export function createAudit({ tables, background, namesOf, keep }: AuditDeps): Audit {
  const waiting: NewRow[] = [];
  let writing: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let sincePrune = PRUNE_EVERY;

  async function flush(): Promise<void> {
    writing ??= writeAll().finally(() => (writing = null));
    await writing;
  }

  async function writeAll(): Promise<void> {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      try {
        await tables.auditEvents.create(row);
      } catch (error) {
        waiting.unshift(row); // the database is away: the next round tries again
        throw error;
      }
      sincePrune += 1;
    }
    if (sincePrune >= PRUNE_EVERY) await prune();
  }

  /** Ids only rise, so the oldest row to keep is found by counting from the newest. */
  async function prune(): Promise<void> {
    sincePrune = 0;
    const [oldest] = await tables.auditEvents.findMany({
      select: ['id'],
      orderBy: { id: 'desc' },
      offset: keep - 1,
      limit: 1,
    });
    if (oldest !== undefined) await tables.auditEvents.delete({ id: { $lt: oldest.id } });
  }

  return {
    record({ action, actor, torrent, userId, reason }) {
      if (waiting.length >= MAX_WAITING) waiting.shift();
      waiting.push({
        action,
        actorKind: actor.kind,
        actorId: actor.id,
        infoHash: torrent?.infoHash ?? null,
        name: torrent?.name ?? null,
        reason: reason ?? null,
        userId: userId ?? null,
      });
    },
    async list({ infoHash, page, pageSize }) {
      await flush();
      const where = infoHash === null ? {} : { infoHash };
      const total = await tables.auditEvents.count(where);
      const rows = await tables.auditEvents.findMany({
        where,
        orderBy: { id: 'desc' },
        offset: (page - 1) * pageSize,
        limit: pageSize,
      });
      const pageCount = Math.ceil(total / pageSize);
      return {
        data: await eventsOf(rows, namesOf),
        meta: { pagination: { page, pageSize, pageCount, total } },
      };
    },
    start() {
      timer = setInterval(() => {
        if (waiting.length > 0) background.run('writing the audit log', flush);
      }, FLUSH_EVERY_MS).unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
    },
    flush,
  };
}

async function eventsOf(
  rows: readonly AuditEventRow[],
  namesOf: ActorNames,
): Promise<AuditEvent[]> {
  const actors = rows.flatMap(({ actorKind, actorId, userId }): AuditActor[] => [
    { kind: actorKind, id: actorId },
    { kind: 'user', id: userId },
  ]);
  const names = await namesOf(actors.filter(({ id }) => id !== null));
  const nameOf = (kind: string, id: number | null): string | null =>
    names.get(`${kind} ${id}`) ?? null;
  return rows.map((row) => ({
    id: row.id,
    action: row.action,
    actor: {
      kind: row.actorKind,
      id: row.actorId,
      name: nameOf(row.actorKind, row.actorId),
    },
    torrent: row.infoHash === null ? null : { infoHash: row.infoHash, name: row.name },
    user: row.userId === null ? null : { id: row.userId, name: nameOf('user', row.userId) },
    reason: row.reason,
    at: new Date(row.createdAt).toISOString(),
  }));
}
