/**
 * The BitTorrent tracker, pure: no Strapi, no sockets, no clock of its own.
 *
 * - `createTracker` decides and keeps swarms; `Gate` is the question it asks about every reader.
 * - `createHttpEndpoint` and `createUdpEndpoint` are its wire formats; transports put sockets around
 *   them.
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

export { createHttpEndpoint, type HttpEndpoint, type HttpEndpointDeps } from './wire/http-endpoint';
export {
  createUdpEndpoint,
  type UdpEndpoint,
  type UdpEndpointDeps,
  type UdpSilence,
} from './wire/udp-endpoint';
export { MAX_REPLY_BYTES as MAX_UDP_REPLY_BYTES } from './wire/udp-packet';
export { encodeFailure } from './wire/http-reply';
export { formatAddress, parseAddress } from './address';
