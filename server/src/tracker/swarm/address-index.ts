/**
 * Finds the rows of an address in a large swarm: open addressing with linear probing over row
 * numbers, keyed by the address without its port. So one walk finds a peer and, when it is new,
 * counts how many ports its address already holds; the cap per address bounds the walk.
 */

/** Where the index reads the keys of its entries: they are stored once, in the rows. */
export interface HashedRows {
  addressHashAt(row: number): number;
}

const SMALLEST = 64;

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
  /** Row + 1, or 0 in a free slot. */
  private slots: Uint32Array;
  private mask: number;
  private size = 0;

  constructor(
    private readonly rows: HashedRows,
    expected: number,
  ) {
    let length = SMALLEST;
    while (length * 3 < expected * 4) length *= 2;
    this.slots = new Uint32Array(length);
    this.mask = length - 1;
  }

  /** Walk over the rows whose address may have this hash: from `first` by `after` while `rowAt` ≥ 0. */
  first(hash: number): number {
    return hash & this.mask;
  }

  after(slot: number): number {
    return (slot + 1) & this.mask;
  }

  rowAt(slot: number): number {
    return (this.slots[slot] ?? 0) - 1;
  }

  add(row: number): void {
    if ((this.size + 1) * 4 > this.slots.length * 3) this.resize(this.slots.length * 2);
    this.size += 1;
    this.place(row);
  }

  /** The peer of row `from` now lies in row `to`; its bytes are still in both. */
  move(from: number, to: number): void {
    this.slots[this.slotOf(from)] = to + 1;
  }

  /** Closes the gap by shifting later entries back, so that no tombstones pile up. */
  remove(row: number): void {
    let gap = this.slotOf(row);
    for (let slot = this.after(gap); ; slot = this.after(slot)) {
      const entry = this.rowAt(slot);
      if (entry < 0) break;
      const home = this.first(this.rows.addressHashAt(entry));
      // The entry may move into the gap unless its home lies after the gap.
      if (((slot - home) & this.mask) >= ((slot - gap) & this.mask)) {
        this.slots[gap] = entry + 1;
        gap = slot;
      }
    }
    this.slots[gap] = 0;
    this.size -= 1;
  }

  /** Halves the table when it is nearly empty. */
  shrink(): void {
    if (this.size * 8 < this.slots.length && this.slots.length > SMALLEST) {
      this.resize(this.slots.length / 2);
    }
  }

  private slotOf(row: number): number {
    let slot = this.first(this.rows.addressHashAt(row));
    for (let entry = this.rowAt(slot); entry !== row; entry = this.rowAt(slot)) {
      if (entry < 0) throw new Error('a row is missing from the address index');
      slot = this.after(slot);
    }
    return slot;
  }

  private place(row: number): void {
    let slot = this.first(this.rows.addressHashAt(row));
    while (this.rowAt(slot) >= 0) slot = this.after(slot);
    this.slots[slot] = row + 1;
  }

  private resize(length: number): void {
    const old = this.slots;
    this.slots = new Uint32Array(length);
    this.mask = length - 1;
    for (const entry of old) if (entry !== 0) this.place(entry - 1);
  }
}
