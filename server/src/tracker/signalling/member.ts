/** A connection in one swarm: that, and not what it calls itself, is who a peer is. */
import type { InfoHash } from '../info-hash';
import type { SignallingPeer } from './peer';
import type { SignallingSwarm } from './signalling-swarm';

export interface Member {
  readonly peer: SignallingPeer;
  readonly swarm: SignallingSwarm;
  /** As the client says: of a hybrid it knows one hash, and the swarm may be kept under the other. */
  infoHash: InfoHash;
  /** As the client says; it goes into messages, and nothing is looked up by it. */
  peerId: string;
  /** The first half of what is passed on from here to those who know the torrent by the same hash. */
  sender: Uint8Array;
  /** Whose right lets it be here. */
  owner: number;
  isSeeder: boolean;
  /** Place in the swarm's list of its kind; -1 when it has left. */
  index: number;
  /** Seconds. */
  seen: number;
  /** Its completed download is counted already, or it came complete. */
  counted: boolean;
}
