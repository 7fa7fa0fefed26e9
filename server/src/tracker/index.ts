/**
 * The BitTorrent tracker, pure: no Strapi, no sockets, no clock of its own.
 *
 * - `createTracker` decides and keeps swarms; `Gate` is the question it asks about every reader.
 * - `createHttpEndpoint` is its HTTP wire format; transports put sockets around it.
 * - `createSignalling` introduces browsers to each other (WebTorrent).
 * - `errors` is all that a peer can ever be told.
 */
export { createTracker, type Tracker, type TrackerDeps } from './tracker';
export { REFUSAL, type Gate, type Refusal } from './gate';
export { infoHashFromBytes, infoHashFromHex, infoHashToHex, type InfoHash } from './info-hash';
export { TRACKER_DEFAULTS, type TrackerConfig } from './config';
export { TRACKER_ERRORS, type TrackerError, type TrackerErrorCode } from './errors';
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
export { encodeFailure } from './wire/http-reply';
export { formatAddress, parseAddress } from './address';
