/**
 * The door of the tracker. Who may is decided outside (`access`); the tracker only asks.
 */
import type { InfoHash } from './info-hash';

/** Why a reader may not have a torrent; each has its text in the catalogue of `errors`. */
export const REFUSAL = {
  /** The list of torrents is not loaded yet. */
  starting: -1,
  /** No such torrent here. */
  notRegistered: -2,
  /** The Public role may not have it, and no passkey came. */
  passkeyRequired: -3,
  /** Unknown, rotated, or of a blocked user: one answer for all three. */
  passkeyUnknown: -4,
  /** A known user whose role may not have it. */
  forbidden: -5,
  /** Registered, but not published now. */
  closed: -6,
  /** A newer revision took its place. */
  replaced: -7,
  /** An administrator took it down. */
  takenDown: -8,
} as const;

export type Refusal = (typeof REFUSAL)[keyof typeof REFUSAL];

export interface Gate {
  /**
   * Called synchronously once per announce and per scraped hash: answers from memory, allocates
   * nothing when it admits.
   * @param passkey as the client sent it, at most 129 characters, never empty; `null` without one
   * @returns the owner of the peer (0 = the Public role, n > 0 = a user, at most 2^32 - 1) or a
   *   {@link Refusal}
   */
  admit(infoHash: InfoHash, passkey: string | null): number;

  /**
   * Whether a peer of this owner (a result of {@link admit}) may still be in the swarm: asked for
   * each peer of a snapshot. Without an answer all may.
   */
  mayStay?(infoHash: InfoHash, owner: number): boolean;
}
