/**
 * Takes a lost right out of what was granted by it: peers leave the swarms that their owner may no
 * longer see, and web-seed transfers are cut. The gate refuses by itself from the first moment on;
 * this looks at who came in before. Nothing of it runs per announce.
 */

import type { Transfers } from './transfers';

export interface Revocation<Key extends string> {
  /** A torrent is shown elsewhere now, or nowhere. Done when this returns. */
  torrentChanged(infoHash: Key): void;
  /** Roles or users are different now: all swarms are looked at, in slices. */
  rightsChanged(): void;
  /** The key by which an owner came in is no longer valid; `null`: for any torrent. */
  keyWithdrawn(owner: number, infoHash: Key | null): void;
  stop(): void;
}

/** What is needed of the tracker. */
export interface RevocableSwarms<Key extends string> {
  forEachSwarm(visit: (infoHash: Key) => void): void;
  dropOwnersWhere(infoHash: Key, hasLost: (owner: number) => boolean): number;
  dropOwner(owner: number): number;
}

export interface RevocationDeps<Key extends string> {
  swarms: RevocableSwarms<Key>;
  transfers: Transfers<Key>;
  mayStay: (infoHash: Key, owner: number) => boolean;
  /** Milliseconds, never going back. */
  clock: () => number;
  /** An exception in a timer would end the whole of Strapi. */
  onFault: (error: unknown) => void;
}

/** Milliseconds for which announces wait at most while swarms are looked at. */
const SLICE_MS = 3;

export function createRevocation<Key extends string>(deps: RevocationDeps<Key>): Revocation<Key> {
  const { swarms, transfers, mayStay, clock } = deps;
  let pass: NodeJS.Immediate | null = null;
  let isStale = false;

  function lookAt(infoHash: Key): void {
    swarms.dropOwnersWhere(infoHash, (owner) => !mayStay(infoHash, owner));
  }

  function walk(keys: readonly Key[], from: number): void {
    pass = null;
    const end = clock() + SLICE_MS;
    let at = from;
    try {
      for (; at < keys.length && clock() < end; at += 1) lookAt(keys[at] as Key);
    } catch (error) {
      at += 1; // the others lose nothing by it
      deps.onFault(error);
    }
    if (at < keys.length) pass = setImmediate(walk, keys, at);
    else if (isStale) begin();
  }

  function begin(): void {
    isStale = false;
    const keys: Key[] = [];
    swarms.forEachSwarm((infoHash) => keys.push(infoHash));
    walk(keys, 0);
  }

  return {
    torrentChanged(infoHash) {
      transfers.cut((other, owner) => other === infoHash && !mayStay(infoHash, owner));
      lookAt(infoHash);
    },
    rightsChanged() {
      transfers.cut((infoHash, owner) => !mayStay(infoHash, owner));
      // Whoever announces during the walk has passed the gate with the new rights.
      if (pass === null) begin();
      else isStale = true;
    },
    keyWithdrawn(owner, infoHash) {
      transfers.cut((other, of) => of === owner && (infoHash === null || other === infoHash));
      if (infoHash === null) swarms.dropOwner(owner);
      else swarms.dropOwnersWhere(infoHash, (other) => other === owner);
    },
    stop() {
      if (pass !== null) clearImmediate(pass);
      pass = null;
    },
  };
}
