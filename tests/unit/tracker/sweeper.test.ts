import { MemorySwarmStore } from '../../../server/src/tracker';
import {
  endpoint4,
  endpoint6,
  handClock,
  hashNumber,
  leecher,
  maxAgesOf,
  seededRandom,
} from '../../contract/swarm-fixtures';

const MAX_AGE = 100;
const MAX_AGES = maxAgesOf(MAX_AGE);

function open() {
  const hands = handClock();
  /** Milliseconds that pass with each look at the clock; 0 = time stands still. */
  let perLook = 0;
  let looks = 0;
  const store = new MemorySwarmStore({
    clock: () => {
      looks += 1;
      return hands() + looks * perLook;
    },
    random: seededRandom(3),
    limits: { maxNumwant: 50, maxPeersPerTorrent: 1e6, maxPeersPerAddress: 50 },
  });
  return {
    store,
    advance: (seconds: number) => hands.advance(seconds),
    slowDown: () => (perLook = 1),
  };
}

const fill = (store: MemorySwarmStore, swarms: number, peers: number): void => {
  for (let n = 0; n < swarms; n += 1) {
    for (let i = 0; i < peers; i += 1) {
      store.announce(leecher(endpoint4(i), { infoHash: hashNumber(n), want: 0 }));
    }
    store.announce(leecher(endpoint6(1), { infoHash: hashNumber(n), family: 6, want: 0 }));
  }
};

it('sweeps a small tracker in one slice', () => {
  const { store, advance } = open();
  fill(store, 20, 5);
  advance(MAX_AGE + 1);
  expect(store.sweep(MAX_AGES)).toBe(true);
  expect(store.totals()).toEqual({ swarms: 0, peers4: 0, peers6: 0 });
});

it.each([
  ['many small swarms', 3000, 2],
  ['one huge swarm', 1, 20_000],
])('goes through %s in slices that end when their time is up', (_, swarms, peers) => {
  const { store, advance, slowDown } = open();
  fill(store, swarms, peers);
  advance(MAX_AGE + 1);
  slowDown();
  const total = () => store.totals().peers4 + store.totals().peers6;
  let slices = 0;
  let before = total();
  for (let done = false; !done; slices += 1) {
    done = store.sweep(MAX_AGES);
    expect(before - total()).toBeLessThan(5000);
    before = total();
  }
  expect(slices).toBeGreaterThan(3);
  expect(store.totals()).toEqual({ swarms: 0, peers4: 0, peers6: 0 });
});

it('goes on where it stopped, whatever came and went meanwhile', () => {
  const { store, advance, slowDown } = open();
  fill(store, 50, 400);
  advance(MAX_AGE + 1);
  slowDown();
  for (let round = 0; round < 400; round += 1) {
    store.sweep(MAX_AGES);
    const infoHash = hashNumber(round % 50);
    // Drop the swarm under the sweeper's feet, make it anew, add others.
    if (round % 3 === 0) store.dropOwnersWhere(infoHash, () => true);
    store.announce(leecher(endpoint4(5000 + round), { infoHash, want: 0 }));
    store.announce(leecher(endpoint4(1), { infoHash: hashNumber(1000 + round), want: 0 }));
  }
  while (!store.sweep(MAX_AGES));
  while (!store.sweep(MAX_AGES));
  let old = 0;
  let fresh = 0;
  store.forEachSwarm((infoHash, _seeders, leechers) => {
    if (infoHash >= hashNumber(1000)) fresh += leechers;
    else old += leechers;
  });
  expect(fresh + old).toBe(store.totals().peers4);
  expect(store.totals().peers6).toBe(0);
  expect(store.totals().peers4).toBeGreaterThan(400);
  expect(store.totals().peers4).toBeLessThanOrEqual(800);
});

it('does not delete a swarm that was dropped and made anew while the sweeper stood in it', () => {
  const { store, advance, slowDown } = open();
  fill(store, 1, 5000);
  advance(MAX_AGE + 1);
  slowDown();
  expect(store.sweep(MAX_AGES)).toBe(false);
  store.dropOwnersWhere(hashNumber(0), () => true);
  store.announce(leecher(endpoint4(1), { infoHash: hashNumber(0) }));
  while (!store.sweep(MAX_AGES));
  expect(store.counts(hashNumber(0)).leechers).toBe(1);
});
