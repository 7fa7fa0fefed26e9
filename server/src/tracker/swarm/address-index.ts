/**
 * Finds the rows of an address in a large swarm: open addressing with linear probing over row
 * numbers, keyed by the address without its port. So one walk finds a peer and, when it is new,
 * counts how many ports its address already holds; the cap per address bounds the walk. The table of
 * swarms finds its records by info-hash in the same way.
 *
 * A large index consists of segments of bounded size, found by the first bits of the hash (extendible
 * hashing): it grows by splitting one of them, so that no announce ever waits until a million
 * entries have been moved, and no large table is thrown away.
 */

/** Where the index reads the keys of its entries: they are stored once, in the rows. */
export interface HashedRows {
  addressHashAt(row: number): number;
}

/** Slots of a segment. */
const SMALLEST = 64;
const LARGEST = 65_536;
/** So many first bits choose the segment at most; beyond that segments just grow. */
const MAX_DEPTH = 12;

/** The slots of the segment that is being split. */
const beingSplit = new Uint32Array(LARGEST);

interface Segment {
  /** Row + 1, or 0 in a free slot. */
  slots: Uint32Array;
  mask: number;
  size: number;
  /** How many first bits of the hash all of its entries have in common. */
  depth: number;
}

function createSegment(expected: number, depth: number): Segment {
  let length = SMALLEST;
  while (length * 3 < expected * 4) length *= 2;
  return { slots: new Uint32Array(length), mask: length - 1, size: 0, depth };
}

/**
 * 32 bits of `length` bytes (a multiple of 4) at `at`. `seed` is random, so that nobody can choose
 * addresses that meet in one slot.
 */
export function hashAddress(bytes: Uint8Array, at: number, length: number, seed: number): number {
  let hash = seed;
  for (let i = at; i < at + length; i += 4) {
    const high = ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
    const low = ((bytes[i + 2] ?? 0) << 8) | (bytes[i + 3] ?? 0);
    hash = mix(hash ^ ((high << 16) | low));
  }
  return hash >>> 0;
}

/** Every bit of the word moves about half of the bits of the result. */
export function mix(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

export class AddressIndex {
  /** By the first `depth` bits of a hash; a segment of less depth stands there several times. */
  private directory: Segment[];
  private depth = 0;
  /** The segment of the walk that is going on. */
  private walked: Segment;

  constructor(
    private readonly rows: HashedRows,
    expected: number,
    /** Slots of a segment at most, a power of two; fewer than {@link LARGEST} only in tests. */
    private readonly largest = LARGEST,
  ) {
    this.walked = createSegment(Math.min(expected, largest / 2), 0);
    this.directory = [this.walked];
  }

  /**
   * Walk over the rows whose address may have this hash: from `first` by `after` while `rowAt` ≥ 0.
   * One walk at a time.
   */
  first(hash: number): number {
    this.walked = this.segmentOf(hash);
    return hash & this.walked.mask;
  }

  after(slot: number): number {
    return (slot + 1) & this.walked.mask;
  }

  rowAt(slot: number): number {
    return (this.walked.slots[slot] ?? 0) - 1;
  }

  add(row: number): void {
    const hash = this.rows.addressHashAt(row);
    let segment = this.segmentOf(hash);
    while ((segment.size + 1) * 4 > segment.slots.length * 3) {
      if (segment.slots.length < this.largest || segment.depth === MAX_DEPTH) {
        this.resize(segment, segment.slots.length * 2);
      } else {
        this.split(segment, hash);
        segment = this.segmentOf(hash);
      }
    }
    this.place(segment, row, hash);
  }

  /** The peer of row `from` now lies in row `to`; its bytes are still in both. */
  move(from: number, to: number): void {
    const slot = this.slotOf(from);
    this.walked.slots[slot] = to + 1;
  }

  /** Closes the gap by shifting later entries back, so that no tombstones pile up. */
  remove(row: number): void {
    let gap = this.slotOf(row);
    const segment = this.walked;
    const { slots, mask } = segment;
    for (let slot = this.after(gap); ; slot = this.after(slot)) {
      const entry = this.rowAt(slot);
      if (entry < 0) break;
      const home = this.rows.addressHashAt(entry) & mask;
      // The entry may move into the gap unless its home lies after the gap.
      if (((slot - home) & mask) >= ((slot - gap) & mask)) {
        slots[gap] = entry + 1;
        gap = slot;
      }
    }
    slots[gap] = 0;
    segment.size -= 1;
    if (segment.size * 8 < slots.length && slots.length > SMALLEST) {
      this.resize(segment, slots.length / 2);
    }
  }

  private segmentOf(hash: number): Segment {
    // A shift by 32 would be one by 0.
    return this.directory[this.depth === 0 ? 0 : hash >>> (32 - this.depth)] ?? this.walked;
  }

  private slotOf(row: number): number {
    let slot = this.first(this.rows.addressHashAt(row));
    for (let entry = this.rowAt(slot); entry !== row; entry = this.rowAt(slot)) {
      if (entry < 0) throw new Error('a row is missing from the address index');
      slot = this.after(slot);
    }
    return slot;
  }

  private place(segment: Segment, row: number, hash: number): void {
    const { slots, mask } = segment;
    let slot = hash & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = row + 1;
    segment.size += 1;
  }

  private resize(segment: Segment, length: number): void {
    const old = segment.slots;
    segment.slots = new Uint32Array(length);
    segment.mask = length - 1;
    segment.size = 0;
    for (const entry of old) {
      if (entry !== 0) this.place(segment, entry - 1, this.rows.addressHashAt(entry - 1));
    }
  }

  /** Its entries go into two segments by the next bit of their hashes. `hash` is one of its own. */
  private split(segment: Segment, hash: number): void {
    if (segment.depth === this.depth) {
      this.directory = this.directory.flatMap((it) => [it, it]);
      this.depth += 1;
    }
    segment.depth += 1;
    const bit = 32 - segment.depth;
    const { slots } = segment;
    // The old table goes on with one half, so that a growing index leaves nothing behind.
    const other = createSegment(slots.length / 2, segment.depth);
    beingSplit.set(slots);
    slots.fill(0);
    segment.size = 0;
    for (let i = 0; i < slots.length; i += 1) {
      const entry = beingSplit[i] ?? 0;
      if (entry === 0) continue;
      const entryHash = this.rows.addressHashAt(entry - 1);
      this.place(((entryHash >>> bit) & 1) === 0 ? segment : other, entry - 1, entryHash);
    }
    // The directory's places of the old segment are neighbours.
    const places = 2 << (this.depth - segment.depth);
    const first = (hash >>> (32 - this.depth)) & ~(places - 1);
    this.directory.fill(other, first + places / 2, first + places);
  }
}
