import { seededRandom } from '../../contract/swarm-fixtures';
import {
  blockSizeFor,
  LARGEST_BLOCK,
  PeerPool,
  type PeerPage,
} from '../../../server/src/tracker/swarm/peer-pool';

const overlaps = (blocks: { page: PeerPage; start: number }[]): boolean => {
  const seen = new Map<PeerPage, Set<number>>();
  for (const { page, start } of blocks) {
    const starts = seen.get(page) ?? new Set();
    if (starts.has(start) || start % page.blockSize !== 0) return true;
    if (start + page.blockSize > page.notes.length / 2) return true;
    seen.set(page, starts.add(start));
  }
  return false;
};

const lease = (pool: PeerPool, size: number) => {
  const page = pool.pageFor(size);
  return { page, start: pool.take(page) };
};

it('has a block for every number of peers up to the largest, never much larger than needed', () => {
  for (let rows = 1; rows <= LARGEST_BLOCK; rows += 1) {
    const size = blockSizeFor(rows);
    expect(size).toBeGreaterThanOrEqual(rows);
    expect(size).toBeLessThanOrEqual(Math.max(2, rows * 2));
    expect(blockSizeFor(size)).toBe(size);
  }
});

it('has no blocks of other sizes', () => {
  expect(() => new PeerPool(6).pageFor(3)).toThrow('blocks of 3 rows');
});

it.each([1, 4, 12, LARGEST_BLOCK])('never leases a block of %i rows twice', (size) => {
  const pool = new PeerPool(6);
  const blocks = Array.from({ length: 9000 / size + 5 }, () => lease(pool, size));
  expect(overlaps(blocks)).toBe(false);
  // Give every second one back and lease as many again.
  const kept = blocks.filter((_, i) => i % 2 === 0);
  for (const { page, start } of blocks.filter((_, i) => i % 2 === 1)) pool.giveBack(page, start);
  const again = blocks.filter((_, i) => i % 2 === 1).map(() => lease(pool, size));
  expect(overlaps([...kept, ...again])).toBe(false);
});

it('reuses memory that was given back before it takes more', () => {
  const pool = new PeerPool(6);
  const first = lease(pool, 8);
  const pages = new Set(Array.from({ length: 100 }, () => lease(pool, 8).page));
  pool.giveBack(first.page, first.start);
  expect(lease(pool, 8)).toEqual(first);
  expect(pages.size).toBe(1);
});

it('keeps its books under random leases and returns', () => {
  const random = seededRandom(11);
  const pool = new PeerPool(6);
  const sizes = [48, 384, LARGEST_BLOCK];
  let blocks: { page: PeerPage; start: number }[] = [];
  for (let step = 0; step < 4000; step += 1) {
    const isGrowing = Math.floor(step / 500) % 2 === 0;
    if (blocks.length > 0 && random() < (isGrowing ? 0.3 : 0.7)) {
      const [block] = blocks.splice(Math.floor(random() * blocks.length), 1);
      pool.giveBack(block!.page, block!.start);
    } else {
      blocks.push(lease(pool, sizes[step % sizes.length]!));
    }
    if (overlaps(blocks)) throw new Error(`a block was leased twice in step ${step}`);
  }
  const count = blocks.length;
  expect(
    new Set(blocks.map(({ page, start }) => `${start}/${page.blockSize}`)).size,
  ).toBeGreaterThan(5);
  for (const { page, start } of blocks) pool.giveBack(page, start);
  blocks = Array.from({ length: count }, () => lease(pool, 512));
  expect(overlaps(blocks)).toBe(false);
});

it('uses the pages of one size for another when they have fallen empty', () => {
  const pool = new PeerPool(6);
  const blocks = Array.from({ length: 3 * 4096 }, () => lease(pool, 1));
  const pages = new Set(blocks.map(({ page }) => page));
  expect(pages.size).toBe(3);
  for (const { page, start } of blocks) pool.giveBack(page, start);
  // One of the three stays for the next single peer.
  const large = Array.from({ length: 3 * 8 }, () => lease(pool, LARGEST_BLOCK));
  expect(overlaps(large)).toBe(false);
  const reused = new Set(large.map(({ page }) => page).filter((page) => pages.has(page)));
  expect(reused.size).toBe(2);
  expect(pages.has(lease(pool, 1).page)).toBe(true);
});

it('keeps a bounded number of empty pages', () => {
  const pool = new PeerPool(6);
  const blocks = Array.from({ length: 100 * 8 }, () => lease(pool, LARGEST_BLOCK));
  const pages = new Set(blocks.map(({ page }) => page));
  for (const { page, start } of blocks) pool.giveBack(page, start);
  const again = new Set(Array.from({ length: 100 * 8 }, () => lease(pool, LARGEST_BLOCK).page));
  const kept = [...again].filter((page) => pages.has(page));
  expect(kept.length).toBeGreaterThan(50);
  expect(kept.length).toBeLessThan(80);
});
