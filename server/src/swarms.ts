/** The tracker's swarms as the rest of the plugin sees them: by hexadecimal info-hash, browsers included. */

import type { RevocableSwarms } from './access';
import type { Swarms } from './library';
import {
  infoHashFromHex,
  infoHashToHex,
  type InfoHash,
  type Signalling,
  type Tracker,
} from './tracker';

/** Whoever loses a right leaves both: the peers with addresses, and the browsers. */
export function bothSwarms(tracker: Tracker, signalling: Signalling): RevocableSwarms<InfoHash> {
  return {
    forEachSwarm(visit) {
      tracker.forEachSwarm((infoHash) => visit(infoHash));
      signalling.forEachSwarm((infoHash) => visit(infoHash));
    },
    dropOwnersWhere: (infoHash, hasLost) =>
      tracker.dropOwnersWhere(infoHash, hasLost) + signalling.dropOwnersWhere(infoHash, hasLost),
    dropOwner: (owner) => tracker.dropOwner(owner) + signalling.dropOwner(owner),
  };
}

/** What the site shows of a torrent: its IP peers and its browsers together. */
export function swarmsOf(tracker: Tracker, signalling: Signalling): Swarms {
  return {
    counts(infoHash) {
      const key = trackerKey(infoHash);
      const { seeders, leechers, completed } = tracker.counts(key);
      const browsers = signalling.counts(key);
      return {
        seeders: seeders + browsers.seeders,
        leechers: leechers + browsers.leechers,
        completed,
      };
    },
    restoreCompleted: (infoHash, n) => tracker.restoreCompleted(trackerKey(infoHash), n),
    takeChangedCompleted: () =>
      [...tracker.takeChangedCompleted()].map(([key, n]) => [infoHashToHex(key), n] as const),
  };
}

/** @throws RangeError for what is no info-hash: our own tables hold nothing else */
export function trackerKey(infoHash: string): InfoHash {
  const key = infoHashFromHex(infoHash);
  if (key === null) throw new RangeError(`not an info-hash: ${infoHash}`);
  return key;
}
