/**
 * Watches for the mistake that breaks a tracker without a word: all peers come from one private
 * address, because a proxy in front is not in `trustedProxies`. They would be told to connect to
 * each other at that address.
 */
import type { Clock } from '../clock';
import type { AddressFamily } from '../swarm/swarm-store';
import { createNetworkSet } from './networks';

export interface AddressWatch {
  /** Called for each announce; next to free once peers are seen to have addresses of their own. */
  see(address: Uint8Array, family: AddressFamily, port: number): void;
  readonly allShareOnePrivateAddress: boolean;
}

/** One person with two clients at home is no proxy. */
const ENOUGH_ANNOUNCES = 20;
const ENOUGH_PORTS = 4;
/** Milliseconds in which they must come: one client with a new port each day is no crowd. */
const WINDOW = 3_600_000;

const isLoopback = createNetworkSet('loopback', ['127.0.0.0/8', '::1']);
const isPrivate = createNetworkSet('private', [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '::1',
  'fc00::/7',
]);

export function createAddressWatch(clock: Clock): AddressWatch {
  const shared = new Uint8Array(16);
  let sharedFamily: AddressFamily | 0 = 0;
  let sharedIsLoopback = false;
  let announces = 0;
  const ports = new Uint16Array(ENOUGH_PORTS);
  let portCount = 0;
  let windowStart = 0;
  /** Two addresses were seen, or a public one: all is well, for good. */
  let settled = false;

  function isShared(address: Uint8Array, family: AddressFamily): boolean {
    if (family !== sharedFamily) return false;
    for (let i = 0; i < (family === 4 ? 4 : 16); i += 1) {
      if (address[i] !== shared[i]) return false;
    }
    return true;
  }

  function follow(address: Uint8Array, family: AddressFamily, loopback: boolean): void {
    sharedFamily = family;
    sharedIsLoopback = loopback;
    for (let i = 0; i < 16; i += 1) shared[i] = address[i] ?? 0;
    announces = portCount = 0;
  }

  function isCrowd(): boolean {
    return announces >= ENOUGH_ANNOUNCES && portCount >= ENOUGH_PORTS;
  }

  function count(port: number): void {
    if (isCrowd()) return;
    const now = clock();
    if (announces === 0 || now - windowStart > WINDOW) {
      windowStart = now;
      announces = portCount = 0;
    }
    announces += 1;
    if (portCount === ENOUGH_PORTS || ports.subarray(0, portCount).includes(port)) return;
    ports[portCount] = port;
    portCount += 1;
  }

  return {
    see(address, family, port) {
      if (settled) return;
      if (!isShared(address, family)) {
        const loopback = isLoopback(address, family);
        // The site's own seeder and a health check come from loopback beside everybody else.
        if (loopback && sharedFamily !== 0) return;
        if (!isPrivate(address, family) || (sharedFamily !== 0 && !sharedIsLoopback)) {
          settled = true;
          return;
        }
        follow(address, family, loopback);
      }
      count(port);
    },
    get allShareOnePrivateAddress() {
      return !settled && isCrowd();
    },
  };
}
