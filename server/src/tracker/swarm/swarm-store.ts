/**
 * What every keeper of swarms can do. There is one atomic announce call (put, graduate, delete,
 * pick peers, count) instead of one method each: nothing can be forgotten between two of them, and
 * a store on the network needs one round trip. `tests/contract/swarm-store-contract.ts` is the
 * other half of this interface: each store has to pass it.
 */
import type { Eventually } from '../clock';
import type { InfoHash } from '../info-hash';

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
  /** 0..2^32-1: whose right lets the peer be here. */
  owner: number;
  role: PeerRole;
  /** The peer says goodbye: it is removed and gets no peers. */
  leaving: boolean;
  /**
   * The peer says that it has finished its download. Counted once, and only of a peer that was here
   * before with something left: not of strangers, and not of those who came complete.
   */
  completing: boolean;
  /** Peers to pick at most. */
  want: number;
}

/** Counts include the announcing peer; a memory store reuses the object for the next announce. */
export interface SwarmAnswer {
  seeders: number;
  /** Partial seeds and downloaders. */
  leechers: number;
  downloaders: number;
  completed: number;
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
  totals(): StoreTotals;

  /** Sets the lifetime counter, as it was saved before a restart. */
  restoreCompleted(infoHash: InfoHash, completed: number): void;
  /** Lifetime counters that moved since the last call. */
  takeChangedCompleted(): Map<InfoHash, number>;

  /** All peers of the torrent leave; its lifetime counter stays. */
  dropPeers(infoHash: InfoHash): void;
  /** All peers of the torrent leave and its counter is forgotten. */
  dropSwarm(infoHash: InfoHash): void;
  /** The peers of this owner leave one swarm, or every swarm (`null`). Returns how many they were. */
  dropOwner(infoHash: InfoHash | null, owner: number): number;
  /**
   * The peers of all owners that `hasLost` names leave the swarm; it is asked once per owner.
   * Returns how many peers they were.
   */
  dropOwnersWhere(infoHash: InfoHash, hasLost: (owner: number) => boolean): number;

  /**
   * One slice of the endless walk that removes peers not heard of for `maxAge` seconds.
   * Holds the loop for a few milliseconds at most; `true` when it has come round.
   */
  sweep(maxAge: number): boolean;
}
