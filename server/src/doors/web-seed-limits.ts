/**
 * How much of the web seed one network (IPv4 /24, IPv6 /56) may take: requests, and transfers at a time.
 * Both tables are bounded: the one of requests is fixed, that of transfers holds open ones only.
 */

import type { IncomingMessage } from 'node:http';
import type { WebSeedLimits } from '../seeding';
import { createNetworkSet, createRateLimiter, networkOf, parseAddress } from '../tracker';
import type { AddressFamily, Clock, Random } from '../tracker';
import type { ClientAddress } from '../transports';

export interface WebSeedLimitsDeps {
  config: {
    /** Requests; 0: as many as it likes. */
    readonly perMinute: number;
    readonly burst: number;
    /** At the same time; 0: as many as it likes. */
    readonly transfers: number;
  };
  /** Networks that are never limited. */
  exempt: readonly string[];
  clientAddress: ClientAddress;
  clock: Clock;
  random: Random;
}

const nothing = (): void => undefined;

export function createWebSeedLimits(deps: WebSeedLimitsDeps): WebSeedLimits {
  const { clientAddress, clock, random, exempt } = deps;
  const { transfers, ...requests } = deps.config;
  const limiter = createRateLimiter({
    config: { ...requests, exempt },
    clock,
    random,
    // One reader on a quiet site is nearly all of its traffic, and no proxy.
    sparesProxies: false,
  });
  const isExempt = createNetworkSet('tracker.limits.exempt', exempt);
  const open = new Map<string, number>();
  const address = new Uint8Array(16);

  /** 0, with nothing to go by, when the connection has gone. */
  const read = (request: IncomingMessage): AddressFamily | 0 =>
    parseAddress(clientAddress(request), address);

  function leave(network: string): void {
    const left = (open.get(network) ?? 1) - 1;
    if (left === 0) open.delete(network);
    else open.set(network, left);
  }

  return {
    admits(request) {
      const family = read(request);
      return family === 0 || limiter.admit(address, family);
    },
    enter(request) {
      if (transfers === 0) return nothing;
      const family = read(request);
      if (family === 0 || isExempt(address, family)) return nothing;
      const network = networkOf(address, family);
      const others = open.get(network) ?? 0;
      if (others >= transfers) return null;
      open.set(network, others + 1);
      return () => leave(network);
    },
  };
}
