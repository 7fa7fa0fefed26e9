/**
 * Whose request this is. A forwarded address is believed only from a trusted proxy and only as far
 * as trusted proxies vouch for it: read from the right, because everything left of the first
 * stranger was written by that stranger.
 */
import type { IncomingMessage } from 'node:http';
import { createNetworkSet, parseAddress } from '../tracker';

export interface ClientAddressDeps {
  /** Addresses (`10.0.0.1`) and networks (`10.0.0.0/8`, `fd00::/8`) of our own proxies. */
  trustedProxies: readonly string[];
  /** The header in which they write addresses, default `X-Forwarded-For`. */
  header?: string;
  /**
   * How many addresses from the right are our proxies' words, where that is known: the last of
   * them is the client. 0, the default: as far as `trustedProxies` goes.
   */
  hops?: number;
  /** Told when a trusted proxy sent something that is no address. */
  onGarbage?: () => void;
}

/** Text of an IPv4 or IPv6 address without zone; empty when the socket has none. */
export type ClientAddress = (request: ForwardedRequest) => string;

export type ForwardedRequest = Pick<IncomingMessage, 'headers'> & {
  readonly socket: { readonly remoteAddress?: string | undefined };
};

const scratch = new Uint8Array(16);

/** @throws Error that names the entry of `trustedProxies` that is no address or network */
export function createClientAddress({
  trustedProxies,
  header = 'X-Forwarded-For',
  hops = 0,
  onGarbage,
}: ClientAddressDeps): ClientAddress {
  const isProxy = createNetworkSet('trustedProxies', trustedProxies);
  const headerName = header.toLowerCase();
  if (trustedProxies.length === 0) return ({ socket }) => plain(socket.remoteAddress ?? '');

  /** Whether `address` is one of our proxies; `null` when it is no address. */
  function isTrusted(address: string): boolean | null {
    const family = parseAddress(address, scratch);
    return family === 0 ? null : isProxy(scratch, family);
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
    // Node joins several headers of one name with commas, in their order.
    const forwarded = lastTrusted ? headers[headerName] : undefined;
    if (typeof forwarded !== 'string') return own;
    let nearest = own;
    let hop = 0;
    for (let end = forwarded.length; end >= 0;) {
      const comma = forwarded.lastIndexOf(',', end - 1);
      const from = end === 0 ? 0 : comma + 1;
      const entry = withoutPort(forwarded.slice(from, end).trim());
      const trusted = isTrusted(entry);
      if (trusted === null) {
        onGarbage?.();
        return own;
      }
      hop += 1;
      if (hops > 0 ? hop === hops : !trusted) return plain(entry);
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
