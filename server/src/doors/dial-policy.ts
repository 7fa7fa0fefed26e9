/**
 * Which announcing leechers the everseed calls. The address is the one an announce came from, so that
 * nobody can make us knock on another's door; the port is what the client says, so ports are counted.
 */

import { reachOf, type AnnounceRequest, type Reach } from '../tracker';

export interface DialPolicyDeps {
  clock: () => number;
  /** Of the site itself: a site on the internet calls nobody in its own network. */
  siteReach: Reach;
}

/** Counts what it allows. */
export type DialPolicy = (request: AnnounceRequest) => boolean;

/** A leecher that could not be reached is tried again with its next announces. */
const AGAIN_MS = 60_000;
const MAX_REMEMBERED = 20_000;
/** Ports of one address in a minute; clients of one household share an address. */
const MAX_PORTS = 8;
/** Calls a second over all, and at once. */
const PER_SECOND = 20;
const BURST = 200;

export function createDialPolicy({ clock, siteReach }: DialPolicyDeps): DialPolicy {
  /** When it was called last, by torrent, address and port. */
  const called = new Map<string, number>();
  const ports = new Map<string, { since: number; seen: Set<number> }>();
  let tokens = BURST;
  let filledAt = clock();

  function takeToken(now: number): boolean {
    tokens = Math.min(BURST, tokens + ((now - filledAt) / 1000) * PER_SECOND);
    filledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  }

  function mayTryPort(address: string, port: number, now: number): boolean {
    const known = ports.get(address);
    const entry =
      known !== undefined && now - known.since < AGAIN_MS
        ? known
        : { since: now, seen: new Set<number>() };
    if (entry.seen.size >= MAX_PORTS && !entry.seen.has(port)) return false;
    entry.seen.add(port);
    put(ports, address, entry);
    return true;
  }

  return ({ transport, endpoint, family, port, left, event, infoHash }) => {
    if (left === 0 || event === 'stopped' || port === 0 || transport === 'websocket') return false;
    if (reachOf(endpoint, family) > siteReach) return false;
    const now = clock();
    const address = endpoint.toString('latin1', 0, family === 4 ? 4 : 16);
    const key = `${infoHash}${port} ${address}`;
    const last = called.get(key);
    if (last !== undefined && now - last < AGAIN_MS) return false;
    if (!mayTryPort(address, port, now) || !takeToken(now)) return false;
    put(called, key, now);
    return true;
  };
}

function put<Value>(table: Map<string, Value>, key: string, value: Value): void {
  table.delete(key);
  table.set(key, value);
  const [oldest] = table.keys();
  if (table.size > MAX_REMEMBERED && oldest !== undefined) table.delete(oldest);
}
