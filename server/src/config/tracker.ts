/** `tracker`: announces, scrapes, and the ways that they come in. */

import { z } from 'zod';
import { LIMITS_DEFAULTS } from '../tracker';
import { ORIGIN_PATTERN } from '../transports';
import { address, network, portNumber, seconds } from './values';

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
    host: address
      .optional()
      .describe('Address which that port listens on. Unset: all, IPv6 and IPv4.'),
  })
  .prefault({});

const udpSchema = z
  .strictObject({
    port: portNumber.optional().describe('Port of the UDP tracker. Unset: there is none.'),
    host: address
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

export const trackerSchema = z
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
