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
  endpointAt,
  handClock,
  hashNumber,
  leecher,
  maxAgesOf,
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
  limits: {
    maxNumwant: number;
    maxPeersPerTorrent: number;
    maxPeersPerAddress: number;
    maxPeers: number;
    maxSwarms: number;
    minInterval: number;
  };
}

type CreateStore = (deps: StoreUnderTestDeps) => SwarmStore;

const LIMITS = {
  maxNumwant: 200,
  maxPeersPerTorrent: 1000,
  maxPeersPerAddress: 1000,
  maxPeers: 2000,
  maxSwarms: 100,
  minInterval: 60,
};
const MAX_AGE = 1200;
const MAX_AGES = maxAgesOf(MAX_AGE);
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
  const dropAll = (infoHash: InfoHash): void => {
    store.dropOwnersWhere(infoHash, () => true);
  };
  const dropOwnerFrom = (infoHash: InfoHash, owner: number): number =>
    store.dropOwnersWhere(infoHash, (other) => other === owner);
  const sweepAll = (): void => {
    while (!store.sweep(MAX_AGES));
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

      it('gives one that may lack the info dictionary whom a downloader gets, though it is a seeder', async () => {
        await announceAll([
          ...many(5, (i) => seeder(endpoint4(i))),
          ...many(5, (i) => leecher(endpoint4(20 + i))),
        ]);
        const { peers, ...answer } = await announce(seeder(endpoint4(99), { mayLackInfo: true }));
        expect(answer).toMatchObject({ seeders: 6, leechers: 5 });
        const seeders = Array.from({ length: 5 }, (_, i) => name4(endpoint4(i)));
        expect(peers.slice(0, 5).sort()).toEqual(seeders);
        expect(peers).toHaveLength(10);
        expect((await announce(seeder(endpoint4(99)))).peers).toHaveLength(5);
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
          clock.advance(LIMITS.minInterval);
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

      it('gives as many of one family as are wanted to whom the others cannot be told', async () => {
        await announceAll([
          ...many(100, (i) => leecher(endpoint4(i))),
          ...many(100, (i) => leecher(endpoint6(i), { family: 6 })),
        ]);
        const own = { want: 40, ownFamilyOnly: true };
        const four = await announce(leecher(endpoint4(500), own));
        expect([four.count4, four.count6]).toEqual([40, 0]);
        const six = await announce(leecher(endpoint6(500), { family: 6, ...own }));
        expect([six.count4, six.count6]).toEqual([0, 40]);
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

      it('says which announce it was that counted', async () => {
        const said: boolean[] = [];
        const say = async (update: PeerUpdate) => said.push((await announce(update)).isCompletion);
        await say(leecher(endpoint4(1)));
        await say(seeder(endpoint4(1), completes));
        await say(seeder(endpoint4(1), completes));
        await say(leecher(endpoint4(2)));
        await say(leecher(endpoint4(2), { leaving: true }));
        await say(leecher(endpoint4(3)));
        await say(seeder(endpoint4(3), { ...completes, leaving: true }));
        await say(seeder(endpoint4(3), { ...completes, leaving: true }));
        expect(said).toEqual([false, true, false, false, false, false, true, false]);
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

      it('counts who came complete, said later that something was left, and then completes', async () => {
        await announceAll([seeder(endpoint4(1)), seeder(endpoint4(1), completes)]);
        await announce(leecher(endpoint4(1)));
        expect(store.counts(HASH).completed).toBe(0);
        expect((await announce(seeder(endpoint4(1), completes))).completed).toBe(1);
      });

      it('counts nobody twice, whatever it says that is left', async () => {
        await announce(seeder(endpoint4(1)));
        for (let i = 0; i < 5; i += 1) {
          await announce(leecher(endpoint4(1), { role: ROLE.partialSeed }));
          await announceAll([seeder(endpoint4(1), completes), leecher(endpoint4(1))]);
          await announce(seeder(endpoint4(1), { ...completes, mayRepeat: true }));
        }
        await announce(seeder(endpoint4(1), { ...completes, leaving: true }));
        expect(store.counts(HASH).completed).toBe(1);
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
        dropAll(HASH);
        expect(store.counts(HASH)).toMatchObject({ seeders: 0, leechers: 0, completed: 1 });
        expect(store.counts(OTHER).leechers).toBe(1);
        expect(store.totals()).toEqual({ swarms: 1, peers4: 1, peers6: 0 });
      });

      it('removes an owner from every swarm', () => {
        expect(store.dropOwner(1)).toBe(37);
        expect(store.counts(HASH).leechers).toBe(35);
        expect(store.totals()).toEqual({ swarms: 1, peers4: 36, peers6: 0 });
        expect(store.dropOwner(1)).toBe(0);
      });

      it('removes an owner from one swarm', () => {
        expect(dropOwnerFrom(HASH, 1)).toBe(36);
        expect(store.counts(OTHER).leechers).toBe(1);
        expect(dropOwnerFrom(hashNumber(77), 1)).toBe(0);
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

      it('removes who has lost his right wherever he is: public, private, loopback, IPv4, IPv6', async () => {
        const infoHash = hashNumber(6);
        const addresses = ['11.0.0.1', '192.168.0.1', '127.0.0.1', '2001:db8::1', 'fd00::1', '::1'];
        for (const address of addresses) {
          for (const owner of [5, 6]) {
            const family = address.includes(':') ? 6 : 4;
            const endpoint = endpointAt(address, 6881 + owner);
            await announce(leecher(endpoint, { infoHash, owner, family }));
          }
        }
        expect(store.counts(infoHash).leechers).toBe(12);
        expect(store.dropOwnersWhere(infoHash, (owner) => owner === 5)).toBe(6);
        expect(store.counts(infoHash).leechers).toBe(6);
        expect(dropOwnerFrom(infoHash, 6)).toBe(6);
      });

      it('knows the owner of the last announce', async () => {
        await announce(leecher(endpoint4(0), { owner: 5 }));
        expect(dropOwnerFrom(HASH, 5)).toBe(1);
      });

      it('takes who was dropped in again when he announces', async () => {
        dropAll(HASH);
        expect(await announce(leecher(endpoint4(1)))).toMatchObject({ leechers: 1, count4: 0 });
      });

      it('keeps owners up to 2^32 - 1 apart', async () => {
        await announceAll([
          leecher(endpoint4(1), { infoHash: hashNumber(5), owner: 2 ** 32 - 1 }),
          leecher(endpoint4(2), { infoHash: hashNumber(5), owner: 2 ** 31 - 1 }),
        ]);
        expect(dropOwnerFrom(hashNumber(5), 2 ** 32 - 1)).toBe(1);
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

    describe('bounds of everything', () => {
      it('answers who comes to a full tracker without keeping him', async () => {
        open({ maxPeers: 3 });
        await announceAll([
          leecher(endpoint4(1)),
          leecher(endpoint4(1), { infoHash: OTHER }),
          leecher(endpoint6(1), { family: 6 }),
        ]);
        const late = await announce(leecher(endpoint4(2)));
        expect(late).toMatchObject({ leechers: 2 });
        expect(late.peers).toHaveLength(2);
        expect(store.totals()).toEqual({ swarms: 2, peers4: 2, peers6: 1 });
        expect((await announce(seeder(endpoint4(1)))).seeders).toBe(1);
        await announce(seeder(endpoint4(1), { leaving: true }));
        expect((await announce(leecher(endpoint4(2)))).leechers).toBe(2);
      });

      it('opens no swarm for who comes to a full tracker', async () => {
        open({ maxPeers: 1 });
        await announce(leecher(endpoint4(1)));
        const late = await announce(leecher(endpoint4(1), { infoHash: OTHER }));
        expect(late).toMatchObject({ seeders: 0, leechers: 0, count4: 0, count6: 0 });
        expect(store.totals()).toEqual({ swarms: 1, peers4: 1, peers6: 0 });
      });

      it('opens no more swarms than it may, and goes on with those it has', async () => {
        open({ maxSwarms: 2 });
        await announceAll(many(2, (n) => leecher(endpoint4(1), { infoHash: hashNumber(n) })));
        const third = await announce(leecher(endpoint4(1), { infoHash: hashNumber(3) }));
        expect(third).toMatchObject({ seeders: 0, leechers: 0, completed: 0, count4: 0 });
        expect((await announce(leecher(endpoint4(2), { infoHash: hashNumber(0) }))).leechers).toBe(
          2,
        );
        expect(store.totals()).toEqual({ swarms: 2, peers4: 3, peers6: 0 });
        dropAll(hashNumber(0));
        expect((await announce(leecher(endpoint4(1), { infoHash: OTHER }))).leechers).toBe(1);
      });

      it('counts all peers right whatever way they go', async () => {
        await announceAll(many(40, (i) => leecher(endpoint4(i), { owner: i % 4 })));
        await announceAll(many(10, (i) => leecher(endpoint6(i), { family: 6, owner: i % 2 })));
        await announce(seeder(endpoint4(0)));
        await announce(leecher(endpoint4(1), { leaving: true }));
        dropOwnerFrom(HASH, 1);
        expect(store.totals()).toEqual({ swarms: 1, peers4: 30, peers6: 5 });
        clock.advance(MAX_AGE + 1);
        sweepAll();
        expect(store.totals()).toEqual({ swarms: 0, peers4: 0, peers6: 0 });
        await announceAll(many(5, (i) => leecher(endpoint4(i))));
        dropAll(HASH);
        expect(store.totals()).toEqual({ swarms: 0, peers4: 0, peers6: 0 });
      });
    });

    describe('an early announce without news', () => {
      const again = { mayRepeat: true, want: 10 };

      beforeEach(() => announceAll(many(300, (i) => (i % 5 ? leecher : seeder)(endpoint4(i)))));

      it('gets the same answer, however often', async () => {
        const first = await announce(leecher(endpoint4(301), { want: 10 }));
        for (let second = 9; second < LIMITS.minInterval; second += 9) {
          clock.advance(9);
          const answer = await announce(leecher(endpoint4(301), again));
          expect(answer.peers).toEqual(first.peers);
          expect(answer).toMatchObject({ seeders: 60, leechers: 241 });
        }
      });

      it('writes nothing: the peer is forgotten by its last real announce', async () => {
        clock.advance(MAX_AGE - 30);
        await announceAll(many(1, () => leecher(endpoint4(301))));
        clock.advance(30);
        await announce(leecher(endpoint4(301), again));
        clock.advance(MAX_AGE - 29);
        sweepAll();
        expect(store.totals().peers4).toBe(0);
      });

      it('counts from the last real announce: who comes in time is refreshed', async () => {
        await announce(leecher(endpoint4(301)));
        clock.advance(LIMITS.minInterval);
        await announce(leecher(endpoint4(301), again));
        clock.advance(MAX_AGE);
        sweepAll();
        expect(store.totals().peers4).toBe(1);
      });

      it('does not learn the swarm, whatever it claims', async () => {
        const seen = new Set<string>();
        for (let i = 0; i < 200; i += 1) {
          const role = i % 2 ? ROLE.downloader : ROLE.seeder;
          const update = { want: 10, role, mayRepeat: i % 3 > 0, owner: i };
          for (const peer of (await announce(leecher(endpoint4(301), update))).peers)
            seen.add(peer);
        }
        expect(seen.size).toBeLessThanOrEqual(30);
      });

      it('is refreshed when it has news: another role, another owner, a completion', async () => {
        await announce(leecher(endpoint4(301)));
        expect((await announce(seeder(endpoint4(301), again))).seeders).toBe(61);
        await announce(seeder(endpoint4(301), { ...again, owner: 9 }));
        expect(dropOwnerFrom(HASH, 9)).toBe(1);
        await announce(leecher(endpoint4(302)));
        await announce(seeder(endpoint4(302)));
        const done = await announce(seeder(endpoint4(302), { ...again, completing: true }));
        expect(done.completed).toBe(1);
      });

      it('finds others after the minimum interval', async () => {
        const first = await announce(leecher(endpoint4(301), again));
        const answers = new Set([first.peers.join()]);
        for (let i = 0; i < 5; i += 1) {
          clock.advance(LIMITS.minInterval);
          answers.add((await announce(leecher(endpoint4(301), again))).peers.join());
        }
        expect(answers.size).toBeGreaterThan(3);
      });
    });

    describe('who can reach whom', () => {
      const ADDRESSES = {
        public: ['93.184.216.34', '2606:2800:21f::1'],
        private: ['192.168.1.7', '10.1.2.3', '172.20.0.5', '100.64.1.1', 'fd00::7'],
        loopback: ['127.0.0.1', '127.3.4.5', '::1'],
      };
      const KINDS = ['public', 'private', 'loopback'] as const;
      const updateOf = (address: string, more: Partial<PeerUpdate> = {}): PeerUpdate =>
        leecher(endpointAt(address), { family: address.includes(':') ? 6 : 4, ...more });
      const nameOf = (address: string): string =>
        endpointAt(address).toString('hex', 0, address.includes(':') ? 18 : 6);

      it.each([
        ['public', ['public']],
        ['private', ['public', 'private']],
        ['loopback', ['public', 'private', 'loopback']],
      ] as const)('names to %s askers those on %j addresses', async (kind, visible) => {
        for (const each of KINDS) {
          await announceAll(ADDRESSES[each].map((address) => updateOf(address)));
        }
        for (const asker of ADDRESSES[kind]) {
          for (const role of [ROLE.downloader, ROLE.seeder]) {
            const { peers, leechers } = await announce(updateOf(asker, { role, infoHash: HASH }));
            const expected = visible
              .flatMap((each) => ADDRESSES[each])
              .filter((it) => it !== asker);
            expect(peers.sort()).toEqual(expected.map(nameOf).sort());
            expect(leechers).toBe(role === ROLE.seeder ? 9 : 10);
          }
          await announce(updateOf(asker));
        }
      });

      it('gives near and far seeders first, as many as wanted', async () => {
        for (const each of KINDS) {
          for (let i = 0; i < 20; i += 1) {
            const endpoint = endpointAt(ADDRESSES[each][0]!, 7000 + i);
            await announce(leecher(endpoint, { role: i < 4 ? ROLE.seeder : ROLE.downloader }));
          }
        }
        const { peers } = await announce(updateOf('127.0.0.9', { want: 30 }));
        expect(new Set(peers).size).toBe(30);
        const isSeeder = (peer: string): boolean => parseInt(peer.slice(8), 16) < 7004;
        expect(peers.slice(0, 12).every(isSeeder)).toBe(true);
        expect(peers.slice(12).some(isSeeder)).toBe(false);
        // Of the 48 others each kind has a third.
        for (const each of KINDS) {
          const prefix = nameOf(ADDRESSES[each][0]!).slice(0, 8);
          expect(peers.slice(12).filter((peer) => peer.startsWith(prefix))).toHaveLength(6);
        }
      });

      it('shares an answer between the families of those within reach', async () => {
        await announceAll(many(40, (i) => leecher(endpointAt('10.0.0.1', 7000 + i))));
        await announceAll(many(40, (i) => leecher(endpointAt('::1', 7000 + i), { family: 6 })));
        const near = await announce(updateOf('127.0.0.1', { want: 20 }));
        expect([near.count4, near.count6]).toEqual([10, 10]);
        const middle = await announce(updateOf('10.0.0.2', { want: 20 }));
        expect([middle.count4, middle.count6]).toEqual([20, 0]);
      });

      it('completes, drops, expires and forgets them like others', async () => {
        await announceAll([updateOf('10.0.0.1'), updateOf('127.0.0.1'), updateOf('::1')]);
        const done = { role: ROLE.seeder, completing: true };
        expect((await announce(updateOf('127.0.0.1', done))).completed).toBe(1);
        await announce(updateOf('10.0.0.1', { owner: 4 }));
        expect(store.dropOwner(4)).toBe(1);
        await announce(updateOf('127.0.0.1', { leaving: true }));
        expect(store.totals()).toEqual({ swarms: 1, peers4: 0, peers6: 1 });
        clock.advance(MAX_AGE + 1);
        sweepAll();
        expect(store.totals()).toEqual({ swarms: 0, peers4: 0, peers6: 0 });
      });
    });

    describe('two hashes of one torrent', () => {
      it('joins peers and counters, each peer once', async () => {
        store.restoreCompleted(HASH, 3);
        store.restoreCompleted(OTHER, 4);
        await announceAll([
          ...many(200, (i) => leecher(endpoint4(i), { owner: i })),
          ...many(150, (i) => (i % 2 ? leecher : seeder)(endpoint4(100 + i), { infoHash: OTHER })),
          leecher(endpoint6(1), { family: 6, infoHash: OTHER, owner: 8 }),
          leecher(endpointAt('127.0.0.1'), { infoHash: OTHER, role: ROLE.partialSeed }),
        ]);
        store.merge(OTHER, HASH);
        expect(store.totals()).toEqual({ swarms: 1, peers4: 251, peers6: 1 });
        expect(store.counts(HASH)).toEqual({
          seeders: 25,
          leechers: 227,
          downloaders: 226,
          completed: 7,
        });
        expect(store.counts(OTHER)).toMatchObject({ seeders: 0, leechers: 0, completed: 0 });
        expect((await announce(leecher(endpoint4(1)))).completed).toBe(7);
        expect(dropOwnerFrom(HASH, 8)).toBe(2);
        expect([...store.takeChangedCompleted()]).toEqual([[HASH, 7]]);
      });

      it('leaves out whom the torrent has no room for', async () => {
        open({ maxPeersPerTorrent: 5 });
        await announceAll(many(4, (i) => leecher(endpoint4(i))));
        await announceAll(many(4, (i) => leecher(endpoint4(10 + i), { infoHash: OTHER })));
        store.merge(OTHER, HASH);
        expect(store.totals()).toEqual({ swarms: 1, peers4: 5, peers6: 0 });
      });

      it('does nothing to a torrent and itself, or to torrents that nobody announced', async () => {
        await announce(leecher(endpoint4(1)));
        store.merge(HASH, HASH);
        store.merge(hashNumber(8), hashNumber(9));
        expect(store.totals()).toEqual({ swarms: 1, peers4: 1, peers6: 0 });
      });
    });

    describe('expiry by the size of the swarm', () => {
      it('forgets a peer by the age that belongs to what it was told', async () => {
        const small = await announce(leecher(endpoint4(0)));
        await announceAll(many(60, (i) => leecher(endpoint4(i + 1))));
        const large = await announce(leecher(endpoint4(99)));
        expect(large.sizeClass).toBeGreaterThan(small.sizeClass);
        const maxAges = maxAgesOf(1000).map((age, sizeClass) => age * (sizeClass + 1));
        clock.advance(1001);
        while (!store.sweep(maxAges));
        // The 51 who came while it was small are gone.
        expect(store.totals().peers4).toBe(11);
        clock.advance(1000);
        while (!store.sweep(maxAges));
        expect(store.totals().peers4).toBe(0);
      });

      it('tells who repeats himself the class by which he is kept', async () => {
        const first = await announce(leecher(endpoint4(0)));
        await announceAll(many(60, (i) => leecher(endpoint4(i + 1))));
        const again = await announce(leecher(endpoint4(0), { mayRepeat: true }));
        expect(again.sizeClass).toBe(first.sizeClass);
        const news = await announce(leecher(endpoint4(0)));
        expect(news.sizeClass).toBeGreaterThan(first.sizeClass);
      });
    });
  });
}
