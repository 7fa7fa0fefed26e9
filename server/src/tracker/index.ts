/**
 * The BitTorrent tracker, pure: no Strapi, no sockets, no clock of its own.
 *
 * - `createTracker` decides and keeps swarms; `Gate` is the question it asks about every reader.
 * - `createHttpEndpoint` and `createUdpEndpoint` are its wire formats; transports put sockets around
 *   them.
 * - `createSignalling` introduces browsers to each other (WebTorrent).
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
  networkOf,
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

export type { OwnSeeder } from './own-seeder';
export type {
  AddressFamily,
  PeerUpdate,
  RestoreOutcome,
  RestoreRules,
  StoreTotals,
  SwarmAnswer,
  SwarmCounts,
  SwarmStore,
} from './swarm/swarm-store';
export type { SnapshotProblem } from './swarm/snapshot';
export { ROLE, type PeerRole } from './swarm/swarm-store';
export { MemorySwarmStore, type MemorySwarmStoreDeps } from './swarm/memory-swarm-store';

export {
  createSignalling,
  createUpgradeUrl,
  SIGNALLING_DEFAULTS,
  type CloseReason,
  type Signalling,
  type SignallingConfig,
  type SignallingDeps,
  type SignallingDrop,
  type SignallingPeer,
  type SignallingTally,
  type UpgradeUrl,
  type Wire,
} from './signalling';
export { createHttpEndpoint, type HttpEndpoint, type HttpEndpointDeps } from './wire/http-endpoint';
export { createUdpEndpoint, type UdpEndpoint, type UdpEndpointDeps } from './wire/udp-endpoint';
export { UdpAnswer } from './wire/udp-answer';
export { MAX_REPLY_BYTES as MAX_UDP_REPLY_BYTES } from './wire/udp-packet';
export { encodeFailure } from './wire/http-reply';
export {
  emptyHttpHead,
  HTTP_LIMITS,
  INCOMPLETE,
  readHttpHead,
  type HeadProblem,
  type HttpHead,
} from './wire/http-head';
export { beginAnswer, encodeRefusal, endAnswer, type RefusalStatus } from './wire/http-answer';
export { Beginnings } from './wire/beginnings';
export { ByteWriter, bytesOf } from './wire/byte-writer';
export { wordsOf } from './wire/words';
export { createRequestPrefix, type RequestPrefix } from './wire/request-prefix';
export { formatAddress, parseAddress, REACH, reachOf, type Reach } from './address';
