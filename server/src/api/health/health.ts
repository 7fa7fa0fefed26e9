/** Whether the plugin works, part by part, in words that any stranger may read. */

import { setTimeout as sleep } from 'node:timers/promises';

export interface PartState {
  ok: boolean;
  /** One line without internals: no path, no address, no message of an error. */
  text: string;
}

export interface HealthPart {
  /** Lower case, like `tracker`. */
  readonly name: string;
  state(): PartState | Promise<PartState>;
}

export interface HealthReport {
  /** Whether all parts are. */
  ok: boolean;
  parts: (PartState & { name: string })[];
}

export interface Health {
  /** A part takes its place in the report, until the function that this returns is called. */
  register(part: HealthPart): () => void;
  /** Never fails, and takes two seconds at most. */
  report(): Promise<HealthReport>;
}

const PATIENCE_MS = 2_000;

/** @param patience milliseconds for each part to answer */
export function createHealth({ patience = PATIENCE_MS } = {}): Health {
  const parts = new Set<HealthPart>();
  return {
    register(part) {
      parts.add(part);
      return () => parts.delete(part);
    },
    async report() {
      const states = await Promise.all(
        [...parts].map(async (part) => ({ name: part.name, ...(await stateOf(part, patience)) })),
      );
      return { ok: states.every(({ ok }) => ok), parts: states };
    },
  };
}

async function stateOf(part: HealthPart, patience: number): Promise<PartState> {
  const waiting = new AbortController();
  const tooLate = sleep(patience, { ok: false, text: 'gives no answer' }, waiting);
  try {
    return await Promise.race([part.state(), tooLate]);
  } catch {
    return { ok: false, text: 'cannot tell how it is' };
  } finally {
    tooLate.catch(() => undefined); // it ends with an AbortError when nobody waits any more
    waiting.abort();
  }
}

/**
 * The health endpoint is open to everybody: a check that costs a query is made once in five
 * seconds, however many ask.
 * @param clock milliseconds
 */
export function atMostOften(
  check: () => Promise<PartState>,
  clock: () => number,
): () => Promise<PartState> {
  let checkedAt = -Infinity;
  let latest: Promise<PartState> | null = null;
  let pending = false;
  return () => {
    // One that hangs is not asked a second time.
    if (latest !== null && (pending || clock() - checkedAt < KEPT_MS)) return latest;
    checkedAt = clock();
    pending = true;
    latest = check().finally(() => {
      pending = false;
    });
    return latest;
  };
}

const KEPT_MS = 5_000;
