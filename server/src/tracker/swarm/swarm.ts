/** One torrent's peers: rows of IPv4 and rows of IPv6, made when the first such peer comes. */
import type { InfoHash } from '../info-hash';
import { PeerRows } from './peer-rows';
import type { RowLayout } from './row-blocks';

export class Swarm {
  v4: PeerRows | null = null;
  v6: PeerRows | null = null;

  constructor(
    readonly infoHash: InfoHash,
    /** Lifetime counter, here a copy of the store's so that a reply needs one look-up less. */
    public completed: number,
  ) {}

  get seeders(): number {
    return (this.v4?.seeders ?? 0) + (this.v6?.seeders ?? 0);
  }

  get downloaders(): number {
    return downloadersOf(this.v4) + downloadersOf(this.v6);
  }

  get count(): number {
    return (this.v4?.count ?? 0) + (this.v6?.count ?? 0);
  }

  rowsOf(layout: RowLayout): PeerRows | null {
    return layout.family === 4 ? this.v4 : this.v6;
  }

  makeRows(layout: RowLayout): PeerRows {
    const rows = new PeerRows(layout);
    if (layout.family === 4) this.v4 = rows;
    else this.v6 = rows;
    return rows;
  }

  /** Gives the memory of a family back when its last peer has left. */
  releaseIfEmpty(rows: PeerRows): void {
    if (rows.count > 0) return;
    rows.release();
    if (rows === this.v4) this.v4 = null;
    else if (rows === this.v6) this.v6 = null;
  }

  /** Removes the owner's peers and returns how many they were. */
  dropOwner(owner: number): number {
    return this.dropRowsWhere((other) => other === owner);
  }

  /** Removes the peers of all owners that `hasLost` names; it is asked once per owner. */
  dropOwnersWhere(hasLost: (owner: number) => boolean): number {
    const verdicts = new Map<number, boolean>();
    return this.dropRowsWhere((owner) => {
      let lost = verdicts.get(owner);
      if (lost === undefined) verdicts.set(owner, (lost = hasLost(owner)));
      return lost;
    });
  }

  private dropRowsWhere(isDropped: (owner: number) => boolean): number {
    const before = this.count;
    for (const rows of [this.v4, this.v6]) {
      if (rows === null) continue;
      // Downwards: the rows that fill a gap have been looked at already.
      for (let row = rows.count - 1; row >= 0; row -= 1) {
        if (isDropped(rows.ownerAt(row))) rows.remove(row);
      }
      this.releaseIfEmpty(rows);
    }
    return before - this.count;
  }

  clear(): void {
    this.v4?.release();
    this.v6?.release();
    this.v4 = this.v6 = null;
  }
}

const downloadersOf = (rows: PeerRows | null): number =>
  rows === null ? 0 : rows.count - rows.idle;
