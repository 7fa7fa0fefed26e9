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

const WINDOW_MS = 60_000;
/**
 * Calls of one leecher in a minute. More than one: Transmission hangs up when it has got the info
 * dictionary of a magnet link, and announces anew.
 */
const MAX_CALLS = 3;
const AGAIN_MS = 1_500;
const MAX_REMEMBERED = 20_000;
/** Ports of one address in a minute; clients of one household share an address. */
const MAX_PORTS = 8;
/** Calls a second over all, and at once. */
const PER_SECOND = 20;
const BURST = 200;

export function createDialPolicy({ clock, siteReach }: DialPolicyDeps): DialPolicy {
  /** By torrent, address and port. */
  const called = new Map<string, { since: number; last: number; calls: number }>();
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
      known !== undefined && now - known.since < WINDOW_MS
        ? known
        : { since: now, seen: new Set<number>() };
    if (entry.seen.size >= MAX_PORTS && !entry.seen.has(port)) return false;
    entry.seen.add(port);
    put(ports, address, entry);
    return true;
  }

  return ({ transport, endpoint, family, port, left, event, infoHash }) => {
    // aria2 with a magnet link says that nothing is left, as a seeder does; a seeder hangs up.
    if (event === 'stopped' || (left === 0 && event !== 'started')) return false;
    if (port === 0 || transport === 'websocket') return false;
    if (reachOf(endpoint, family) > siteReach) return false;
    const now = clock();
    const address = endpoint.toString('latin1', 0, family === 4 ? 4 : 16);
    const key = `${infoHash}${port} ${address}`;
    const known = called.get(key);
    const entry =
      known !== undefined && now - known.since < WINDOW_MS
        ? known
        : { since: now, last: -Infinity, calls: 0 };
    if (entry.calls >= MAX_CALLS || now - entry.last < AGAIN_MS) return false;
    if (!mayTryPort(address, port, now) || !takeToken(now)) return false;
    put(called, key, { since: entry.since, last: now, calls: entry.calls + 1 });
    return true;
  };
}

function put<Value>(table: Map<string, Value>, key: string, value: Value): void {
  table.delete(key);
  table.set(key, value);
  const [oldest] = table.keys();
  if (table.size > MAX_REMEMBERED && oldest !== undefined) table.delete(oldest);
}
