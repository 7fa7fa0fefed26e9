/**
 * What every store of swarms must do, whatever it is made of. A new store runs this suite with a
 * factory of its own (see memory-swarm-store.test.ts).
 */
import {
  ROLE,
  type Clock,
  type InfoHash,
  type PeerUpdate,
  type Random,
} from '../../server/src/tracker';
import type { SwarmAnswer, SwarmStore } from '../../server/src/tracker';
import {
  endpoint4,
  endpoint6,
  handClock,
  hashNumber,
  leecher,
  name4,
  name6,
  peersOf,
  seededRandom,
  seeder,
  type HandClock,
} from './swarm-fixtures';

export interface StoreUnderTestDeps {
  clock: Clock;
  random: Random;
  limits: { maxNumwant: number; maxPeersPerTorrent: number; maxPeersPerAddress: number };
}

type CreateStore = (deps: StoreUnderTestDeps) => SwarmStore;

const LIMITS = { maxNumwant: 200, maxPeersPerTorrent: 1000, maxPeersPerAddress: 1000 };
const MAX_AGE = 1200;
const HASH = hashNumber(1);
const OTHER = hashNumber(2);

export function describeSwarmStore(name: string, createStore: CreateStore): void {
  let clock: HandClock;
  let store: SwarmStore;

  const open = (limits: Partial<typeof LIMITS> = {}): void => {
    clock = handClock();
    store = createStore({ clock, random: seededRandom(7), limits: { ...LIMITS, ...limits } });
  };
  /** A copy, because a memory store fills the same object anew for the next announce. */
  const announce = async (update: PeerUpdate): Promise<SwarmAnswer & { peers: string[] }> => {
    const answer = await store.announce(update);
    return { ...answer, peers: peersOf(answer) };
  };
  const announceAll = async (updates: PeerUpdate[]): Promise<void> => {
    for (const update of updates) await store.announce(update);
  };
  const many = (n: number, make: (i: number) => PeerUpdate): PeerUpdate[] =>
    Array.from({ length: n }, (_, i) => make(i));
  const sweepAll = (): void => {
    while (!store.sweep(MAX_AGE));
  };

  describe(`swarm store: ${name}`, () => {
    beforeEach(() => open());

    describe('counts', () => {
      it('has zeroes for a torrent that nobody announced', () => {
        expect(store.counts(HASH)).toEqual({
          seeders: 0,
          leechers: 0,
          downloaders: 0,
          completed: 0,
        });
        expect(store.totals()).toEqual({ swarms: 0, peers4: 0, peers6: 0 });
      });

      it('counts the announcing peer itself', async () => {
        expect(await announce(leecher(endpoint4(1)))).toMatchObject({ seeders: 0, leechers: 1 });
        expect(await announce(seeder(endpoint4(2)))).toMatchObject({ seeders: 1, leechers: 1 });
      });

      it('counts a peer once however often it announces', async () => {
        await announceAll(many(5, () => leecher(endpoint4(1))));
        expect(store.counts(HASH)).toMatchObject({ seeders: 0, leechers: 1 });
      });

      it('takes another port of an address and another address of a port for another peer', async () => {
        await announceAll([
          leecher(endpoint4(1, 7000)),
          leecher(endpoint4(1, 7001)),
          leecher(endpoint4(2, 7000)),
        ]);
        expect(store.counts(HASH).leechers).toBe(3);
      });

      it('adds IPv4 and IPv6 up', async () => {
        await announceAll([leecher(endpoint4(1)), seeder(endpoint6(1), { family: 6 })]);
        expect(store.counts(HASH)).toMatchObject({ seeders: 1, leechers: 1 });
        expect(store.totals()).toEqual({ swarms: 1, peers4: 1, peers6: 1 });
      });

      it('keeps torrents apart', async () => {
        await announceAll([leecher(endpoint4(1)), seeder(endpoint4(1), { infoHash: OTHER })]);
        expect(store.counts(HASH)).toMatchObject({ seeders: 0, leechers: 1 });
        expect(store.counts(OTHER)).toMatchObject({ seeders: 1, leechers: 0 });
      });

      it('moves a peer between the roles', async () => {
        const peer = endpoint4(1);
        await announceAll([leecher(peer), leecher(endpoint4(2)), seeder(endpoint4(3))]);
        expect(await announce(seeder(peer))).toMatchObject({ seeders: 2, leechers: 1 });
        expect(await announce(leecher(peer, { role: ROLE.partialSeed }))).toMatchObject({
          seeders: 1,
          leechers: 2,
          downloaders: 1,
        });
        expect(await announce(leecher(peer))).toMatchObject({ leechers: 2, downloaders: 2 });
      });

      it('visits the swarms that have peers, and no others', async () => {
        await announceAll([
          leecher(endpoint4(1)),
          seeder(endpoint4(2)),
          seeder(endpoint4(1), { infoHash: OTHER }),
          leecher(endpoint4(1), { infoHash: hashNumber(3) }),
          leecher(endpoint4(1), { infoHash: hashNumber(3), leaving: true }),
        ]);
        const visited: [InfoHash, number, number, number][] = [];
        store.forEachSwarm((...swarm) => visited.push(swarm));
        expect(visited.sort()).toEqual([
          [HASH, 1, 1, 0],
          [OTHER, 1, 0, 0],
        ]);
      });
    });

    describe('leaving', () => {
      it('removes exactly the leaving peer and gives it none', async () => {
        await announceAll(many(4, (i) => leecher(endpoint4(i))));
        const answer = await announce(leecher(endpoint4(2), { leaving: true }));
        expect(answer).toMatchObject({ seeders: 0, leechers: 3, count4: 0, count6: 0 });
        const { peers } = await announce(leecher(endpoint4(9)));
        expect(peers.sort()).toEqual([0, 1, 3].map((i) => name4(endpoint4(i))));
      });

      it('does not open a swarm for a stranger that leaves', async () => {
        expect(await announce(leecher(endpoint4(1), { leaving: true }))).toMatchObject({
          seeders: 0,
          leechers: 0,
          completed: 0,
        });
        expect(store.totals().swarms).toBe(0);
      });

      it('does not remove anybody when a stranger leaves a swarm', async () => {
        await announceAll([leecher(endpoint4(1)), leecher(endpoint4(1, 7000), { leaving: true })]);
        await announce(leecher(endpoint6(1), { family: 6, leaving: true }));
        expect(store.counts(HASH).leechers).toBe(1);
      });

      it('forgets a swarm with its last peer', async () => {
        await announceAll([leecher(endpoint4(1)), leecher(endpoint6(1), { family: 6 })]);
        await announce(leecher(endpoint4(1), { leaving: true }));
        expect(store.totals()).toEqual({ swarms: 1, peers4: 0, peers6: 1 });
        await announce(leecher(endpoint6(1), { family: 6, leaving: true }));
        expect(store.totals().swarms).toBe(0);
      });
    });

    describe('choice of peers', () => {
      it('gives the first peer none and the second the first', async () => {
        expect((await announce(leecher(endpoint4(1)))).peers).toEqual([]);
        expect((await announce(leecher(endpoint4(2)))).peers).toEqual([name4(endpoint4(1))]);
      });

      it('never gives a peer itself, in whatever role', async () => {
        await announceAll(many(3, (i) => leecher(endpoint4(i))));
        for (const role of [ROLE.downloader, ROLE.partialSeed, ROLE.seeder]) {
          const { peers } = await announce(leecher(endpoint4(1), { role }));
          expect(peers.sort()).toEqual([name4(endpoint4(0)), name4(endpoint4(2))]);
        }
      });

      it('gives as many as wanted, all different, when there are enough', async () => {
        await announceAll(many(120, (i) => (i % 3 ? leecher : seeder)(endpoint4(i))));
        for (const want of [0, 1, 2, 7, 49, 50, 119, 200]) {
          const { peers } = await announce(leecher(endpoint4(1), { want }));
          expect(peers).toHaveLength(Math.min(want, 119));
          expect(new Set(peers).size).toBe(peers.length);
        }
      });

      it('gives at most maxNumwant', async () => {
        open({ maxNumwant: 10 });
        await announceAll(many(30, (i) => leecher(endpoint4(i))));
        expect((await announce(leecher(endpoint4(1), { want: 1000 }))).peers).toHaveLength(10);
      });

      it('gives seeders and partial seeds downloaders only', async () => {
        await announceAll([
          ...many(5, (i) => seeder(endpoint4(i))),
          ...many(5, (i) => leecher(endpoint4(10 + i), { role: ROLE.partialSeed })),
          ...many(5, (i) => leecher(endpoint4(20 + i))),
        ]);
        const downloaders = many(5, (i) => leecher(endpoint4(20 + i))).map(({ endpoint }) =>
          name4(endpoint as Buffer),
        );
        for (const role of [ROLE.seeder, ROLE.partialSeed]) {
          const { peers } = await announce(leecher(endpoint4(99), { role }));
          expect(peers.sort()).toEqual(downloaders);
        }
      });

      it('gives downloaders seeders first', async () => {
        await announceAll([
          ...many(5, (i) => leecher(endpoint4(10 + i))),
          ...many(5, (i) => seeder(endpoint4(i))),
        ]);
        const seeders = many(5, (i) => seeder(endpoint4(i))).map(({ endpoint }) =>
          name4(endpoint as Buffer),
        );
        const { peers } = await announce(leecher(endpoint4(99), { want: 7 }));
        expect(peers.slice(0, 5).sort()).toEqual(seeders);
        expect(peers).toHaveLength(7);
      });

      it('chooses at random: everybody is handed out sooner or later', async () => {
        await announceAll(many(100, (i) => leecher(endpoint4(i))));
        const seen = new Set<string>();
        for (let i = 0; i < 60; i += 1) {
          const { peers } = await announce(leecher(endpoint4(i % 100), { want: 10 }));
          for (const peer of peers) seen.add(peer);
        }
        expect(seen.size).toBeGreaterThan(95);
      });

      it('gives both address families in one reply, a quarter of each at least', async () => {
        await announceAll([
          ...many(100, (i) => leecher(endpoint4(i))),
          ...many(20, (i) => leecher(endpoint6(i), { family: 6 })),
        ]);
        for (const family of [4, 6] as const) {
          const endpoint = family === 4 ? endpoint4(500) : endpoint6(500);
          const answer = await announce(leecher(endpoint, { family, want: 40 }));
          expect(answer.count4).toBeGreaterThanOrEqual(10);
          expect(answer.count6).toBeGreaterThanOrEqual(10);
          expect(answer.count4 + answer.count6).toBe(40);
        }
      });

      it('fills up from one family what the other lacks', async () => {
        await announceAll([
          ...many(30, (i) => seeder(endpoint4(i))),
          leecher(endpoint6(1), { family: 6 }),
        ]);
        const answer = await announce(leecher(endpoint6(2), { family: 6, want: 25 }));
        expect([answer.count4, answer.count6]).toEqual([24, 1]);
        expect(answer.peers).toContain(name6(endpoint6(1)));
      });

      it('knows 16-byte addresses that differ in their last byte only', async () => {
        const twin = endpoint6(1);
        twin.writeUInt8(2, 15);
        await announceAll([leecher(endpoint6(1), { family: 6 }), leecher(twin, { family: 6 })]);
        expect(store.counts(HASH).leechers).toBe(2);
      });
    });

    describe('lifetime counter', () => {
      const completes = { completing: true };

      it('counts a known downloader that completes, once', async () => {
        await announce(leecher(endpoint4(1)));
        expect((await announce(seeder(endpoint4(1), completes))).completed).toBe(1);
        expect((await announce(seeder(endpoint4(1), completes))).completed).toBe(1);
        await announce(leecher(endpoint4(1)));
        expect((await announce(seeder(endpoint4(1), completes))).completed).toBe(1);
      });

      it('counts a peer whose last bytes came before its "completed"', async () => {
        await announceAll([leecher(endpoint4(1)), seeder(endpoint4(1))]);
        expect((await announce(seeder(endpoint4(1), completes))).completed).toBe(1);
      });

      it('counts a partial seed that completes', async () => {
        await announce(leecher(endpoint4(1), { role: ROLE.partialSeed }));
        expect((await announce(seeder(endpoint4(1), completes))).completed).toBe(1);
      });

      it('counts who says goodbye when it completes, and answers with the new number', async () => {
        await announce(leecher(endpoint4(1)));
        const leaves = { ...completes, leaving: true };
        expect((await announce(seeder(endpoint4(1), leaves))).completed).toBe(1);
        expect((await announce(seeder(endpoint4(1), leaves))).completed).toBe(1);
        expect([...store.takeChangedCompleted()]).toEqual([[HASH, 1]]);
      });

      it('does not count a goodbye after it has counted the completion', async () => {
        await announceAll([leecher(endpoint4(1)), seeder(endpoint4(1), completes)]);
        await announce(seeder(endpoint4(1), { ...completes, leaving: true }));
        expect(store.counts(HASH).completed).toBe(1);
      });

      it('does not count who starts as a seeder, nor a stranger', async () => {
        await announce(seeder(endpoint4(1)));
        await announce(seeder(endpoint4(1), completes));
        await announce(seeder(endpoint4(2), completes));
        await announce(seeder(endpoint4(2), completes));
        expect(store.counts(HASH).completed).toBe(0);
      });

      it('survives the swarm', async () => {
        await announceAll([leecher(endpoint4(1)), seeder(endpoint4(1), completes)]);
        await announce(seeder(endpoint4(1), { leaving: true }));
        expect(store.counts(HASH)).toMatchObject({ seeders: 0, completed: 1 });
        expect((await announce(leecher(endpoint4(2), { leaving: true }))).completed).toBe(1);
        expect((await announce(leecher(endpoint4(2)))).completed).toBe(1);
      });

      it('goes on from a restored number, with and without peers present', async () => {
        store.restoreCompleted(HASH, 41);
        expect((await announce(leecher(endpoint4(1)))).completed).toBe(41);
        expect((await announce(seeder(endpoint4(1), completes))).completed).toBe(42);
        store.restoreCompleted(HASH, 7);
        expect((await announce(seeder(endpoint4(1)))).completed).toBe(7);
        expect(store.counts(HASH).completed).toBe(7);
      });

      it('hands out what changed, once', async () => {
        store.restoreCompleted(HASH, 41);
        expect([...store.takeChangedCompleted()]).toEqual([]);
        await announceAll([leecher(endpoint4(1)), seeder(endpoint4(1), completes)]);
        await announceAll([leecher(endpoint4(2)), seeder(endpoint4(2), completes)]);
        expect([...store.takeChangedCompleted()]).toEqual([[HASH, 43]]);
        expect([...store.takeChangedCompleted()]).toEqual([]);
      });
    });

    describe('dropping', () => {
      beforeEach(async () => {
        await announceAll([
          ...many(70, (i) => leecher(endpoint4(i), { owner: i % 2 })),
          leecher(endpoint6(1), { family: 6, owner: 1 }),
          leecher(endpoint4(1), { owner: 1, infoHash: OTHER }),
        ]);
        await announceAll([leecher(endpoint4(90)), seeder(endpoint4(90), { completing: true })]);
      });

      it('removes all peers of a torrent and keeps its counter', () => {
        store.dropPeers(HASH);
        expect(store.counts(HASH)).toMatchObject({ seeders: 0, leechers: 0, completed: 1 });
        expect(store.counts(OTHER).leechers).toBe(1);
        expect(store.totals()).toEqual({ swarms: 1, peers4: 1, peers6: 0 });
      });

      it('forgets a torrent with its counter', () => {
        store.dropSwarm(HASH);
        expect(store.counts(HASH)).toMatchObject({ seeders: 0, leechers: 0, completed: 0 });
        expect([...store.takeChangedCompleted()]).toEqual([]);
      });

      it('removes an owner from every swarm', () => {
        expect(store.dropOwner(null, 1)).toBe(37);
        expect(store.counts(HASH).leechers).toBe(35);
        expect(store.totals()).toEqual({ swarms: 1, peers4: 36, peers6: 0 });
        expect(store.dropOwner(null, 1)).toBe(0);
      });

      it('removes an owner from one swarm', () => {
        expect(store.dropOwner(HASH, 1)).toBe(36);
        expect(store.counts(OTHER).leechers).toBe(1);
        expect(store.dropOwner(hashNumber(77), 1)).toBe(0);
      });

      it('removes all owners that have lost their right from one swarm, asking once for each', () => {
        const asked: number[] = [];
        const lost = (owner: number): boolean => {
          asked.push(owner);
          return owner !== 1;
        };
        const before = store.counts(HASH).leechers + store.counts(HASH).seeders;
        const others = before - 36;
        expect(store.dropOwnersWhere(HASH, lost)).toBe(others);
        expect(new Set(asked).size).toBe(asked.length);
        expect(store.counts(HASH).leechers + store.counts(HASH).seeders).toBe(36);
        expect(store.counts(OTHER).leechers).toBeGreaterThan(0);
        expect(store.dropOwnersWhere(HASH, () => true)).toBe(36);
        expect(store.dropOwnersWhere(hashNumber(77), () => true)).toBe(0);
      });

      it('knows the owner of the last announce', async () => {
        await announce(leecher(endpoint4(0), { owner: 5 }));
        expect(store.dropOwner(HASH, 5)).toBe(1);
      });

      it('takes who was dropped in again when he announces', async () => {
        store.dropPeers(HASH);
        expect(await announce(leecher(endpoint4(1)))).toMatchObject({ leechers: 1, count4: 0 });
      });

      it('keeps owners up to 2^32 - 1 apart', async () => {
        await announceAll([
          leecher(endpoint4(1), { infoHash: hashNumber(5), owner: 2 ** 32 - 1 }),
          leecher(endpoint4(2), { infoHash: hashNumber(5), owner: 2 ** 31 - 1 }),
        ]);
        expect(store.dropOwner(hashNumber(5), 2 ** 32 - 1)).toBe(1);
        expect(store.counts(hashNumber(5)).leechers).toBe(1);
      });
    });

    describe('expiry', () => {
      it('keeps who announced in time', async () => {
        await announce(leecher(endpoint4(1)));
        clock.advance(MAX_AGE);
        sweepAll();
        expect(store.counts(HASH).leechers).toBe(1);
      });

      it('removes who was silent for longer, and the swarm with the last one', async () => {
        await announceAll([leecher(endpoint4(1)), seeder(endpoint6(1), { family: 6 })]);
        clock.advance(MAX_AGE + 1);
        sweepAll();
        expect(store.counts(HASH)).toMatchObject({ seeders: 0, leechers: 0 });
        expect(store.totals()).toEqual({ swarms: 0, peers4: 0, peers6: 0 });
      });

      it('counts exactly after some have gone', async () => {
        await announceAll(many(100, (i) => (i % 4 ? leecher : seeder)(endpoint4(i))));
        clock.advance(MAX_AGE);
        await announceAll(many(30, (i) => (i % 4 ? leecher : seeder)(endpoint4(i))));
        clock.advance(1);
        sweepAll();
        expect(store.counts(HASH)).toMatchObject({ seeders: 8, leechers: 22 });
        const { peers } = await announce(leecher(endpoint4(1), { want: 200 }));
        expect(peers).toHaveLength(29);
      });

      it('counts again who comes back after expiry and completes', async () => {
        await announce(leecher(endpoint4(1)));
        clock.advance(MAX_AGE + 1);
        sweepAll();
        await announceAll([leecher(endpoint4(1)), seeder(endpoint4(1), { completing: true })]);
        expect(store.counts(HASH).completed).toBe(1);
      });
    });

    describe('limits', () => {
      it('answers who comes to a full torrent without keeping him', async () => {
        open({ maxPeersPerTorrent: 3 });
        await announceAll(many(3, (i) => leecher(endpoint4(i))));
        const late = await announce(leecher(endpoint4(9)));
        expect(late.leechers).toBe(3);
        expect(late.peers).toHaveLength(3);
        const late6 = await announce(leecher(endpoint6(9), { family: 6 }));
        expect(late6.peers).toHaveLength(3);
        expect(store.totals()).toEqual({ swarms: 1, peers4: 3, peers6: 0 });
        await announce(leecher(endpoint4(0), { leaving: true }));
        expect((await announce(leecher(endpoint4(9)))).leechers).toBe(3);
      });

      it('lets known peers of a full torrent go on', async () => {
        open({ maxPeersPerTorrent: 2 });
        await announceAll(many(2, (i) => leecher(endpoint4(i))));
        expect(await announce(seeder(endpoint4(1), { completing: true }))).toMatchObject({
          seeders: 1,
          leechers: 1,
          completed: 1,
        });
      });

      it.each([3, 30])('keeps %i ports per address, those heard of last', async (cap) => {
        open({ maxPeersPerAddress: cap });
        // Others around them, so that large swarms with their index are tried too.
        await announceAll(many(150, (i) => leecher(endpoint4(1000 + i))));
        for (let i = 0; i < cap + 5; i += 1) {
          await announce(leecher(endpoint4(1, 7000 + i)));
          clock.advance(1);
        }
        expect(store.counts(HASH).leechers).toBe(150 + cap);
        const { peers } = await announce(leecher(endpoint4(2000), { want: 200 }));
        const kept = peers.filter((peer) => peer.startsWith(name4(endpoint4(1)).slice(0, 8)));
        const newest = many(cap, (i) => leecher(endpoint4(1, 7005 + i)));
        expect(kept.sort()).toEqual(newest.map(({ endpoint }) => name4(endpoint as Buffer)).sort());
      });

      it('takes a /64 network of IPv6 for one address', async () => {
        open({ maxPeersPerAddress: 2 });
        for (let host = 1; host <= 5; host += 1) {
          const endpoint = endpoint6(1);
          endpoint.writeUInt8(host, 15);
          await announce(leecher(endpoint, { family: 6 }));
        }
        await announce(leecher(endpoint6(2), { family: 6 }));
        expect(store.counts(HASH).leechers).toBe(3);
      });

      it('lets a client that restarts on a new port in, however full its address is', async () => {
        open({ maxPeersPerAddress: 1, maxPeersPerTorrent: 1 });
        await announce(leecher(endpoint4(1, 7000)));
        await announce(leecher(endpoint4(1, 7001)));
        expect(await announce(leecher(endpoint4(1, 7001), { leaving: true }))).toMatchObject({
          leechers: 0,
        });
      });
    });
  });
}
