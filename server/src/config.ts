/** Configuration under `config/plugins`: every option with its default, unit and reason. */

import { z } from 'zod';
import type { AllowRule } from './access';
import { isPieceLength } from './metainfo';
import { LIMITS_DEFAULTS } from './tracker';
import { ORIGIN_PATTERN } from './transports';

const url = z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' });
const portNumber = z.int().min(1).max(65_535);
const seconds = (min: number, max: number) => z.int().min(min).max(max);
const network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);

const limitsSchema = z
  .strictObject({
    perMinute: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(LIMITS_DEFAULTS.perMinute)
      .describe(
        'Announces and scrapes a minute that one network (IPv4 /24, IPv6 /56) may make for long; ' +
          'a university with 200 clients makes 400. 0: no limits.',
      ),
    burst: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(LIMITS_DEFAULTS.burst)
      .describe('Announces and scrapes that it may make at once, as when all its clients start.'),
    exempt: z
      .array(network)
      .default([...LIMITS_DEFAULTS.exempt])
      .describe(
        'Networks that are never limited: loopback and private ones, because a stranger on the ' +
          'internet has no such address, but a proxy that trustedProxies forgot has.',
      ),
  })
  .prefault({});

const snapshotSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Save the living swarms, so that a restart of Strapi loses no peer.'),
    file: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Where, relative to the app. Unset: `.tmp/bittorrent-swarms-<port>.bin`. Each process ' +
          'needs a file of its own.',
      ),
    every: seconds(10, 86_400)
      .default(300)
      .describe('Seconds between two savings; the last one is at stop.'),
  })
  .prefault({});

const trackerHttpSchema = z
  .strictObject({
    port: portNumber
      .optional()
      .describe('Port for announces and scrapes alone, beside Strapi’s. Unset: there is none.'),
    host: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe('Address which that port listens on. Unset: all, IPv6 and IPv4.'),
  })
  .prefault({});

const udpSchema = z
  .strictObject({
    port: portNumber.optional().describe('Port of the UDP tracker. Unset: there is none.'),
    host: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe('Address that the UDP tracker listens on. Unset: all, IPv4 and IPv6.'),
    publicUrl: z
      .string()
      .regex(/^udp:\/\/[^\s/?#]+:\d+\/?$/, 'expected a URL like udp://tracker.example:6969')
      .optional()
      .describe('UDP tracker as clients reach it. Unset: the host of publicUrl with this port.'),
  })
  .prefault({});

const websocketSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Introduce browsers to each other (WebTorrent), on the announce path.'),
    origins: z
      .array(z.string().regex(ORIGIN_PATTERN, 'expected "*", https://app.example or *.example.com'))
      .default(['*'])
      .describe('Websites whose pages may do so; `*`: all, as with public web seeds.'),
  })
  .prefault({});

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
      .default(1800)
      .describe(
        'Seconds between two announces of a client in a large swarm, give or take a tenth. ' +
          'Swarms of up to 50 peers get 360, up to 500 get 720, and so on up to this.',
      ),
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
    maxPeers: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(1_000_000)
      .describe(
        'Peers kept in all swarms together, some 40 bytes each. Who comes later still gets peers.',
      ),
    maxSwarms: z
      .int()
      .min(1)
      .max(100_000_000)
      .default(1_000_000)
      .describe('Torrents with peers at the same time: a bound on memory.'),
    snapshot: snapshotSchema,
    trustedProxies: z
      .array(network)
      .optional()
      .describe(
        'Proxies whose X-Forwarded-For is believed. Unset: none, or loopback and private ' +
          'networks when Strapi’s server.proxy.koa is on.',
      ),
    limits: limitsSchema,
    http: trackerHttpSchema,
    udp: udpSchema,
    websocket: websocketSchema,
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

const webSeedLimitsSchema = z
  .strictObject({
    perMinute: z
      .int()
      .min(0)
      .max(10_000_000)
      .default(120_000)
      .describe(
        'Web seed requests a minute that one network (IPv4 /24, IPv6 /56) may make for long. Clients ' +
          'that ask for each piece make some hundred a second. 0: no limit.',
      ),
    burst: z
      .int()
      .min(1)
      .max(10_000_000)
      .default(60_000)
      .describe('Web seed requests that it may make at once after a rest.'),
    transfers: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(500)
      .describe(
        'Web seed downloads that it may have at the same time; a client has one to six. The networks in ' +
          'tracker.limits.exempt have no limits here either. 0: no limit.',
      ),
  })
  .prefault({});

const webSeedSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve the files themselves as web seeds.'),
    url: url.optional().describe('Base URL of web seeds, where it differs from publicUrl.'),
    uploadRate: z
      .int()
      .min(0)
      .max(100_000_000_000)
      .default(0)
      .describe('Bytes a second of all web seed downloads together. 0: no limit.'),
    dailyBudget: z
      .number()
      .min(0)
      .max(1_000_000)
      .default(100)
      .describe(
        'Times the size of a torrent that one user may have of it by web seed in a day, so that a ' +
          'personal link that leaked cannot drain the site. 0: no limit.',
      ),
    limits: webSeedLimitsSchema,
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
    strict: z
      .boolean()
      .default(false)
      .describe(
        'Also honour route policies and middlewares that the site has for single entries, by asking ' +
          'Strapi itself as the reader; costs a request inside the process per reader and entry.',
      ),
    linkLifetime: seconds(10, 86_400)
      .default(600)
      .describe('Seconds that a download link for browsers is good for.'),
    syncEvery: seconds(1, 300)
      .default(5)
      .describe('Seconds after which a change made by another process is seen here at the latest.'),
  })
  .prefault({});

const uploadsSchema = z
  .strictObject({
    protect: z
      .boolean()
      .default(true)
      .describe(
        'Refuse the bare URL of uploads that back only torrents which Public may not have.',
      ),
    signedUrlTtl: z
      .int()
      .min(60)
      .max(86_400)
      .default(3_600)
      .describe('Seconds for which the signed URL of a protected upload works at most.'),
  })
  .prefault({});

const seederSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe('Switches the everseed off without forgetting its port.'),
    port: portNumber
      .optional()
      .describe(
        'TCP port of the everseed, a BitTorrent peer that always has every file. Unset: no everseed.',
      ),
    host: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe('Address to listen on. Unset: all, IPv4 and IPv6.'),
    publicAddress: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .max(2)
      .default([])
      .describe(
        'Under which the tracker hands the everseed out, one IPv4 and one IPv6 address at most. Empty: ' +
          'that of publicUrl where it is one, else what peers of several networks say; until then the ' +
          'everseed only calls those who announce.',
      ),
    maxConnections: z.int().min(1).max(10_000).default(200).describe('Peers connected at once.'),
    uploadRate: z
      .int()
      .min(0)
      .max(100_000_000_000)
      .default(0)
      .describe('Bytes a second of all its uploads together. 0: no limit.'),
    uploadRatePerPeer: z
      .int()
      .min(0)
      .max(100_000_000_000)
      .default(0)
      .describe('Bytes a second to one peer at most. 0: no limit.'),
    thinSwarm: z
      .int()
      .min(0)
      .max(1_000)
      .default(0)
      .describe(
        'Serve newcomers only while fewer than so many others seed the torrent; downloads that run ' +
          'go on. 0: always.',
      ),
  })
  .prefault({});

const auditSchema = z
  .strictObject({
    keep: z
      .int()
      .min(100)
      .max(1_000_000)
      .default(10_000)
      .describe('Rows of the audit log; the oldest are removed first.'),
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
  uploads: uploadsSchema,
  seeder: seederSchema,
  audit: auditSchema,
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
