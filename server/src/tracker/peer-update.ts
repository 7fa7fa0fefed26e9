/** What an announce means to the swarm store, and whether it means anything. */
import { isUsableSource } from './address';
import type { AnnounceRequest } from './announce';
import type { TrackerConfig } from './config';
import { TRACKER_ERRORS, type TrackerError } from './errors';
import type { InfoHash } from './info-hash';
import { isServicePort } from './service-port';
import { hashAddress } from './swarm/address-index';
import { ROLE, type PeerRole, type PeerUpdate } from './swarm/swarm-store';

/** Nobody outside can tell another peer's lot, or choose his own. */
export function lotOf({ endpoint, family, port }: AnnounceRequest, seed: number): number {
  return hashAddress(endpoint, 0, family === 4 ? 4 : 16, seed ^ (port << 16)) | 0;
}

/** Why an admitted reader's announce is refused all the same. A goodbye always passes. */
export function problemWith(request: AnnounceRequest, config: TrackerConfig): TrackerError | null {
  if (request.event === 'stopped') return null;
  if (!isUsableSource(request.endpoint, request.family)) return TRACKER_ERRORS['unusable-address'];
  if (config.refuseServicePorts && isServicePort(request.port)) {
    return TRACKER_ERRORS['service-port'];
  }
  return null;
}

export function fillUpdate(
  update: PeerUpdate,
  request: AnnounceRequest,
  infoHash: InfoHash,
  owner: number,
  config: TrackerConfig,
): void {
  const { event, left, downloaded, uploaded, numwant } = request;
  update.infoHash = infoHash;
  update.family = request.family;
  update.endpoint = request.endpoint;
  update.owner = owner;
  update.role = roleOf(request);
  update.leaving = event === 'stopped';
  // aria2 without seeding says "stopped" where others say "completed", and an announce can get
  // lost: who came with something left and has downloaded the rest has completed.
  update.completing = left === 0 && (event === 'completed' || downloaded > 0);
  update.mayLackInfo = event === 'started' && left === 0 && downloaded === 0 && uploaded === 0;
  update.mayRepeat = event === 'none' || event === 'paused';
  update.want = Math.min(numwant < 0 ? config.numwant : numwant, config.maxNumwant);
  update.ownFamilyOnly = request.transport === 'udp';
}

function roleOf({ left, event }: AnnounceRequest): PeerRole {
  if (left === 0) return ROLE.seeder;
  return event === 'paused' ? ROLE.partialSeed : ROLE.downloader;
}

export function emptyUpdate(): PeerUpdate {
  return {
    infoHash: '' as InfoHash,
    family: 4,
    endpoint: new Uint8Array(18),
    lot: 0,
    owner: 0,
    role: ROLE.downloader,
    leaving: false,
    completing: false,
    mayRepeat: false,
    mayLackInfo: false,
    want: 0,
    ownFamilyOnly: false,
  };
}
