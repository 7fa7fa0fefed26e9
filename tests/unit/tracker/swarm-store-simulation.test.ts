/**
 * The whole memory store against a naive model: random peers on public, private and loopback
 * addresses join, repeat themselves, graduate, leave, expire and are dropped, swarms are merged, and
 * the store is replaced by one that was restored from its snapshot; after every step the counts agree and the answer names only peers that it may name.
 * A failure names its seed; set SIMULATION_SEED to run it again.
 */
import { MemorySwarmStore, ROLE, type InfoHash, type PeerRole } from '../../../server/src/tracker';
import {
  endpoint4,
  endpoint6,
  handClock,
  hashNumber,
  leecher,
  maxAgesOf,
  name4,
  name6,
  peersOf,
  seededRandom,
} from '../../contract/swarm-fixtures';

const SEED = Number(process.env.SIMULATION_SEED ?? Math.floor(Math.random() * 2 ** 31));
const MAX_AGE = 100;
const MAX_AGES = maxAgesOf(MAX_AGE);
const LIMITS = {
  maxNumwant: 40,
  maxPeersPerTorrent: 60,
  maxPeersPerAddress: 100,
  maxPeers: 200,
  maxSwarms: 4,
  minInterval: 20,
};

interface ModelPeer {
  role: PeerRole;
  owner: number;
  seen: number;
  counted: boolean;
  cameComplete: boolean;
  /** 0 public, 1 private, 2 loopback. */
  reach: number;
}

/** Peer n of a family, on an address of this reach. */
function endpointOf(n: number, family: 4 | 6, reach: number): Buffer {
  const endpoint = family === 4 ? endpoint4(n) : endpoint6(n);
  if (family === 4) endpoint[0] = [11, 10, 127][reach]!;
  else if (reach === 1) endpoint[0] = 0xfd;
  else if (reach === 2) {
    endpoint.fill(0, 0, 16).writeUInt8(1, 15);
    endpoint.writeUInt16BE(1000 + n, 16); // there is one loopback address in IPv6
  }
  return endpoint;
}

class NaiveStore {
  constructor(private readonly limits: typeof LIMITS) {}

  readonly swarms = new Map<InfoHash, Map<string, ModelPeer>>();
  readonly completed = new Map<InfoHash, number>();
  completions = 0;

  of(infoHash: InfoHash): Map<string, ModelPeer> {
    let swarm = this.swarms.get(infoHash);
    if (swarm === undefined) this.swarms.set(infoHash, (swarm = new Map<string, ModelPeer>()));
    return swarm;
  }

  get living(): Map<string, ModelPeer>[] {
    return [...this.swarms.values()].filter(({ size }) => size > 0);
  }

  put(
    infoHash: InfoHash,
    name: string,
    peer: Omit<ModelPeer, 'counted' | 'cameComplete'>,
    { completing, mayRepeat }: { completing: boolean; mayRepeat: boolean },
  ): void {
    const swarm = this.of(infoHash);
    const known = swarm.get(name);
    if (known === undefined) {
      const peers = this.living.reduce((sum, { size }) => sum + size, 0);
      const isFull =
        swarm.size >= this.limits.maxPeersPerTorrent ||
        peers >= this.limits.maxPeers ||
        (swarm.size === 0 && this.living.length >= this.limits.maxSwarms);
      const cameComplete = peer.role === ROLE.seeder;
      if (!isFull) swarm.set(name, { ...peer, counted: false, cameComplete });
      return;
    }
    const isRepeat =
      mayRepeat &&
      peer.seen - known.seen < LIMITS.minInterval &&
      peer.role === known.role &&
      peer.owner === known.owner &&
      (!completing || known.counted || known.cameComplete);
    if (isRepeat) return;
    if (completing) this.count(infoHash, known);
    if (peer.role !== ROLE.seeder) known.cameComplete = false;
    Object.assign(known, peer);
  }

