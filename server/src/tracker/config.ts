/** Every number of the tracker that an operator may ask about. */
export interface TrackerConfig {
  /**
   * Seconds between two announces of a peer, at most. Swarms of up to 50 peers are told 360 s, of
   * up to 500 twice that, and so on with every factor of ten until this is reached; chance makes
   * each a tenth shorter or longer, within the 300 to 10,800 s that tracker lists accept. A peer
   * that stays away twice as long as it was told is forgotten.
   */
  readonly interval: number;
  /**
   * Seconds that a client should wait at least, even when its user presses "update tracker". Who
   * comes earlier and has no news gets the same peers once more, and nothing is written.
   */
  readonly minInterval: number;
  /** Peers in a reply when the client does not say how many it wants. */
  readonly numwant: number;
  /** Peers in a reply at most, whatever the client wants. */
  readonly maxNumwant: number;
  /** Peers kept per torrent; who comes later gets peers, but is not handed out himself. */
  readonly maxPeersPerTorrent: number;
  /** Peers kept in all swarms together: a million IPv4 peers take some 25 MB. */
  readonly maxPeers: number;
  /**
   * Swarms that have a peer. Only registered torrents get that far; this bounds what hundreds of
   * thousands of them, each with one forged peer, could cost (about 110 bytes each; 320 where its one peer has an IPv6 address).
   */
  readonly maxSwarms: number;
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
  interval: 1800,
  minInterval: 60,
  numwant: 50,
  maxNumwant: 200,
  maxPeersPerTorrent: 100_000,
  maxPeers: 1_000_000,
  maxSwarms: 1_000_000,
  maxPeersPerAddress: 32,
  refuseServicePorts: true,
};
