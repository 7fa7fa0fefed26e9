/**
 * The peers of one swarm and one address family as consecutive rows, sorted by role
 * (`[seeders | partial seeds | downloaders]`), so that those whom a peer may meet are one slice.
 * Every change is a constant number of row moves (swap-remove across the two borders).
 */
import { AddressIndex, hashAddress, type HashedRows } from './address-index';
import { RowBlocks } from './row-blocks';
import { ROLE, type PeerRole } from './swarm-store';

/** From here on a walk over all rows costs more than the index. */
const INDEX_ABOVE = 128;
const INDEX_BELOW = 80;

export class PeerRows extends RowBlocks implements HashedRows {
  /** Rows [0, seeders). */
  seeders = 0;
  /** Rows [seeders, idle) are partial seeds, rows [idle, count) downloaders. */
  idle = 0;
  count = 0;
  private index: AddressIndex | null = null;

  /** Row of the peer with exactly this address and port, or -1. */
  find(endpoint: Uint8Array): number {
    const { index } = this;
    if (index === null) return this.findByWalk(endpoint);
    let slot = index.first(this.hash(endpoint, 0));
    for (let row = index.rowAt(slot); row >= 0; row = index.rowAt(slot)) {
      if (this.isAt(row, endpoint)) return row;
      slot = index.after(slot);
    }
    return -1;
  }

  /** Over the rows of a swarm so small that they lie in one block. */
  private findByWalk(endpoint: Uint8Array): number {
    const { count } = this;
    const { stride } = this.layout;
    const { endpoints } = this.pageOf(0);
    // The low byte of the port alone rules nearly all others out.
    const last = endpoint[stride - 1];
    let at = this.placeOf(0) * stride + stride - 1;
    for (let row = 0; row < count; row += 1) {
      if (endpoints[at] === last && this.isAt(row, endpoint)) return row;
      at += stride;
    }
    return -1;
  }

  /** When the address holds `cap` rows or more: the one that was silent for longest; else -1. */
  crowdedOut(endpoint: Uint8Array, cap: number): number {
    if (this.count < cap) return -1;
    const { index } = this;
    let held = 0;
    let stalest = -1;
    let slot = index === null ? 0 : index.first(this.hash(endpoint, 0));
    for (;;) {
      // Without an index, the slots are the rows themselves.
      const row = index === null ? slot : index.rowAt(slot);
      if (row < 0 || row >= this.count) break;
      if (this.hasAddress(row, endpoint)) {
        held += 1;
        if (stalest < 0 || this.stampAt(row) < this.stampAt(stalest)) stalest = row;
      }
      slot = index === null ? slot + 1 : index.after(slot);
    }
    return held < cap ? -1 : stalest;
  }

  insert(endpoint: Uint8Array, role: PeerRole, owner: number, stamp: number): number {
    if (this.count === this.capacity) this.grow(this.count);
    let row = this.count;
    this.count += 1;
    this.layout.pool.peers += 1;
    if (role !== ROLE.downloader) {
      this.move(this.idle, row);
      row = this.idle;
      this.idle += 1;
    }
    if (role === ROLE.seeder) {
      this.move(this.seeders, row);
      row = this.seeders;
      this.seeders += 1;
    }
    const { stride } = this.layout;
    const { endpoints } = this.pageOf(row);
    copyBytes(endpoint, 0, endpoints, this.placeOf(row) * stride, stride);
    this.update(row, owner, stamp);
    if (this.index !== null) this.index.add(row);
    else if (this.count > INDEX_ABOVE) this.buildIndex();
    return row;
  }

  remove(row: number): void {
    this.index?.remove(row);
    let gap = row;
    if (gap < this.seeders) {
      this.seeders -= 1;
      this.move(this.seeders, gap);
      gap = this.seeders;
    }
    if (gap < this.idle) {
      this.idle -= 1;
      this.move(this.idle, gap);
      gap = this.idle;
    }
    this.count -= 1;
    this.layout.pool.peers -= 1;
    this.move(this.count, gap);
    if (this.count < INDEX_BELOW) this.index = null;
    this.shrink(this.count);
  }

  update(row: number, owner: number, stamp: number): void {
    const { notes } = this.pageOf(row);
    const at = 2 * this.placeOf(row);
    notes[at] = owner;
    notes[at + 1] = stamp;
  }

  roleAt(row: number): PeerRole {
    if (row < this.seeders) return ROLE.seeder;
    return row < this.idle ? ROLE.partialSeed : ROLE.downloader;
  }

  ownerAt(row: number): number {
    return this.pageOf(row).notes[2 * this.placeOf(row)] ?? 0;
  }

  stampAt(row: number): number {
    return this.pageOf(row).notes[2 * this.placeOf(row) + 1] ?? 0;
  }

  addressHashAt(row: number): number {
    const { endpoints } = this.pageOf(row);
    return this.hash(endpoints, this.placeOf(row) * this.layout.stride);
  }

  /** Forgets all peers; the memory stays for the next ones. */
  clear(): void {
    this.layout.pool.peers -= this.count;
    this.seeders = this.idle = this.count = 0;
    this.index = null;
    this.shrink(0);
  }

  /** Gives the memory back. The object must not be used for a peer again. */
  release(): void {
    this.releaseBlocks();
    this.layout.pool.peers -= this.count;
    this.seeders = this.idle = this.count = 0;
    this.index = null;
  }

  private isAt(row: number, endpoint: Uint8Array): boolean {
    return this.startsWith(row, endpoint, this.layout.stride);
  }

  private hasAddress(row: number, endpoint: Uint8Array): boolean {
    return this.startsWith(row, endpoint, this.layout.addressBytes);
  }

  /** Compares from the end, where ports and addresses of one network differ most. */
  private startsWith(row: number, endpoint: Uint8Array, length: number): boolean {
    const { endpoints } = this.pageOf(row);
    const at = this.placeOf(row) * this.layout.stride;
    for (let i = length - 1; i >= 0; i -= 1) if (endpoints[at + i] !== endpoint[i]) return false;
    return true;
  }

  private hash(bytes: Uint8Array, at: number): number {
    return hashAddress(bytes, at, this.layout.addressBytes, this.layout.seed);
  }

  private move(from: number, to: number): void {
    if (from === to) return;
    this.index?.move(from, to);
    const { stride } = this.layout;
    const [source, target] = [this.pageOf(from), this.pageOf(to)];
    const [here, there] = [this.placeOf(from), this.placeOf(to)];
    copyBytes(source.endpoints, here * stride, target.endpoints, there * stride, stride);
    target.notes[2 * there] = source.notes[2 * here] ?? 0;
    target.notes[2 * there + 1] = source.notes[2 * here + 1] ?? 0;
  }

  private buildIndex(): void {
    this.index = new AddressIndex(this, this.count);
    for (let row = 0; row < this.count; row += 1) this.index.add(row);
  }
}

function copyBytes(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  length: number,
): void {
  for (let i = 0; i < length; i += 1) target[to + i] = source[from + i] ?? 0;
}
