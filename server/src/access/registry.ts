/** Every torrent of this site and where it is shown, by info-hash: what the tracker admits. */

import type { Subject } from './decision';

export interface RegisteredTorrent extends Subject {
  /** `replaced`: a newer revision took its place; nobody may have it or a `taken-down` one any more. */
  readonly state: 'current' | 'replaced' | 'taken-down';
}

/** Keyed by whatever the tracker calls an info-hash: 20 bytes as a latin1 string. */
export interface Registry<Key extends string> {
  get(infoHash: Key): RegisteredTorrent | undefined;
  set(infoHash: Key, torrent: RegisteredTorrent): void;
  delete(infoHash: Key): void;
  readonly size: number;
}

export function createRegistry<Key extends string>(): Registry<Key> {
  const torrents = new Map<Key, RegisteredTorrent>();
  return {
    get: (infoHash) => torrents.get(infoHash),
    set: (infoHash, torrent) => void torrents.set(infoHash, torrent),
    delete: (infoHash) => void torrents.delete(infoHash),
    get size() {
      return torrents.size;
    },
  };
}
