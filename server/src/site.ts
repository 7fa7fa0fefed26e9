/** What Strapi's own configuration says about the site. */

import type { Core } from '@strapi/strapi';
import type { Config } from './config';

/** Networks a reverse proxy on the same host or in the same cluster has its address in. */
const PRIVATE_NETWORKS = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
];

/** Without a final slash; never taken from a Host header, which the client writes. */
export function publicUrlOf(strapi: Core.Strapi, { publicUrl }: Config): string {
  const url = publicUrl ?? strapi.config.get<string>('server.absoluteUrl');
  // A server that listens everywhere says so with an address that nobody can connect to.
  return url
    .replace(/\/+$/, '')
    .replace(/^(https?:\/\/)(0\.0\.0\.0|\[::\])(?=:|\/|$)/, '$1localhost');
}

/** `udp://host:port` as clients reach the UDP tracker, `null` when there is none. */
export function udpUrlOf({ tracker: { udp } }: Config, publicUrl: string): string | null {
  if (udp.port === undefined) return null;
  if (udp.publicUrl !== undefined) return udp.publicUrl.replace(/\/$/, '');
  return `udp://${new URL(publicUrl).hostname}:${udp.port}`;
}

/** Strapi's own switch says that a proxy is there: then the ones nearby are believed. */
export function trustedProxiesOf(strapi: Core.Strapi, { tracker }: Config): readonly string[] {
  if (tracker.trustedProxies !== undefined) return tracker.trustedProxies;
  return strapi.config.get<boolean>('server.proxy.koa', false) ? PRIVATE_NETWORKS : [];
}
