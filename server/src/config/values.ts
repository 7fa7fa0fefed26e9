/** Values that several options have in common. */

import { z } from 'zod';

export const url = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' });
export const portNumber = z.int().min(1).max(65_535);
export const seconds = (min: number, max: number) => z.int().min(min).max(max);
export const network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);
/** Bytes a second; 0: no limit. */
export const rate = z.int().min(0).max(100_000_000_000).default(0);
/** An address to listen on. */
export const address = z.union([z.ipv4(), z.ipv6()]);
