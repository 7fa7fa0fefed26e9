/**
 * Whose request this is. A forwarded address is believed only from a trusted proxy and only as far
 * as trusted proxies vouch for it: read from the right, because everything left of the first
 * stranger was written by that stranger.
 */
import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';
import { parseAddress } from '../tracker';

export interface ClientAddressDeps {
  /** Addresses (`10.0.0.1`) and networks (`10.0.0.0/8`, `fd00::/8`) of our own proxies. */
  trustedProxies: readonly string[];
  /** Told when a trusted proxy sent something that is no address. */
  onGarbage?: () => void;
}

/** Text of an IPv4 or IPv6 address without zone; empty when the socket has none. */
export type ClientAddress = (request: ForwardedRequest) => string;

export type ForwardedRequest = Pick<IncomingMessage, 'headers'> & {
  readonly socket: { readonly remoteAddress?: string | undefined };
};

interface Network {
  family: 4 | 6;
  bytes: Uint8Array;
  bits: number;
}

const scratch = new Uint8Array(16);

/** @throws Error that names the entry of `trustedProxies` that is no address or network */
export function createClientAddress({
  trustedProxies,
  onGarbage,
}: ClientAddressDeps): ClientAddress {
  const networks = trustedProxies.map(parseNetwork);
  if (networks.length === 0) return ({ socket }) => plain(socket.remoteAddress ?? '');

  /** Whether `address` is one of our proxies; `null` when it is no address. */
  function isTrusted(address: string): boolean | null {
    const family = parseAddress(address, scratch);
    if (family === 0) return null;
    return networks.some((network) => network.family === family && contains(network, scratch));
  }

  // Behind a proxy nearly every request comes from the same address.
  let lastOwn = '';
  let lastTrusted = false;

  return function clientAddress({ socket, headers }) {
    const own = plain(socket.remoteAddress ?? '');
    if (own !== lastOwn) {
      lastOwn = own;
      lastTrusted = isTrusted(own) === true;
    }
    // Node joins several headers of this name with commas, in their order.
    const forwarded = lastTrusted ? headers['x-forwarded-for'] : undefined;
    if (typeof forwarded !== 'string') return own;
    let nearest = own;
    for (let end = forwarded.length; end >= 0;) {
      const comma = forwarded.lastIndexOf(',', end - 1);
      const from = end === 0 ? 0 : comma + 1;
      const entry = withoutPort(forwarded.slice(from, end).trim());
      const trusted = isTrusted(entry);
      if (trusted === null) {
        onGarbage?.();
        return own;
      }
      if (!trusted) return plain(entry);
      nearest = plain(entry);
      end = from - 1;
    }
    return nearest;
  };
}

/** Zone cut off, and IPv4 in its own form when it came wrapped in IPv6. */
function plain(address: string): string {
  const zone = address.indexOf('%');
  const bare = zone < 0 ? address : address.slice(0, zone);
  return bare.startsWith('::ffff:') && bare.includes('.') ? bare.slice(7) : bare;
}

/** Some proxies write `a.b.c.d:port` or `[v6]:port`. */
function withoutPort(entry: string): string {
  if (entry.startsWith('[')) return entry.slice(1, Math.max(1, entry.indexOf(']')));
  const colon = entry.indexOf(':');
  return colon >= 0 && colon === entry.lastIndexOf(':') ? entry.slice(0, colon) : entry;
}

function parseNetwork(text: string): Network {
  try {
    const [address, bits] = text.includes('/') ? ipaddr.parseCIDR(text) : [ipaddr.parse(text), 128];
    const bytes = Uint8Array.from(address.toByteArray());
    if (bytes.length === 4) return { family: 4, bytes, bits: Math.min(bits, 32) };
    if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) {
      return { family: 4, bytes: bytes.slice(12), bits: Math.max(0, bits - 96) };
    }
    return { family: 6, bytes, bits };
  } catch (error) {
    throw new Error(`trustedProxies: "${text}" is no IP address and no network`, { cause: error });
  }
}

function contains({ bytes, bits }: Network, address: Uint8Array): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i += 1) if (bytes[i] !== address[i]) return false;
  const mask = (0xff00 >> (bits & 7)) & 0xff;
  return ((bytes[whole] ?? 0) & mask) === ((address[whole] ?? 0) & mask);
}
