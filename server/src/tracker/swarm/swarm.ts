/**
 * One torrent's peers. They lie in groups of rows, one for each address family and reach,
 * made when the first such peer comes: who may be told of whom is decided by group, never by peer.
 */
import type { Reach } from '../address';
import { PeerRows } from './peer-rows';
import type { RowLayout } from './row-blocks';
import type { AddressFamily, SwarmCounts } from './swarm-store';

/** Groups are numbered: two of each reach, IPv4 first. */
export const GROUPS = 6;

export function groupOf(family: AddressFamily, reach: Reach): number {
  return reach * 2 + (family === 4 ? 0 : 1);
}

export function familyOfGroup(group: number): AddressFamily {
  return (group & 1) === 0 ? 4 : 6;
}

export class Swarm {
  /** Peers that everybody can reach: all there are, for most swarms. */
  v4: PeerRows | null = null;
  v6: PeerRows | null = null;
  /** The other groups, from 2 on. */
  private near: (PeerRows | null)[] | null = null;

  constructor(
    /** Its number in the table of swarms; -1 when it is there no more. */
    public record: number,
    /** Lifetime counter, here a copy of the store's so that a reply needs one look-up less. */
    public completed: number,
  ) {}

  get count(): number {
    let count = (this.v4?.count ?? 0) + (this.v6?.count ?? 0);
    if (this.near !== null) for (const rows of this.near) count += rows?.count ?? 0;
    return count;
  }

  /** Says in `counts` who is here. */
  countInto(counts: Omit<SwarmCounts, 'completed'>): void {
    counts.seeders = counts.leechers = counts.downloaders = 0;
    addCounts(this.v4, counts);
    addCounts(this.v6, counts);
    if (this.near !== null) for (const rows of this.near) addCounts(rows, counts);
  }

  /** Whether anybody is on a private or loopback address. */
  get hasNearPeers(): boolean {
    return this.near !== null;
  }

  /** The rows of all its peers when these are public ones of IPv4; else `null`. */
  get onlyPublicIPv4(): PeerRows | null {
    return this.v6 === null && this.near === null ? this.v4 : null;
  }

  rowsOf(group: number): PeerRows | null {
    if (group === 0) return this.v4;
    if (group === 1) return this.v6;
    return this.near?.[group - 2] ?? null;
  }

  makeRows(group: number, layout: RowLayout): PeerRows {
    const rows = new PeerRows(layout);
    this.setRows(group, rows);
    return rows;
  }

  /** Gives the memory of a group back when its last peer has left. */
  releaseIfEmpty(group: number): void {
    const rows = this.rowsOf(group);
    if (rows === null || rows.count > 0) return;
    rows.release();
    this.setRows(group, null);
    if (this.near?.every((it) => it === null) === true) this.near = null;
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
    for (let group = 0; group < GROUPS; group += 1) {
      const rows = this.rowsOf(group);
      if (rows === null) continue;
      // Downwards: the rows that fill a gap have been looked at already.
      for (let row = rows.count - 1; row >= 0; row -= 1) {
        if (isDropped(rows.ownerAt(row))) rows.remove(row);
      }
      this.releaseIfEmpty(group);
    }
    return before - this.count;
  }

  /** Its peers go to `other`, which has none; public ones of IPv4 into rows of their own there. */
  moveTo(other: Swarm, layout4: RowLayout): void {
    const { v4 } = this;
    if (v4 !== null && v4.count > 0) {
      const rows = other.makeRows(0, layout4);
      const endpoint = new Uint8Array(layout4.stride);
      for (let row = 0; row < v4.count; row += 1) {
        v4.copyRow(row, endpoint, 0);
        rows.insert(endpoint, v4.roleAt(row), v4.ownerAt(row), v4.stampAt(row));
      }
      v4.clear();
    }
    other.v6 = this.v6;
    other.near = this.near;
    this.v6 = this.near = null;
  }

  clear(): void {
    for (let group = 0; group < GROUPS; group += 1) {
      this.rowsOf(group)?.release();
      this.setRows(group, null);
    }
    this.near = null;
  }

  private setRows(group: number, rows: PeerRows | null): void {
    if (group === 0) this.v4 = rows;
    else if (group === 1) this.v6 = rows;
    else if (this.near !== null) this.near[group - 2] = rows;
    else if (rows !== null) {
      this.near = new Array<PeerRows | null>(GROUPS - 2).fill(null);
      this.near[group - 2] = rows;
    }
  }
}

function addCounts(rows: PeerRows | null, counts: Omit<SwarmCounts, 'completed'>): void {
  if (rows === null) return;
  counts.seeders += rows.seeders;
  counts.leechers += rows.count - rows.seeders;
  counts.downloaders += rows.count - rows.idle;
}
