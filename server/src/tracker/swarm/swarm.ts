/**
 * One torrent's peers. They lie in groups of rows, one for each address family and reach,
 * made when the first such peer comes: who may be told of whom is decided by group, never by peer.
 */
import type { InfoHash } from '../info-hash';
import type { Reach } from '../address';
import { PeerRows } from './peer-rows';
import type { RowLayout } from './row-blocks';
import type { AddressFamily } from './swarm-store';

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
    readonly infoHash: InfoHash,
    /** Lifetime counter, here a copy of the store's so that a reply needs one look-up less. */
    public completed: number,
  ) {}

  get seeders(): number {
    let seeders = (this.v4?.seeders ?? 0) + (this.v6?.seeders ?? 0);
    if (this.near !== null) for (const rows of this.near) seeders += rows?.seeders ?? 0;
    return seeders;
  }

  get downloaders(): number {
    let downloaders = downloadersOf(this.v4) + downloadersOf(this.v6);
    if (this.near !== null) for (const rows of this.near) downloaders += downloadersOf(rows);
    return downloaders;
  }

  get count(): number {
    let count = (this.v4?.count ?? 0) + (this.v6?.count ?? 0);
    if (this.near !== null) for (const rows of this.near) count += rows?.count ?? 0;
    return count;
  }

  /** Whether anybody is on a private or loopback address. */
  get hasNearPeers(): boolean {
    return this.near !== null;
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
    const before = this.count;
    for (let group = 0; group < GROUPS; group += 1) {
      const rows = this.rowsOf(group);
      if (rows === null) continue;
      // Downwards: the rows that fill a gap have been looked at already.
      for (let row = rows.count - 1; row >= 0; row -= 1) {
        if (rows.ownerAt(row) === owner) rows.remove(row);
      }
      this.releaseIfEmpty(group);
    }
    return before - this.count;
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

const downloadersOf = (rows: PeerRows | null): number =>
  rows === null ? 0 : rows.count - rows.idle;
