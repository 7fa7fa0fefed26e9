/**
 * How often one network may ask. A token bucket per address prefix (IPv4 /24, IPv6 /56: what one
 * customer owns or can easily move within), one table for all transports. The answer to too much is a
 * later date, never a ban.
 *
 * The table is fixed: a set of eight slots per hash, no allocation, no list to clean. A bucket is
 * one number, the time at which it will be full again; a full bucket says nothing, so its slot is
 * free. When all eight are in use, the fullest is forgotten: who spent most stays known.
 */
import type { Clock, Random } from '../clock';
import type { AddressFamily } from '../swarm/swarm-store';
import { Dominance } from './dominance';
import { createNetworkSet, wordAt } from './networks';

export interface LimitsConfig {
  /** Announces and scrapes a minute that a network may make for long; 0: as many as it likes. */
  readonly perMinute: number;
  /** What it may make at once after a rest. */
  readonly burst: number;
  /** Addresses and networks that are never limited. */
  readonly exempt: readonly string[];
}

/**
 * A university behind one address: 200 clients with five torrents each announce 100 times a minute
 * at the default interval, 400 while their swarms are small; all of them starting with ten torrents
 * each make 2000 announces at once. A private address is no stranger from the internet: it is a
 * proxy or the site's own network.
 */
export const LIMITS_DEFAULTS: LimitsConfig = {
  perMinute: 1200,
  burst: 3000,
  exempt: ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128', 'fc00::/7'],
};

export interface RateLimiterDeps {
  config: LimitsConfig;
  clock: Clock;
  random: Random;
  /** Whether a network that nearly all traffic comes from is let through; default: it is. */
  sparesProxies?: boolean;
}

export interface RateLimiter {
  /**
   * Takes one token. Allocates nothing.
   * @param address its first 4 or 16 bytes count
   * @returns false when the network has none left
   */
  admit(address: Uint8Array, family: AddressFamily): boolean;
  /**
   * Whether, within the last ten minutes, a network was beyond the limits and spared because
   * nearly all traffic is its: most likely a proxy that nobody told us to trust.
   */
  sparesProxy(): boolean;
}

const WAYS = 8;
/** A bucket is in use only until it has refilled, seconds for a usual client. */
export const LIMITER_SLOTS = 16_384;
const SET_MASK = LIMITER_SLOTS / WAYS - 1;
/** Calls that share one look at the clock; an old time is a generous one. */
const CALLS_PER_TICK = 8;
const PROXY_MEMORY = 10 * 60_000;

export function createRateLimiter(deps: RateLimiterDeps): RateLimiter {
  const { config, clock, random, sparesProxies = true } = deps;
  const isExempt = createNetworkSet('tracker.limits.exempt', config.exempt);
  if (config.perMinute === 0) return { admit: () => true, sparesProxy: () => false };

  /** Milliseconds that it takes to refill one token, and the whole bucket. */
  const cost = 60_000 / config.perMinute;
  const capacity = cost * config.burst;
  /** Two words per slot: a set of eight lies in 64 bytes, which a processor reads at once. */
  const keys = new Uint32Array(2 * LIMITER_SLOTS);
  /** Milliseconds since `epoch`. */
  const fullAt = new Float64Array(LIMITER_SLOTS);
  const dominance = new Dominance();
  const seedA = Math.floor(random() * 2 ** 32);
  const seedB = Math.floor(random() * 2 ** 32);
  const epoch = clock();
  /** A number in a closure would be made anew at each change. */
  const time = new Float64Array(1);
  let calls = 0;
  let sparedAt = -Infinity;

  /** The slot of this prefix, or the one to put it into. */
  function slotOf(high: number, low: number, hash: number): number {
    const from = (hash & SET_MASK) * WAYS;
    for (let slot = from; slot < from + WAYS; slot += 1) {
      if (keys[2 * slot] === high && keys[2 * slot + 1] === low) return slot;
    }
    const slot = fullestOf(from);
    keys[2 * slot] = high;
    keys[2 * slot + 1] = low;
    fullAt[slot] = 0;
    return slot;
  }

  /** A bucket of the set that nobody uses, else the one that says least. */
  function fullestOf(from: number): number {
    const now = time[0] ?? 0;
    let fullest = from;
    for (let slot = from; slot < from + WAYS; slot += 1) {
      if ((fullAt[slot] ?? 0) <= now) return slot;
      if ((fullAt[slot] ?? 0) < (fullAt[fullest] ?? 0)) fullest = slot;
    }
    return fullest;
  }

  function take(slot: number): boolean {
    const now = time[0] ?? 0;
    const full = Math.max(fullAt[slot] ?? 0, now) + cost;
    if (full - now > capacity) return false;
    fullAt[slot] = full;
    return true;
  }

  function spare(high: number, low: number): boolean {
    if (!sparesProxies || !dominance.isNearlyAll(high, low)) return false;
    sparedAt = time[0] ?? 0;
    return true;
  }

  return {
    admit(address, family) {
      if (isExempt(address, family)) return true;
      calls = (calls + 1) % CALLS_PER_TICK;
      if (calls === 0) time[0] = clock() - epoch;
      const high = highOf(address, family);
      const low = lowOf(address, family);
      const hash = mix(high, low, seedA, seedB);
      const slot = slotOf(high, low, hash);
      if (!take(slot)) {
        time[0] = clock() - epoch;
        if (!take(slot)) return spare(high, low);
      }
      dominance.count(high, low, hash >>> 16);
      return true;
    },
    sparesProxy: () => clock() - epoch - sparedAt < PROXY_MEMORY,
  };
}

/** A network in two numbers. */
const highOf = (address: Uint8Array, family: AddressFamily): number =>
  wordAt(address, 0) >>> (family === 4 ? 8 : 0);
// The marker keeps the families apart.
const lowOf = (address: Uint8Array, family: AddressFamily): number =>
  family === 4 ? 0 : ((wordAt(address, 4) >>> 8) | 0x01000000) >>> 0;

/** The name of what is limited as one: an IPv4 /24 or an IPv6 /56. */
export const networkOf = (address: Uint8Array, family: AddressFamily): string =>
  `${highOf(address, family)}.${lowOf(address, family)}`;

/** Murmur3's mixing with two secrets, so that nobody can choose whose set he lands in. */
function mix(high: number, low: number, seedA: number, seedB: number): number {
  let hash = Math.imul(high ^ seedA, 0xcc9e2d51);
  hash = Math.imul(hash ^ (hash >>> 15) ^ low, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 16) ^ seedB, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
