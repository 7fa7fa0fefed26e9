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

/** How far forwarded addresses are believed. */
export interface ProxySettings {
  trustedProxies: readonly string[];
  header: string;
  hops: number;
}

/**
 * Strapi's own switch, `server.proxy.koa`, says that a proxy is there: then the ones nearby are
 * believed (Strapi itself would believe anybody). `ipHeader` and `maxIpsCount` mean what they mean
 * to Strapi; the count is about its proxies, so it says nothing about a list of ours.
 */
export function proxySettingsOf(strapi: Core.Strapi, { tracker }: Config): ProxySettings {
  const setting = <Value>(name: string, fallback: Value): Value =>
    strapi.config.get<Value | undefined>(`server.proxy.${name}`, undefined) ?? fallback;
  const { trustedProxies } = tracker;
  const header = setting('ipHeader', 'X-Forwarded-For');
  if (trustedProxies !== undefined) return { trustedProxies, header, hops: 0 };
  const nearby = setting<boolean>('koa', false) ? PRIVATE_NETWORKS : [];
  return { trustedProxies: nearby, header, hops: setting('maxIpsCount', 0) };
}

/** `udp://host:port` as clients reach the UDP tracker, `null` when there is none. */
export function udpUrlOf({ tracker: { udp } }: Config, publicUrl: string): string | null {
  if (udp.port === undefined) return null;
  if (udp.publicUrl !== undefined) return udp.publicUrl.replace(/\/$/, '');
  return `udp://${new URL(publicUrl).hostname}:${udp.port}`;
}
