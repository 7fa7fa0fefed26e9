/**
 * Rules of the site's own (`access.allow`, `access.strict`), which narrow the one decision. They may
 * ask a database or another service, so their answers are remembered for a short time, and
 * announces, which cannot wait, are answered with the last one while a new one is being fetched.
 */

import { AsyncResource } from 'node:async_hooks';
import type { Exposure, Subject } from './decision';
import { readerKey, type Reader } from './reader';

export type Verdict = 'yes' | 'no' | 'unknown';

export type SiteRule = (
  reader: Reader,
  exposure: Exposure,
  subject: Subject,
) => boolean | Promise<boolean>;

/** What a site's configuration holds: `access.allow`. */
export type AllowRule = (
  reader: Reader,
  entry: { contentType: string; documentId: string; locale: string | null },
  /** `infoHash`, `name` and `size` (bytes) are `null` while the torrent is being made. */
  torrent: { infoHash: string | null; name: string | null; size: number | null },
) => boolean | Promise<boolean>;

export const siteRule =
  (allow: AllowRule): SiteRule =>
  (reader, { contentType, entryId, locale }, { infoHash, name, size }) =>
    allow(reader, { contentType, documentId: entryId, locale }, { infoHash, name, size });

export interface SiteRules {
  /** From memory; starts asking where the answer is missing or old. */
  peek(reader: Reader, exposure: Exposure, subject: Subject): Verdict;
  ask(reader: Reader, exposure: Exposure, subject: Subject): Promise<boolean>;
  /** Something changed: answers are old now, and only announces are still given them. */
  expire(): void;
}

export interface SiteRulesDeps {
  /** All must agree. One that throws or never answers refuses. */
  rules: readonly SiteRule[];
  /** Milliseconds, never going back. */
  clock: () => number;
  /** A rule failed; told without the reader. */
  onFault: (error: unknown) => void;
  /** A reader who may have been let in before is refused now: his peers leave. */
  onLost: (reader: Reader, subject: Subject) => void;
  /** False while the rules cannot be asked yet: nobody passes, and nothing is remembered of it. */
  isReady?: () => boolean;
  /**
   * True inside of a database transaction: rules ask the database outside of it, and where there is
   * one connection (SQLite), waiting for them would never end.
   */
  mustNotWait?: () => boolean;
}

interface Remembered {
  until: number;
  allowed: boolean | null;
  asking: Promise<boolean> | null;
}

const FRESH_MS = 10_000;
/** What the rule must have answered by. */
const PATIENCE_MS = 5_000;
/** More than are asked in the minute after which a reader who was told to wait comes back. */
const REMEMBERED = 100_000;
/** A changed role can make all owners of a large swarm be asked about. */
const ASKED_AT_ONCE = 8;

export function createSiteRules(deps: SiteRulesDeps): SiteRules {
  const remembered = new Map<string, Remembered>();
  const inTurn = createTurns(ASKED_AT_ONCE);
  const isReady = deps.isReady ?? (() => true);
  const mustNotWait = deps.mustNotWait ?? (() => false);
  // The answer is for all who ask, and may come when the request or transaction that asked is over.
  const askOutside = AsyncResource.bind(askAll);

  function entryOf(reader: Reader, exposure: Exposure, subject: Subject): Remembered {
    const { contentType, entryId, locale } = exposure;
    const key = JSON.stringify([readerKey(reader), contentType, entryId, locale, subject.infoHash]);
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const [oldest] = remembered.keys();
    if (remembered.size >= REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    const entry: Remembered = { until: -Infinity, allowed: null, asking: null };
    remembered.set(key, entry);
    return entry;
  }

  function refresh(
    entry: Remembered,
    reader: Reader,
    exposure: Exposure,
    subject: Subject,
  ): Promise<boolean> {
    entry.asking ??= inTurn(() => askOutside(deps, reader, exposure, subject)).then((allowed) => {
      const lost = entry.allowed !== false && !allowed;
      Object.assign(entry, { allowed, asking: null, until: deps.clock() + FRESH_MS });
      if (lost) deps.onLost(reader, subject);
      return allowed;
    });
    return entry.asking;
  }

  return {
    peek(reader, exposure, subject) {
      if (!isReady()) return 'unknown';
      const entry = entryOf(reader, exposure, subject);
      if (entry.until <= deps.clock()) void refresh(entry, reader, exposure, subject);
      if (entry.allowed === null) return 'unknown';
      return entry.allowed ? 'yes' : 'no';
    },
    async ask(reader, exposure, subject) {
      if (!isReady()) return false;
      const entry = entryOf(reader, exposure, subject);
      if (entry.allowed !== null && entry.until > deps.clock()) return entry.allowed;
      const answer = refresh(entry, reader, exposure, subject);
      return mustNotWait() ? (entry.allowed ?? false) : answer;
    },
    expire() {
      for (const entry of remembered.values()) entry.until = -Infinity;
    },
  };
}

/** Never rejects. */
async function askAll(
  { rules, onFault }: SiteRulesDeps,
  reader: Reader,
  exposure: Exposure,
  subject: Subject,
): Promise<boolean> {
  for (const rule of rules) {
    try {
      if ((await inTime(async () => rule(reader, exposure, subject))) !== true) return false;
    } catch (error) {
      onFault(error);
      return false;
    }
  }
  return true;
}

async function inTime(work: () => Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${PATIENCE_MS} ms`)),
      PATIENCE_MS,
    ).unref();
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs at most `limit` works at once; the others wait. */
function createTurns(limit: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The turn is handed on, or given back.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
