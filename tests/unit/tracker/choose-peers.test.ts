import { MemorySwarmStore, ROLE, type PeerRole } from '../../../server/src/tracker';
import {
  endpoint4,
  endpoint6,
  handClock,
  leecher,
  name4,
  peersOf,
  seededRandom,
  seeder,
} from '../../contract/swarm-fixtures';

const clock = handClock();

/** Without a minimum interval, the lots of a peer change every second. */
const open = () =>
  new MemorySwarmStore({
    clock,
    random: seededRandom(1),
    limits: { maxNumwant: 200, maxPeersPerTorrent: 1000, maxPeersPerAddress: 1000 },
  });

it('gives exactly as many as wanted, never the asker, never one twice, in swarms of 0 to 50', () => {
  for (let size = 1; size <= 50; size += 1) {
    const store = open();
    for (let i = 0; i < size; i += 1) store.announce(leecher(endpoint4(i)));
    for (let want = 0; want <= 50; want += 1) {
      const asker = (size * want) % size;
      const peers = peersOf(store.announce(leecher(endpoint4(asker), { want })));
      expect(peers).toHaveLength(Math.min(want, size - 1));
      expect(new Set(peers).size).toBe(peers.length);
      expect(peers).not.toContain(name4(endpoint4(asker)));
    }
  }
});

it('hands out every peer about equally often, wherever it lies in memory', () => {
  const store = open();
  const size = 101;
  for (let i = 0; i < size; i += 1) store.announce(leecher(endpoint4(i)));
  const times = new Map<string, number>();
  const rounds = 5000;
  for (let i = 0; i < rounds; i += 1) {
    clock.advance(1);
    for (const peer of peersOf(store.announce(leecher(endpoint4(50), { want: 20 })))) {
      times.set(peer, (times.get(peer) ?? 0) + 1);
    }
  }
  const expected = (rounds * 20) / (size - 1);
  expect(times.size).toBe(size - 1);
  for (const n of times.values()) {
    expect(n).toBeGreaterThan(expected * 0.85);
    expect(n).toBeLessThan(expected * 1.15);
  }
});

it('mixes two places of memory in one reply, so that neighbours are not always neighbours', () => {
  const store = open();
  for (let i = 0; i < 200; i += 1) store.announce(leecher(endpoint4(i)));
  const together = new Set<string>();
  for (let i = 0; i < 40; i += 1) {
    clock.advance(1);
    const peers = peersOf(store.announce(seeder(endpoint4(999), { want: 10 })));
    const places = peers.map((peer) => parseInt(peer.slice(0, 8), 16) - 0x0b000000);
    if (Math.max(...places) - Math.min(...places) > 30) together.add(peers.join());
  }
  expect(together.size).toBeGreaterThan(20);
});

describe('with both address families', () => {
  const fill = (
    n4: number,
    n6: number,
    role4: PeerRole = ROLE.downloader,
    role6: PeerRole = ROLE.downloader,
  ) => {
    const store = open();
    for (let i = 0; i < n4; i += 1) store.announce(leecher(endpoint4(i), { role: role4 }));
    for (let i = 0; i < n6; i += 1) {
      store.announce(leecher(endpoint6(i), { family: 6, role: role6 }));
    }
    return store;
  };
  const ask = (store: MemorySwarmStore, family: 4 | 6, want: number) => {
    const endpoint = family === 4 ? endpoint4(900) : endpoint6(900);
    const { count4, count6 } = store.announce(leecher(endpoint, { family, want }));
    return [count4, count6];
  };

  it.each([
    // n4, n6, want -> from 4, from 6
    [10, 10, 50, [10, 10]],
    [100, 100, 50, [25, 25]],
    [300, 20, 40, [30, 10]],
    [20, 300, 40, [10, 30]],
    [300, 3, 40, [37, 3]],
    [3, 300, 40, [3, 37]],
    [100, 0, 40, [40, 0]],
  ])('shares %i + %i peers of which %i are wanted as %j', (n4, n6, want, shares) => {
    expect(ask(fill(n4, n6), 4, want)).toEqual(shares);
  });

  it('gives the few places of a small reply to the family of the asker', () => {
    expect(ask(fill(10, 10), 4, 2)).toEqual([2, 0]);
    expect(ask(fill(10, 10), 6, 2)).toEqual([0, 2]);
    expect(ask(fill(1, 10), 4, 3)).toEqual([1, 2]);
    expect(ask(fill(10, 1), 6, 3)).toEqual([2, 1]);
  });

  it('prefers seeders over the other family, but leaves it its quarter', () => {
    expect(ask(fill(100, 100, ROLE.seeder, ROLE.downloader), 4, 40)).toEqual([30, 10]);
    expect(ask(fill(100, 100, ROLE.downloader, ROLE.seeder), 4, 40)).toEqual([10, 30]);
  });
});