  merge(from: InfoHash, into: InfoHash): void {
    const target = this.of(into);
    for (const [name, peer] of this.of(from)) if (!target.has(name)) target.set(name, peer);
    this.of(from).clear();
    const completed = (this.completed.get(from) ?? 0) + (this.completed.get(into) ?? 0);
    this.completed.delete(from);
    this.completed.set(into, completed);
  }

  leave(infoHash: InfoHash, name: string, completing: boolean): void {
    const known = this.of(infoHash).get(name);
    if (known !== undefined && completing) this.count(infoHash, known);
    this.of(infoHash).delete(name);
  }

  private count(infoHash: InfoHash, peer: ModelPeer): void {
    if (peer.counted || peer.cameComplete) return;
    peer.counted = true;
    this.completions += 1;
    this.completed.set(infoHash, (this.completed.get(infoHash) ?? 0) + 1);
  }

  remove(test: (peer: ModelPeer, infoHash: InfoHash) => boolean): void {
    for (const [infoHash, swarm] of this.swarms) {
      for (const [name, peer] of swarm) if (test(peer, infoHash)) swarm.delete(name);
    }
  }

  /** Whom an asker may be told of. */
  candidates(infoHash: InfoHash, name: string, role: PeerRole, reach: number): string[] {
    return [...this.of(infoHash)]
      .filter(([other]) => other !== name)
      .filter(([, peer]) => role === ROLE.downloader || peer.role === ROLE.downloader)
      .filter(([, peer]) => peer.reach <= reach)
      .map(([other]) => other);
  }
}

