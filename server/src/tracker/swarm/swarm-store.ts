/**
 * What every keeper of swarms can do. There is one atomic announce call (put, graduate, delete,
 * pick peers, count) instead of one method each: nothing can be forgotten between two of them, and
 * a store on the network needs one round trip. `tests/contract/swarm-store-contract.ts` is the
 * other half of this interface: each store has to pass it.
 */
import type { Eventually } from '../clock';
import type { InfoHash } from '../info-hash';
import type { SnapshotProblem } from './snapshot';

/** The order in which peers lie in memory, so that "who wants data" is one contiguous slice. */
export const ROLE = {
  seeder: 0,
  /** BEP 21: has some files, wants no more. Counts as a leecher, but is nobody's customer. */
  partialSeed: 1,
  downloader: 2,
} as const;

export type PeerRole = (typeof ROLE)[keyof typeof ROLE];

export type AddressFamily = 4 | 6;

/** One announce as the store sees it. The caller may reuse the object after the call. */
export interface PeerUpdate {
  infoHash: InfoHash;
  family: AddressFamily;
  /** Who the peer is: 4 or 16 bytes of address and 2 of port (big-endian), from index 0 on. */
  endpoint: Uint8Array;
  /** 32 bits (signed) drawn for this endpoint, the same each time: whom it is told of goes by them. */
  lot: number;
  /** 0..2^32-1: whose right lets the peer be here. */
  owner: number;
  role: PeerRole;
  /** The peer says goodbye: it is removed and gets no peers. */
  leaving: boolean;
  /**
   * The peer has nothing left (it is a seeder), and says that it has finished its download. Counted once
   * as long as it is here, and only of a peer that has said before that something was left: not of
   * strangers, and not of those who came complete.
   */
  completing: boolean;
  /**
   * The announce may be told by its event to bring nothing new. When it then comes earlier than
   * the minimum interval and changes nothing, it gets the same peers again and nothing is written.
   */
  mayRepeat: boolean;
  /**
   * It starts with nothing left, and may just not know how much there is, as aria2 with a magnet: it is
   * told of seeders as a downloader is, or it would find nobody who has the info dictionary.
   */
  mayLackInfo: boolean;
  /** Peers to pick at most. */
  want: number;
  /** Only peers of its own address family: a packet of UDP has no place for others (BEP 15). */
  ownFamilyOnly: boolean;
}

/** Counts include the announcing peer; a memory store reuses the object for the next announce. */
export interface SwarmAnswer {
  seeders: number;
  /** Partial seeds and downloaders. */
  leechers: number;
  downloaders: number;
  completed: number;
  /** True when this announce was the one that counted as a finished download. */
  isCompletion: boolean;
  /** By which the peer's interval goes; the store forgets the peer by it as well. */
  sizeClass: number;
  /** `count4` endpoints of 6 bytes. */
  peers4: Buffer;
  count4: number;
  /** `count6` endpoints of 18 bytes. */
  peers6: Buffer;
  count6: number;
}

/** An answer of nobody, with room for `maxNumwant` peers of each family. */
export function createSwarmAnswer(maxNumwant: number): SwarmAnswer {
  return {
    seeders: 0,
    leechers: 0,
    downloaders: 0,
    completed: 0,
    isCompletion: false,
    sizeClass: 0,
    peers4: Buffer.alloc(maxNumwant * 6),
    count4: 0,
    peers6: Buffer.alloc(maxNumwant * 18),
    count6: 0,
  };
}

export interface SwarmCounts {
  seeders: number;
  leechers: number;
  /** Leechers without the partial seeds (BEP 21). */
  downloaders: number;
  /** Finished downloads in the life of the torrent, not only of the peers present. */
  completed: number;
}

export interface StoreTotals {
  /** Swarms that have a peer. */
  swarms: number;
  peers4: number;
  peers6: number;
}

export interface SwarmStore {
  announce(update: PeerUpdate): Eventually<SwarmAnswer>;

  counts(infoHash: InfoHash): SwarmCounts;
  /** Calls `visit` for each swarm that has a peer. */
  forEachSwarm(
    visit: (infoHash: InfoHash, seeders: number, leechers: number, completed: number) => void,
  ): void;
  /** Costs the same however many there are. */
  totals(): StoreTotals;

  /** Sets the lifetime counter, as it was saved before a restart. */
  restoreCompleted(infoHash: InfoHash, completed: number): void;
  /** Raises the lifetime counter by one; the torrent needs no swarm for it. */
  countCompleted(infoHash: InfoHash): void;
  /** Lifetime counters that moved since the last call. */
  takeChangedCompleted(): Map<InfoHash, number>;

  /**
   * The peers of `from` join `into`, as far as there is room, and so does its lifetime counter:
   * two info-hashes turn out to be one torrent.
   */
  merge(from: InfoHash, into: InfoHash): void;

  /** The peers of this owner leave every swarm. Returns how many they were. */
  dropOwner(owner: number): number;
  /**
   * The peers of all owners that `hasLost` names leave the swarm; it is asked once per owner.
   * Returns how many peers they were.
   */
  dropOwnersWhere(infoHash: InfoHash, hasLost: (owner: number) => boolean): number;

  /**
   * One slice of the endless walk that removes peers not heard of for `maxAges[sizeClass]` seconds,
   * by the size class that they were answered with. Holds the loop for a few milliseconds at most;
   * `true` when it has come round.
   */
  sweep(maxAges: readonly number[]): boolean;

  /**
   * The living swarms as bytes, in slices of about a millisecond; lifetime counters are not in it.
   * A store that outlives the process has no need of it.
   * @param wallClock milliseconds since 1970
   */
  snapshot?(wallClock: number): Generator<Buffer, void>;
  /** Adds the peers of a snapshot to those that are there, in slices as well. */
  restore?(snapshot: Buffer, rules: RestoreRules): Generator<undefined, RestoreOutcome>;
}

export interface RestoreRules {
  /** Milliseconds since 1970. */
  readonly wallClock: number;
  /** As for {@link SwarmStore.sweep}: who would have been forgotten meanwhile stays away. */
  readonly maxAges: readonly number[];
  /** The torrent that a peer of this owner goes to; `null` when it must not come back. */
  place(infoHash: InfoHash, owner: number): InfoHash | null;
}

export type RestoreOutcome =
  /** `left` were too old, not welcome any more, or found no room. */
  | { readonly kind: 'restored'; readonly peers: number; readonly left: number }
  | { readonly kind: 'refused'; readonly reason: SnapshotProblem };
