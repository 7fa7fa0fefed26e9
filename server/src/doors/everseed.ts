/** The everseed at a Strapi: opens together with Strapi's own port, and only where one is configured. */

import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Core } from '@strapi/strapi';
import type { RegisteredTorrent } from '../access';
import type { Health } from '../api';
import type { Config } from '../config';
import type { Library } from '../library';
import { everseedPort } from '../options';
import { createEverseed, type Everseed } from '../seeding';
import {
  formatAddress,
  infoHashFromHex,
  infoHashToHex,
  type InfoHash,
  parseAddress,
  REACH,
  reachOf,
  type AnnounceRequest,
  type Gate,
  type OwnSeeder,
  type Reach,
  type Tracker,
} from '../tracker';
import { createDialPolicy } from './dial-policy';
import { createSeederRights } from './seeder-rights';

export interface EverseedDoorDeps {
  strapi: Core.Strapi;
  config: Config;
  publicUrl: string;
  gate: Gate;
  health: Health;
  clock: () => number;
  /** They are made after this. */
  library: () => Pick<Library, 'seeds' | 'onFileChanged' | 'traffic'>;
  /** Others that have the torrent. */
  seedersOf: (infoHash: InfoHash) => number;
}

export interface EverseedDoor {
  /** For the tracker. */
  onAdmitted(request: AnnounceRequest, interval: number): void;
  onExposure(infoHash: string, torrent: RegisteredTorrent): void;
  listenWithStrapi(tracker: Pick<Tracker, 'setOwnSeeder'>): void;
  readonly everseed: Everseed;
  stop(): Promise<void>;
}

/** `null` when it is switched off, or no port is configured. */
export function createEverseedDoor(deps: EverseedDoorDeps): EverseedDoor | null {
  const { strapi, config, gate, clock } = deps;
  const { host, maxConnections, uploadRate, uploadRatePerPeer, thinSwarm } = config.seeder;
  const port = everseedPort(config);
  if (port === null) return null;
  const { httpServer } = strapi.server;
  const hosts = publicHosts(config, deps.publicUrl);
  const rights = createSeederRights({ gate, clock });
  const mayDial = createDialPolicy({ clock, siteReach: siteReach(hosts) });
  const current = new Set<string>();
  const isThin = (seeders: number): boolean => thinSwarm === 0 || seeders < thinSwarm;

  const everseed = createEverseed({
    options: {
      host,
      port,
      maxConnections,
      uploadRate: uploadRate === 0 ? null : uploadRate,
      uploadRatePerPeer: uploadRatePerPeer === 0 ? null : uploadRatePerPeer,
    },
    // Built into a folder of its own, beside the server's.
    workerFile: join(__dirname, '..', 'everseed-worker', 'index.js'),
    decide(infoHash, address) {
      const key = infoHashFromHex(infoHash);
      return key !== null && rights.mayHave(key, address);
    },
    isNeeded(infoHash) {
      const key = infoHashFromHex(infoHash);
      return key !== null && isThin(deps.seedersOf(key));
    },
    source: (infoHash) => deps.library().seeds.of(infoHash),
    onChanged: (infoHash) => deps.library().onFileChanged(infoHash),
    onSent: (infoHash, bytes) => deps.library().traffic.served('everseed', infoHash, bytes),
    logger: strapi.log,
  });
  deps.health.register({
    name: 'everseed',
    state: () =>
      everseed.port === null
        ? { ok: false, text: 'does not listen' }
        : { ok: true, text: `listens, ${everseed.peers} peers` },
  });

  let open: (() => void) | null = null;
  return {
    everseed,
    onAdmitted(request, interval) {
      rights.admitted(request, interval);
      const { infoHash, endpoint, family } = request;
      if (everseed.port === null || !current.has(infoHashToHex(infoHash))) return;
      if (!isThin(deps.seedersOf(infoHash)) || !mayDial(request)) return;
      everseed.dial({
        infoHash: infoHashToHex(infoHash),
        address: formatAddress(endpoint, 0, family),
        port: request.port,
      });
    },
    onExposure(infoHash, { state }) {
      if (state === 'current' && deps.library().seeds.isWanted(infoHash)) {
        current.add(infoHash);
        everseed.add(infoHash);
      } else if (current.delete(infoHash)) everseed.remove(infoHash);
    },
    listenWithStrapi(tracker) {
      open = () => {
        everseed.start();
        const isSeeding = (infoHash: string, seeders: number): boolean =>
          everseed.port !== null && current.has(infoHash) && isThin(seeders);
        tracker.setOwnSeeder(ownSeeder(hosts, port, isSeeding));
      };
      // Not at once: commands like `strapi export` load us too, beside the Strapi that serves.
      httpServer.once('listening', open);
    },
    async stop() {
      if (open !== null) httpServer.off('listening', open);
      await everseed.stop();
    },
  };
}

/** IP addresses under which readers reach the everseed; none where only a host name is known. */
function publicHosts({ seeder }: Config, publicUrl: string): string[] {
  if (seeder.publicAddress.length > 0) return [...seeder.publicAddress];
  const { hostname } = new URL(publicUrl);
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (literal === 'localhost') return ['127.0.0.1', '::1'];
  return isIP(literal) === 0 ? [] : [literal];
}

/** The nearest of them: a site in a private network calls private addresses, as its readers have. */
function siteReach(hosts: readonly string[]): Reach {
  const bytes = Buffer.alloc(16);
  let reach: Reach = REACH.public;
  for (const host of hosts) {
    const family = parseAddress(host, bytes);
    if (family === 0) continue;
    const of = reachOf(bytes, family);
    if (of > reach) reach = of;
  }
  return reach;
}

function ownSeeder(
  hosts: readonly string[],
  port: number,
  isSeeding: (infoHash: string, seeders: number) => boolean,
): OwnSeeder {
  const compact: { ipv4?: Buffer; ipv6?: Buffer } = {};
  for (const host of hosts) {
    const bytes = Buffer.alloc(16);
    const family = parseAddress(host, bytes);
    if (family === 0) continue;
    const length = family === 4 ? 4 : 16;
    const endpoint = Buffer.alloc(length + 2);
    bytes.copy(endpoint, 0, 0, length);
    endpoint.writeUInt16BE(port, length);
    compact[family === 4 ? 'ipv4' : 'ipv6'] ??= endpoint;
  }
  return { ...compact, has: (infoHash, n) => isSeeding(infoHashToHex(infoHash), n) };
}
