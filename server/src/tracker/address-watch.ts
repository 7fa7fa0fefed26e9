/**
 * Notices a forgotten proxy setting: behind a proxy that is not trusted, all peers seem to have
 * the proxy's own address, are told of each other at that address, and nobody finds anybody.
 */
import { REACH, reachOf } from './address';
import type { Clock } from './clock';
import type { AddressFamily } from './swarm/swarm-store';

export type AddressWarning = 'all-peers-share-one-private-address';

/** So many peers on one private address and none elsewhere are no household any more. */
const SUSPICIOUS = 10;
/** Milliseconds in which they must come: one client with a new port each day is no crowd. */
const WINDOW = 3_600_000;

export class AddressWatch {
  /** Looking on, until two addresses or a public one have been seen: then nothing can be wrong. */
  private isWatching = true;
  private readonly address = new Uint8Array(16);
  private family: AddressFamily | 0 = 0;
  /** Ports announced from that address since `windowStart`. */
  private readonly ports: number[] = [];
  private windowStart = 0;

  constructor(private readonly clock: Clock) {}

  /** Costs one comparison once the first public peer has been seen. */
  see(endpoint: Uint8Array, family: AddressFamily, port: number): void {
    if (this.isWatching) this.look(endpoint, family, port);
  }

  warning(): AddressWarning | null {
    return this.isWatching && this.ports.length >= SUSPICIOUS
      ? 'all-peers-share-one-private-address'
      : null;
  }

  private look(endpoint: Uint8Array, family: AddressFamily, port: number): void {
    if (this.family === 0) {
      this.family = family;
      this.address.set(endpoint.subarray(0, family === 4 ? 4 : 16));
    }
    if (reachOf(endpoint, family) === REACH.public || !this.isSame(endpoint, family)) {
      this.isWatching = false;
      return;
    }
    const { ports } = this;
    if (ports.length >= SUSPICIOUS || ports.includes(port)) return;
    const now = this.clock();
    if (ports.length === 0 || now - this.windowStart > WINDOW) {
      ports.length = 0;
      this.windowStart = now;
    }
    ports.push(port);
  }

  private isSame(endpoint: Uint8Array, family: AddressFamily): boolean {
    if (family !== this.family) return false;
    const length = family === 4 ? 4 : 16;
    for (let i = 0; i < length; i += 1) if (endpoint[i] !== this.address[i]) return false;
    return true;
  }
}
