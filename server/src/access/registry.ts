/** Every torrent of this site and where it is shown, by info-hash: what the tracker admits. */

import type { Subject } from './decision';
import type { Verdict } from './site-rules';

export interface RegisteredTorrent extends Subject {
  /** `replaced`: a newer revision took its place; nobody may have it or a `taken-down` one any more. */
  readonly state: 'current' | 'replaced' | 'taken-down';
}

/** A torrent and what the one rule said of it last, for the gate to remember. */
export interface Registration {
  readonly torrent: RegisteredTorrent;
  /** That of the torrent, here so that an announce waits for memory once less. */
  readonly state: RegisteredTorrent['state'];
  verdict: Verdict;
  /** Id of the role that was asked about: `null` without one, -1 for Public. */
  role: number | null;
  /** `Access.edition` at that moment; -1 when nobody has asked yet. */
  edition: number;
}

/** Keyed by whatever the tracker calls an info-hash: 20 bytes as a latin1 string. */
export interface Registry<Key extends string> {
  get(infoHash: Key): Registration | undefined;
  /** Forgets what was said of the torrent before. */
  set(infoHash: Key, torrent: RegisteredTorrent): void;
  readonly size: number;
}

export function createRegistry<Key extends string>(): Registry<Key> {
  const torrents = new Map<Key, Registration>();
  return {
    get: (infoHash) => torrents.get(infoHash),
    set(infoHash, torrent) {
      const { state } = torrent;
      torrents.set(infoHash, { torrent, state, verdict: 'no', role: null, edition: -1 });
    },
    get size() {
      return torrents.size;
    },
  };
}
