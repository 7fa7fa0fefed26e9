/** One WebSocket connection, as the signalling sees it. */
import type { InfoHash } from '../info-hash';
import type { AddressFamily } from '../swarm/swarm-store';
import type { Member } from './member';
import type { PendingOffers } from './pending-offers';

/** The socket of a connection. Neither call throws. */
export interface Wire {
  /**
   * Puts a message into the connection's queue.
   * @param text UTF-8, one character per byte
   */
  send(text: string): void;
  /**
   * Puts a message in two parts there, as copies.
   * @param before UTF-8
   * @param source UTF-8: the bytes from `from` to `to`
   */
  pass(before: Uint8Array, source: Uint8Array, from: number, to: number): void;
  /** After what was sent. May report the end before it returns. */
  close(reason: CloseReason): void;
}

export type CloseReason = 'malformed' | 'idle' | 'going-away';

export interface SignallingPeer {
  readonly wire: Wire;
  /** Of the URL by which it connected; every right is asked by it. */
  readonly passkey: string | null;
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly family: AddressFamily;
  /** Which bucket of connections it counts in; `null` when it is not limited. */
  readonly network: string | null;
  /** By the hash that the swarm is kept under: with both hashes of a hybrid it is one member. */
  readonly members: Map<InfoHash, Member>;
  readonly pending: PendingOffers;
  /** Torrents whose completion it has been counted for: joining anew does not count it twice. */
  completed: Set<InfoHash> | null;
  /** Seconds; when it last was in a swarm. */
  seen: number;
  isOpen: boolean;
}
