/** Every number of the tracker that an operator may ask about. */
export interface TrackerConfig {
  /** Seconds between two announces of a peer. A peer that stays away twice as long is forgotten. */
  readonly interval: number;
  /** Seconds that a client should wait at least, even when its user presses "update tracker". */
  readonly minInterval: number;
  /** Peers in a reply when the client does not say how many it wants. */
  readonly numwant: number;
  /** Peers in a reply at most, whatever the client wants. */
  readonly maxNumwant: number;
  /** Peers kept per torrent; who comes later gets peers, but is not handed out himself. */
  readonly maxPeersPerTorrent: number;
  /**
   * Peers kept per torrent and address (IPv4) or /64 network (IPv6, where one host owns 2^64
   * addresses); one more makes the one that was silent for longest leave, so that a client that
   * restarts on new ports is never locked out.
   */
  readonly maxPeersPerAddress: number;
  /** Refuse peers that claim a port below 1024 or one where other services usually listen. */
  readonly refuseServicePorts: boolean;
}

export const TRACKER_DEFAULTS: TrackerConfig = {
  interval: 600,
  minInterval: 60,
  numwant: 50,
  maxNumwant: 200,
  maxPeersPerTorrent: 100_000,
  maxPeersPerAddress: 32,
  refuseServicePorts: true,
};
