/** Configuration under `config/plugins`: every option with its default, unit and reason. */

import { z } from 'zod';
import type { AllowRule } from './access';
import { isPieceLength } from './metainfo';

const url = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' });
const seconds = (min: number, max: number) => z.int().min(min).max(max);

const trackerSchema = z
  .strictObject({
    announcePath: z
      .string()
      // libtorrent refuses local trackers whose path begins otherwise, and derives the scrape
      // URL by replacing the word, so it must stand there exactly once.
      .regex(/^\/announce[\w-]*$/, 'expected a path that begins with /announce, like /announce')
      .default('/announce')
      .describe('Path of the tracker on Strapi’s own port; part of every .torrent for years.'),
    interval: seconds(300, 10_800)
      .default(600)
      .describe('Seconds between two announces of a client. Tracker lists accept 300 to 10800.'),
    minInterval: seconds(30, 10_800)
      .default(60)
      .describe('Seconds a client should wait at least when it announces out of turn.'),
    numwant: z.int().min(1).max(200).default(50).describe('Peers in an answer by default.'),
    maxPeersPerTorrent: z
      .int()
      .min(2)
      .max(1_000_000)
      .default(100_000)
      .describe('Peers kept per swarm: a bound on memory.'),
    trustedProxies: z
      .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
      .optional()
      .describe(
        'Proxies whose X-Forwarded-For is believed. Unset: none, or loopback and private ' +
          'networks when Strapi’s server.proxy.koa is on.',
      ),
  })
  .prefault({});

const metainfoSchema = z
  .strictObject({
    pieceLength: z
      .custom<'auto' | number>(
        (value) => value === 'auto' || (typeof value === 'number' && isPieceLength(value)),
        'expected "auto" or a power of two from 16384 to 16777216 (bytes)',
      )
      .default('auto')
      .describe('Bytes per piece; `auto` grows with the size as in libtorrent.'),
    comment: z.string().max(1000).optional().describe('Comment of every .torrent.'),
    source: z
      .string()
      .max(200)
      .optional()
      .describe('Text in the info dictionary that makes info-hashes unique to this site.'),
    workers: z
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe('Payloads hashed at once, each in a thread of its own.'),
  })
  .prefault({});

const webSeedSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve the files themselves as web seeds.'),
    url: url.optional().describe('Base URL of web seeds, where it differs from publicUrl.'),
  })
  .prefault({});

const accessSchema = z
  .strictObject({
    allow: z
      .custom<AllowRule>((value) => typeof value === 'function', 'expected a function')
      .optional()
      .describe(
        '`(reader, entry, torrent) => boolean`, also async: a rule of the site’s own. It can only ' +
          'narrow; an error refuses. Answers are remembered for ten seconds.',
      ),
    linkLifetime: seconds(10, 86_400)
      .default(600)
      .describe('Seconds that a download link for browsers is good for.'),
    syncEvery: seconds(1, 300)
      .default(5)
      .describe('Seconds after which a change made by another process is seen here at the latest.'),
  })
  .prefault({});

export const configSchema = z.strictObject({
  publicUrl: url
    .optional()
    .describe('URL under which readers reach this Strapi. Unset: Strapi’s server.url.'),
  tracker: trackerSchema,
  access: accessSchema,
  metainfo: metainfoSchema,
  webSeed: webSeedSchema,
});

export type Config = z.infer<typeof configSchema>;

/** @throws Error that names every wrong path and what was expected there */
export function parseConfig(input: unknown): Config {
  const result = configSchema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `  ${['bittorrent', 'config', ...path].join('.')}: ${message}`,
  );
  throw new Error(`wrong values in config/plugins:\n${problems.join('\n')}`);
}

export const config = {
  default: {},
  // Strapi ignores what this returns; the runtime parses again for the defaults.
  validator: (input: unknown): void => void parseConfig(input),
};
