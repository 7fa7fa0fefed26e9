/** The everseed at a Strapi: opens together with Strapi's own port, and only where one is configured. */

import { join } from 'node:path';
import type { Core } from '@strapi/strapi';
import type { RegisteredTorrent } from '../access';
import type { AdminEverseed } from '../../../shared/admin-api';
import type { Health } from '../api';
import type { Config } from '../config';
import type { Library } from '../library';
import { everseedPort } from '../options';
import { createEverseed, testReachability, type Everseed } from '../seeding';
import {
  formatAddress,
  infoHashFromHex,
  infoHashToHex,
  type InfoHash,
  parseAddress,
  type AnnounceRequest,
  type Gate,
  type OwnSeeder,
  type Tracker,
} from '../tracker';
import { createDialPolicy } from './dial-policy';
import { createLearntAddresses } from './learnt-address';
import { createSeederAddresses, siteReach, type SeederAddress } from './seeder-addresses';
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
  report(): AdminEverseed;
  /** Calls itself first. */
  test(): Promise<AdminEverseed>;
  stop(): Promise<void>;
}

/** `null` when it is switched off, or no port is configured. */
export function createEverseedDoor(deps: EverseedDoorDeps): EverseedDoor | null {
  const { strapi, config, gate, clock } = deps;
  const { host, maxConnections, uploadRate, uploadRatePerPeer, thinSwarm } = config.seeder;
  const configured = everseedPort(config);
  if (configured === null) return null;
  const seederPort: number = configured;
  const { httpServer } = strapi.server;
  const rights = createSeederRights({ gate, clock });
  const learnt = createLearntAddresses({ clock });
  const addresses = createSeederAddresses({ ...deps, learnt, call: callOwn });
  const mayDial = createDialPolicy({ clock, siteReach: siteReach(addresses.current()) });
  const current = new Set<string>();
  const isThin = (seeders: number): boolean => thinSwarm === 0 || seeders < thinSwarm;

  const everseed = createEverseed({
    options: {
      host,
      port: seederPort,
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
    renew: (infoHash) => deps.library().seeds.renewed(infoHash),
    onChanged: (infoHash) => deps.library().onFileChanged(infoHash),
    onSent: (infoHash, bytes) => deps.library().traffic.served('everseed', infoHash, bytes),
    onSeenAs(peer, seen) {
      learnt.heard(peer, seen);
      if (named !== namesOf(addresses.current())) beNamed();
    },
    onListening: () => beNamed(),
    logger: strapi.log,
  });
  deps.health.register({
    name: 'everseed',
    state: () =>
      everseed.port === null
        ? { ok: false, text: 'does not listen' }
        : { ok: true, text: `listens, ${everseed.peers} peers${reachText(addresses.report())}` },
  });

  /** Stopped before a tracker was there. */
  let tracker: Pick<Tracker, 'setOwnSeeder'> | null = null;
  /** The addresses that the tracker names now. */
  let named = '';

  /** Tells the tracker where it is, and looks whether it is there. */
  function beNamed(): void {
    const found = addresses.current();
    named = namesOf(found);
    const isSeeding = (infoHash: string, seeders: number): boolean =>
      everseed.port !== null && current.has(infoHash) && isThin(seeders);
    tracker?.setOwnSeeder(ownSeeder(found, seederPort, isSeeding));
    addresses.test().catch(() => strapi.log.error('[bittorrent] the everseed cannot call itself'));
  }

  /** As somebody who has come upon the link of a torrent that everybody may have. */
  async function callOwn(host: string) {
    const { peerId } = everseed;
    if (peerId === null) return 'refused';
    const infoHash = [...current].find((hash) => {
      const key = infoHashFromHex(hash);
      return key !== null && gate.admit(key, null) >= 0 && isThin(deps.seedersOf(key));
    });
    const target = { host, port: seederPort, infoHash: infoHash ?? null };
    return testReachability({ ...target, peerId: Buffer.from(peerId) });
  }

  let open: (() => void) | null = null;
  function report(): AdminEverseed {
    const { port, peers, sentBytes } = everseed;
    const state = port === null ? 'closed' : 'open';
    return { state, port: seederPort, peers, sentBytes, addresses: addresses.report() };
  }

  return {
    everseed,
    report,
    async test() {
      await addresses.test();
      return report();
    },
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
    listenWithStrapi(own) {
      tracker = own;
      open = () => everseed.start();
      // Not at once: commands like `strapi export` load us too, beside the Strapi that serves.
      httpServer.once('listening', open);
    },
    async stop() {
      if (open !== null) httpServer.off('listening', open);
      await everseed.stop();
    },
  };
}

function ownSeeder(
  addresses: readonly SeederAddress[],
  port: number,
  isSeeding: (infoHash: string, seeders: number) => boolean,
): OwnSeeder {
  const compact: { ipv4?: Buffer; ipv6?: Buffer } = {};
  for (const { address } of addresses) {
    const bytes = Buffer.alloc(16);
    const family = parseAddress(address, bytes);
    if (family === 0) continue;
    const length = family === 4 ? 4 : 16;
    const endpoint = Buffer.alloc(length + 2);
    bytes.copy(endpoint, 0, 0, length);
    endpoint.writeUInt16BE(port, length);
    compact[family === 4 ? 'ipv4' : 'ipv6'] ??= endpoint;
  }
  return { ...compact, has: (infoHash, n) => isSeeding(infoHashToHex(infoHash), n) };
}

const namesOf = (addresses: readonly SeederAddress[]): string =>
  addresses.map(({ address }) => address).join(' ');

/** Without addresses: everybody may read it. */
function reachText(addresses: AdminEverseed['addresses']): string {
  const tested = addresses.filter(({ reach }) => reach !== null);
  if (addresses.length === 0) return '; no public address is known, it only calls others';
  if (tested.length === 0) return '';
  const reached = tested.filter(({ reach }) => reach === 'reached').length;
  return `; answers at ${reached} of ${tested.length} public addresses`;
}
