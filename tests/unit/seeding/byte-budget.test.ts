import { createByteBudget } from '../../../server/src/seeding';

const DAY = 86_400_000;

function site(times = 2) {
  let now = 0;
  const budget = createByteBudget({ times, clock: () => now });
  return { budget, pass: (ms: number) => (now += ms) };
}

test('a reader may have so many times the size of a torrent, and then waits for the next day', () => {
  const { budget, pass } = site();
  budget.spend(1, 'a', 1999);
  expect(budget.wait(1, 'a', 1000)).toBe(0);
  budget.spend(1, 'a', 1);
  pass(DAY / 2);
  expect(budget.wait(1, 'a', 1000)).toBe(DAY / 2000);
  pass(DAY / 2 - 1);
  expect(budget.wait(1, 'a', 1000)).toBe(1);
  pass(1);
  expect(budget.wait(1, 'a', 1000)).toBe(0);
  budget.spend(1, 'a', 500);
  expect(budget.wait(1, 'a', 1000)).toBe(0);
});

test('readers and torrents do not count for each other', () => {
  const { budget } = site();
  budget.spend(1, 'a', 5000);
  expect(budget.wait(1, 'b', 1000)).toBe(0);
  expect(budget.wait(2, 'a', 1000)).toBe(0);
  expect(budget.wait(1, 'a', 1000)).toBeGreaterThan(0);
});

test('what was promised and not sent is given back, but never more', () => {
  const { budget, pass } = site(1);
  budget.spend(1, 'a', 1000);
  budget.giveBack(1, 'a', 400);
  expect(budget.wait(1, 'a', 1000)).toBe(0);
  budget.spend(1, 'a', 400);
  expect(budget.wait(1, 'a', 1000)).toBeGreaterThan(0);
  pass(DAY);
  budget.giveBack(1, 'a', 1000); // of yesterday
  budget.spend(1, 'a', 1000);
  expect(budget.wait(1, 'a', 1000)).toBeGreaterThan(0);
});
