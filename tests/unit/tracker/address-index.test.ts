import {
  AddressIndex,
  hashAddress,
  type HashedRows,
} from '../../../server/src/tracker/swarm/address-index';
import { seededRandom } from '../../contract/swarm-fixtures';

/** Rows whose hashes the test chooses. */
class ChosenHashes implements HashedRows {
  readonly hashes: number[] = [];

  addressHashAt(row: number): number {
    return this.hashes[row] ?? 0;
  }
}

const rowsUnder = (index: AddressIndex, hash: number): number[] => {
  const rows: number[] = [];
  let slot = index.first(hash);
  for (let row = index.rowAt(slot); row >= 0; row = index.rowAt(slot)) {
    rows.push(row);
    slot = index.after(slot);
  }
  return rows;
};

/** All bits set: the slot of this hash is the last one of the table. */
const lastSlot = (index: AddressIndex): number => index.first(0xffffffff);

it('finds every row under its hash, however the hashes meet and wrap round', () => {
  const random = seededRandom(5);
  for (const spread of [1, 3, 64, 2 ** 32]) {
    const rows = new ChosenHashes();
    const index = new AddressIndex(rows, 10);
    const present = new Set<number>();
    for (let step = 0; step < 3000; step += 1) {
      const row = Math.floor(random() * 150);
      if (present.has(row)) {
        index.remove(row);
        present.delete(row);
      } else {
        // Near the end of the table, so that runs of neighbours wrap.
        rows.hashes[row] = (0xffffffff - Math.floor(random() * spread)) >>> 0;
        index.add(row);
        present.add(row);
      }
      for (const each of present) {
        if (!rowsUnder(index, rows.addressHashAt(each)).includes(each)) {
          throw new Error(`row ${each} is lost in step ${step} of spread ${spread}`);
        }
      }
    }
    for (const row of present) index.remove(row);
    expect(rowsUnder(index, 0xffffffff)).toEqual([]);
  }
});

it('follows a row that is moved', () => {
  const rows = new ChosenHashes();
  const index = new AddressIndex(rows, 10);
  for (let row = 0; row < 5; row += 1) {
    rows.hashes[row] = 7;
    index.add(row);
  }
  index.remove(1);
  index.move(4, 1);
  expect(rowsUnder(index, 7).sort()).toEqual([0, 1, 2, 3]);
});

it('grows with its rows and not with their comings and goings', () => {
  const rows = new ChosenHashes();
  const index = new AddressIndex(rows, 10);
  const small = lastSlot(index);
  for (let i = 0; i < 10_000; i += 1) {
    rows.hashes[i % 20] = Math.imul(i, 0x9e3779b1) >>> 0;
    index.add(i % 20);
    index.remove(i % 20);
  }
  expect(lastSlot(index)).toBe(small);
  for (let row = 0; row < 1000; row += 1) {
    rows.hashes[row] = Math.imul(row, 0x9e3779b1) >>> 0;
    index.add(row);
  }
  expect(lastSlot(index)).toBeGreaterThan(1000);
  expect(lastSlot(index)).toBeLessThan(2700);
});

it('gives memory back when it has shrunk to an eighth, and loses nobody', () => {
  const rows = new ChosenHashes();
  const index = new AddressIndex(rows, 10);
  for (let row = 0; row < 1000; row += 1) {
    rows.hashes[row] = Math.imul(row, 0x9e3779b1) >>> 0;
    index.add(row);
  }
  const large = lastSlot(index);
  for (let row = 999; row >= 300; row -= 1) index.remove(row);
  expect(lastSlot(index)).toBe(large);
  for (let row = 299; row >= 100; row -= 1) index.remove(row);
  expect(lastSlot(index)).toBeLessThan(large / 2);
  for (let row = 0; row < 100; row += 1) {
    expect(rowsUnder(index, rows.addressHashAt(row))).toContain(row);
  }
});

it('grows beyond one table and goes back, without losing a row, in tables of bounded size', () => {
  const rows = new ChosenHashes();
  const index = new AddressIndex(rows, 10, 256);
  const most = 20_000;
  const hashOf = (row: number): number => Math.imul(row + 1, 0x9e3779b1) >>> 0;
  const check = (from: number, to: number): void => {
    for (let row = from; row < to; row += 1) {
      if (!rowsUnder(index, hashOf(row)).includes(row)) throw new Error(`row ${row} is lost`);
    }
  };
  for (let row = 0; row < most; row += 1) {
    rows.hashes[row] = hashOf(row);
    index.add(row);
    if (row % 5_000 === 0) check(0, row + 1);
    if (index.first(hashOf(row)) >= 256) throw new Error('a table is too large');
  }
  for (let row = 0; row < most; row += 1) {
    index.remove(row);
    if (row % 5_000 === 0) check(row + 1, most);
  }
  expect(rowsUnder(index, hashOf(1))).toEqual([]);
});

it('bears many rows of one address, which no bit tells apart', () => {
  const rows = new ChosenHashes();
  const index = new AddressIndex(rows, 10, 256);
  for (let row = 0; row < 4_000; row += 1) {
    rows.hashes[row] =
      row % 2 === 0 ? 0xabcdef01 : hashAddress(Buffer.from([row, row >> 8, 1, 1]), 0, 4, 7);
    index.add(row);
  }
  expect(rowsUnder(index, 0xabcdef01).length).toBeGreaterThanOrEqual(2_000);
  for (let row = 0; row < 4_000; row += 2) index.remove(row);
  for (let row = 1; row < 4_000; row += 2) {
    expect(rowsUnder(index, rows.addressHashAt(row)).includes(row)).toBe(true);
  }
});

it('says so when a row is removed that it never had', () => {
  const index = new AddressIndex(new ChosenHashes(), 10);
  expect(() => index.remove(3)).toThrow('missing from the address index');
});

it('spreads addresses that differ in any one bit, differently under each seed', () => {
  const bytes = Buffer.from('0b0000010a0b0c0d', 'hex');
  for (const length of [4, 8]) {
    const hashes = new Set<number>();
    for (let bit = 0; bit < length * 8; bit += 1) {
      const other = Buffer.from(bytes);
      other[bit >> 3]! ^= 1 << (bit & 7);
      for (const seed of [0x9e3779b1, 0x12345678, 0xdeadbeef])
        hashes.add(hashAddress(other, 0, length, seed) & 0xffff);
    }
    expect(hashes.size).toBeGreaterThan(length * 8 * 3 - 3);
  }
});
