/** How many connections one network may hold. The table holds no more than there are connections. */
import type { AddressFamily } from '../swarm/swarm-store';

export class ConnectionCounts {
  private readonly counts = new Map<string, number>();

  of(network: string): number {
    return this.counts.get(network) ?? 0;
  }

  add(network: string): void {
    this.counts.set(network, this.of(network) + 1);
  }

  remove(network: string): void {
    const count = this.of(network) - 1;
    if (count > 0) this.counts.set(network, count);
    else this.counts.delete(network);
  }
}

/**
 * IPv4 /24 or IPv6 /56. `null` for loopback and private addresses: those are a proxy, behind which
 * everybody looks the same, or the site's own network.
 */
export function networkOf(address: Uint8Array, family: AddressFamily): string | null {
  const [a = 0, b = 0] = address;
  if (family === 6) {
    const isLoopback = address[15] === 1 && address.subarray(0, 15).every((byte) => byte === 0);
    if (isLoopback || (a & 0xfe) === 0xfc) return null;
    return String.fromCharCode(...address.subarray(0, 7));
  }
  const isPrivate = a === 10 || (a === 172 && (b & 0xf0) === 16) || (a === 192 && b === 168);
  return a === 127 || isPrivate ? null : String.fromCharCode(...address.subarray(0, 3));
}