it.each([
  // Some large swarms, and many of the size of a record: about two public peers of IPv4.
  { hashes: 5, peers: 50, public4: 0.5 },
  { hashes: 30, peers: 3, public4: 0.9 },
])(`agrees with a naive store under random announces: %j (seed ${String(SEED)})`, (scene) => {
  const random = seededRandom(SEED);
  const limits = { ...LIMITS, maxSwarms: scene.hashes - 1 };
  const below = (n: number): number => Math.floor(random() * n);
  const clock = handClock();
  let seconds = 0;
  let store = new MemorySwarmStore({ clock, random, limits });
  const naive = new NaiveStore(limits);

  /** Plain comparisons, because `expect` tens of thousands of times would take minutes. */
  const check = (what: string, actual: unknown, expected: unknown): void => {
    const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (found !== wanted) throw new Error(`${what}: ${found}, not ${wanted}`);
  };

  const checkCounts = (infoHash: InfoHash): void => {
    const roles = [...naive.of(infoHash).values()].map(({ role }) => role);
    const seeders = roles.filter((role) => role === ROLE.seeder).length;
    const { completed, ...counts } = store.counts(infoHash);
    check('counts', counts, {
      seeders,
      leechers: roles.length - seeders,
      downloaders: roles.filter((role) => role === ROLE.downloader).length,
    });
    check('completed', completed, naive.completed.get(infoHash) ?? 0);
  };

  const announce = (infoHash: InfoHash): void => {
    const isPublic4 = random() < scene.public4;
    const family = isPublic4 || random() < 0.4 ? 4 : 6;
    const n = below(scene.peers);
    const reach = isPublic4 || random() < 0.4 ? 0 : below(3);
    const endpoint = endpointOf(n, family, reach);
    const name = (family === 4 ? name4 : name6)(endpoint);
    const role = ([ROLE.seeder, ROLE.partialSeed, ROLE.downloader] as const)[below(3)]!;
    const leaving = random() < 0.15;
    const completing = role === ROLE.seeder && random() < 0.5;
    const mayRepeat = random() < 0.5;
    const mayLackInfo = role === ROLE.seeder && random() < 0.3;
    const asks = mayLackInfo ? ROLE.downloader : role;
    const owner = below(3);
    const want = below(60);
    const ownFamilyOnly = random() < 0.3;
    if (leaving) naive.leave(infoHash, name, completing);
    else {
      const peer = { role, owner, seen: seconds, reach };
      naive.put(infoHash, name, peer, { completing, mayRepeat });
    }
    const answer = store.announce(
      leecher(endpoint, {
        ...{ infoHash, family, owner, role, leaving, completing, mayRepeat, mayLackInfo, want },
        ownFamilyOnly,
      }),
    );
    const peers = peersOf(answer);
    const candidates = naive
      .candidates(infoHash, name, asks, reach)
      .filter((other) => !ownFamilyOnly || other.length === name.length);
    const expected = leaving ? 0 : Math.min(want, LIMITS.maxNumwant, candidates.length);
    check('number of peers', peers.length, expected);
    check('number of different peers', new Set(peers).size, expected);
    const strangers = peers.filter((peer) => !candidates.includes(peer));
    check('peers that must not be named', strangers, []);
    if (asks !== ROLE.downloader || leaving) return;
    // Seeders first, in each family.
    const isSeeder = (peer: string) => naive.of(infoHash).get(peer)?.role === ROLE.seeder;
    for (const list of [peers.slice(0, answer.count4), peers.slice(answer.count4)]) {
      const firstOther = list.findIndex((peer) => !isSeeder(peer));
      if (firstOther >= 0) check('late seeders', list.slice(firstOther).filter(isSeeder), []);
    }
  };

  const merge = (from: InfoHash, into: InfoHash): void => {
    // Whom a full torrent leaves out is up to the store.
    const size = naive.of(from).size + naive.of(into).size;
    if (from === into || size > LIMITS.maxPeersPerTorrent) return;
    store.merge(from, into);
    naive.merge(from, into);
  };

  /** As if the process were away for some time. */
  const restart = (): void => {
    const wallClock = 1e12 + seconds * 1000;
    const bytes = Buffer.concat([...store.snapshot(wallClock)]);
    const passed = below(40);
    const unwelcome = below(6);
    clock.advance(passed);
    seconds += passed;
    store = new MemorySwarmStore({ clock, random, limits });
    for (const [infoHash, completed] of naive.completed)
      store.restoreCompleted(infoHash, completed);
    const steps = store.restore(bytes, {
      wallClock: wallClock + passed * 1000,
      maxAges: MAX_AGES,
      place: (infoHash, owner) => (owner === unwelcome ? null : infoHash),
    });
    while (steps.next().done !== true);
    naive.remove((peer) => peer.owner === unwelcome || peer.seen < seconds - MAX_AGE);
  };

  for (let step = 0; step < 10_000; step += 1) {
    const infoHash = hashNumber(below(scene.hashes));
    const dice = random();
    if (dice < 0.9) announce(infoHash);
    else if (dice < 0.905) merge(infoHash, hashNumber(below(scene.hashes)));
    else if (dice < 0.915) restart();
    else if (dice < 0.97) {
      const passed = below(30);
      clock.advance(passed);
      seconds += passed;
      while (!store.sweep(MAX_AGES));
      naive.remove((peer) => peer.seen < seconds - MAX_AGE);
    } else if (dice < 0.98) {
      const owner = below(6);
      store.dropOwner(owner);
      naive.remove((peer) => peer.owner === owner);
    } else if (dice < 0.99) {
      const owner = below(6);
      store.dropOwnersWhere(infoHash, (other) => other === owner);
      naive.remove((peer, hash) => peer.owner === owner && hash === infoHash);
    } else {
      store.dropOwnersWhere(infoHash, () => true);
      naive.remove((_, hash) => hash === infoHash);
    }
    for (let n = 0; n < scene.hashes; n += 1) checkCounts(hashNumber(n));
    const peers = [...naive.swarms.values()].flatMap((swarm) => [...swarm.keys()]);
    check('totals', store.totals(), {
      swarms: [...naive.swarms.values()].filter(({ size }) => size > 0).length,
      peers4: peers.filter(({ length }) => length === 12).length,
      peers6: peers.filter(({ length }) => length === 36).length,
    });
  }
  expect(naive.completions).toBeGreaterThan(10);
});
