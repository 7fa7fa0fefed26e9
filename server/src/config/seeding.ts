/** `webSeed` and `seeder`: the two ways in which the site seeds. */

import { z } from 'zod';
import { address, portNumber, rate, url } from './values';

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

export const webSeedSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve the files themselves as web seeds.'),
    url: url.optional().describe('Base URL of web seeds, where it differs from publicUrl.'),
    uploadRate: rate.describe('Bytes a second of all web seed downloads together. 0: no limit.'),
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

export const seederSchema = z
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
    host: address.optional().describe('Address to listen on. Unset: all, IPv4 and IPv6.'),
    publicAddress: z
      .array(address)
      .max(2)
      .default([])
      .describe(
        'Under which the tracker hands the everseed out, one IPv4 and one IPv6 address at most. Empty: ' +
          'that of publicUrl where it is one, else what peers of several networks say; until then the ' +
          'everseed only calls those who announce.',
      ),
    maxConnections: z.int().min(1).max(10_000).default(200).describe('Peers connected at once.'),
    uploadRate: rate.describe('Bytes a second of all its uploads together. 0: no limit.'),
    uploadRatePerPeer: rate.describe('Bytes a second to one peer at most. 0: no limit.'),
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
