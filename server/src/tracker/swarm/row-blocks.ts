/**
 * Where the rows of one swarm lie: in one block while they are few, then in blocks of the largest
 * size, so that a swarm of any size grows without being copied.
 */
import { blockSizeFor, LARGEST_BLOCK, type PeerPage, type PeerPool } from './peer-pool';
import type { AddressFamily } from './swarm-store';

/** What the rows of one address family have in common. */
export interface RowLayout {
  readonly family: AddressFamily;
  /** Bytes of an endpoint. */
  readonly stride: 6 | 18;
  /** Leading bytes that count as one address: all four of IPv4, the /64 network of IPv6. */
  readonly addressBytes: 4 | 8;
  readonly pool: PeerPool;
  /** Random, per store. */
  readonly seed: number;
}

/** Where endpoints are copied to: one memory in two shapes. */
export interface Endpoints {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

interface Block {
  readonly page: PeerPage;
  readonly start: number;
}

/** Of a row's number: the bits that say which of the largest blocks, and where in it. */
const BLOCK_BITS = Math.log2(LARGEST_BLOCK);
const IN_BLOCK = LARGEST_BLOCK - 1;
/** Rows that must be free beyond the last block before it is given back. */
const SLACK = LARGEST_BLOCK / 2;

/** Bytes from which on the engine's own copying is faster than a loop, its two objects included. */
const LONG_RUN = 300;

export class RowBlocks {
  private first: PeerPage;
  private firstStart: number;
  /** Block n + 1; `first` is of the largest size when there are any. */
  private more: Block[] | null = null;

  constructor(readonly layout: RowLayout) {
    this.first = layout.pool.pageFor(blockSizeFor(1));
    this.firstStart = layout.pool.take(this.first);
  }

  /** Copies the endpoints of rows [from, to) to place `at` (counted in endpoints) of `out`. */
  copy(from: number, to: number, out: Uint8Array, at: number): void {
    const { stride } = this.layout;
    for (let row = from; row < to;) {
      const end = Math.min(to, (row | IN_BLOCK) + 1);
      const place = this.placeOf(row);
      const { endpoints } = this.pageOf(row);
      const bytes = endpoints.subarray(place * stride, (place + end - row) * stride);
      out.set(bytes, (at + row - from) * stride);
      row = end;
    }
  }

  /** As {@link copy}, without an object per run while runs are short. */
  copyTo(from: number, to: number, out: Endpoints, at: number): void {
    const { stride } = this.layout;
    for (let row = from; row < to;) {
      const end = Math.min(to, (row | IN_BLOCK) + 1);
      const { endpoints, view } = this.pageOf(row);
      const first = this.placeOf(row) * stride;
      const length = (end - row) * stride;
      const target = (at + row - from) * stride;
      if (length > LONG_RUN) out.bytes.set(endpoints.subarray(first, first + length), target);
      else copyShort(view, first, length, out.view, target);
      row = end;
    }
  }

  /** The endpoint of one row, to the byte `at` of `out`. */
  copyRow(row: number, out: Uint8Array, at: number): void {
    const { stride } = this.layout;
    const { endpoints } = this.pageOf(row);
    const from = this.placeOf(row) * stride;
    for (let i = 0; i < stride; i += 1) out[at + i] = endpoints[from + i] ?? 0;
  }

  protected get capacity(): number {
    return this.more === null ? this.first.blockSize : (this.more.length + 1) * LARGEST_BLOCK;
  }

  protected pageOf(row: number): PeerPage {
    return row < LARGEST_BLOCK ? this.first : this.blockOf(row).page;
  }

  /** Number of a row inside its page. */
  protected placeOf(row: number): number {
    if (row < LARGEST_BLOCK) return this.firstStart + row;
    return this.blockOf(row).start + (row & IN_BLOCK);
  }

  /** Makes room for one more than the `count` rows that fill all. */
  protected grow(count: number): void {
    if (count < LARGEST_BLOCK) {
      this.relocate(count, blockSizeFor(count + 1));
      return;
    }
    const { pool } = this.layout;
    const page = pool.pageFor(LARGEST_BLOCK);
    this.more ??= [];
    this.more.push({ page, start: pool.take(page) });
  }

  /** Gives memory back that `count` rows do not need. */
  protected shrink(count: number): void {
    if (this.more !== null) {
      if (count + LARGEST_BLOCK + SLACK > this.capacity) return;
      const last = this.more.pop();
      if (last !== undefined) this.layout.pool.giveBack(last.page, last.start);
      if (this.more.length === 0) this.more = null;
      return;
    }
    const roomy = blockSizeFor(count + (count >> 2));
    if (count * 3 >= this.first.blockSize || roomy >= this.first.blockSize) return;
    this.relocate(count, roomy);
  }

  protected releaseBlocks(): void {
    const { pool } = this.layout;
    pool.giveBack(this.first, this.firstStart);
    for (const { page, start } of this.more ?? []) pool.giveBack(page, start);
    this.more = null;
  }

  private blockOf(row: number): Block {
    const block = this.more?.[(row >>> BLOCK_BITS) - 1];
    if (block === undefined) throw new RangeError(`row ${row} lies outside of its swarm`);
    return block;
  }

  private relocate(count: number, blockSize: number): void {
    const { first, firstStart } = this;
    const { pool } = this.layout;
    const page = pool.pageFor(blockSize);
    const start = pool.take(page);
    this.copy(0, count, page.endpoints, start);
    page.notes.set(first.notes.subarray(2 * firstStart, 2 * (firstStart + count)), 2 * start);
    pool.giveBack(first, firstStart);
    this.first = page;
    this.firstStart = start;
  }
}

/** `length` is even, as that of every endpoint. */
function copyShort(
  source: DataView,
  from: number,
  length: number,
  target: DataView,
  at: number,
): void {
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    target.setInt32(at + i, source.getInt32(from + i, true), true);
  }
  if (whole < length) target.setInt16(at + whole, source.getInt16(from + whole, true), true);
}
