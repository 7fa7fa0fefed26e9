/**
 * The BitTorrent tracker, pure: no Strapi, no sockets, no clock of its own.
 *
 * - `createTracker` decides and keeps swarms; `Gate` is the question it asks about every reader.
 * - `createHttpEndpoint` is its HTTP wire format; transports put sockets around it.
 * - `errors` is all that a peer can ever be told.
 */
export { createTracker, type Tracker, type TrackerDeps } from './tracker';
export { REFUSAL, type Gate, type Refusal } from './gate';
export { infoHashFromBytes, infoHashFromHex, infoHashToHex, type InfoHash } from './info-hash';
export { TRACKER_DEFAULTS, type TrackerConfig } from './config';
export { TRACKER_ERRORS, type TrackerError, type TrackerErrorCode } from './errors';
export {
  createRateLimiter,
  LIMITS_DEFAULTS,
  type LimitsConfig,
  type RateLimiter,
  type RateLimiterDeps,
} from './limits/rate-limiter';
export { createNetworkSet, type NetworkSet } from './limits/networks';
export { createAddressWatch, type AddressWatch } from './limits/address-watch';
export {
  createTally,
  DROP_REASONS,
  LATENCY_SAMPLE,
  type DropReason,
  type Outcome,
  type RequestCount,
  type Tally,
  type TallySnapshot,
} from './tally/tally';
export type { LatencySnapshot } from './tally/latency';
export type { Clock, Eventually, Random } from './clock';
export type { AnnounceEvent, AnnounceReply, AnnounceRequest, Transport } from './announce';

export type {
  AddressFamily,
  PeerUpdate,
  StoreTotals,
  SwarmAnswer,
  SwarmCounts,
  SwarmStore,
} from './swarm/swarm-store';
export { ROLE, type PeerRole } from './swarm/swarm-store';
export { MemorySwarmStore, type MemorySwarmStoreDeps } from './swarm/memory-swarm-store';

export { createHttpEndpoint, type HttpEndpoint, type HttpEndpointDeps } from './wire/http-endpoint';
export { encodeFailure } from './wire/http-reply';
export { formatAddress, parseAddress } from './address';
