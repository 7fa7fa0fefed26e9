/** Every number of the signalling that bounds what a peer can cost. */

export interface SignallingConfig {
  /**
   * Seconds between two announces. Shorter than over HTTP, because only an announce brings offers
   * to the others; who leaves is known at once by his connection.
   */
  readonly interval: number;
  /** Offers passed on per announce, whatever the client sends. */
  readonly maxOffers: number;
  /** Bytes of one session description. Browsers write 500 to 3000 for a data channel. */
  readonly maxDescription: number;
  /** Info-hashes answered per scrape. */
  readonly maxScrape: number;
  readonly maxConnections: number;
  /** Connections per network (IPv4 /24, IPv6 /56). */
  readonly maxConnectionsPerNetwork: number;
  readonly maxTorrentsPerConnection: number;
  readonly maxPeersPerTorrent: number;
  /** Memberships of all connections together. */
  readonly maxPeers: number;
  /** Offers that one connection was sent and may still answer; one more forgets the oldest. */
  readonly maxPendingOffers: number;
  /** Seconds that an offer can be answered. Clients give theirs up after 50. */
  readonly offerLifetime: number;
  /** Seconds after which a connection without a torrent is closed. */
  readonly idleTimeout: number;
}

export const SIGNALLING_DEFAULTS: SignallingConfig = {
  interval: 120,
  maxOffers: 10,
  maxDescription: 16_384,
  maxScrape: 100,
  maxConnections: 20_000,
  maxConnectionsPerNetwork: 256,
  maxTorrentsPerConnection: 200,
  maxPeersPerTorrent: 10_000,
  maxPeers: 200_000,
  maxPendingOffers: 256,
  offerLifetime: 60,
  idleTimeout: 240,
};
