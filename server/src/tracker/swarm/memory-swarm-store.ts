/**
 * Swarms in this process's memory. An announce allocates nothing that outlives it: the answer is
 * one object whose buffers are filled anew each time.
 */
import { REACH, reachOf } from '../address';
import type { Clock, Random } from '../clock';
import type { InfoHash } from '../info-hash';
import { Chance } from './chance';
import { choosePeers, chosenPeersOf, type Asker, type ChosenPeers } from './choose-peers';
import { CompletedCounters } from './completed-counters';
import { PeerPool } from './peer-pool';
import type { PeerRows } from './peer-rows';
import type { RowLayout } from './row-blocks';
import { sizeClassOf } from './size-class';
import { readSnapshot, writeSnapshot } from './snapshot';
import { COUNTED, secondOf, stampOf, toldSizeClass } from './stamp';
import { familyOfGroup, groupOf, GROUPS, Swarm } from './swarm';
import { createSwarmAnswer, ROLE, type PeerRole, type PeerUpdate } from './swarm-store';
import type { RestoreOutcome, RestoreRules, StoreTotals } from './swarm-store';
import type { SwarmAnswer, SwarmCounts, SwarmStore } from './swarm-store';
import { Sweeper } from './sweeper';

export interface MemorySwarmStoreDeps {
  clock: Clock;
  random: Random;
  limits: {
    /** The largest `want` of an update. */
    maxNumwant: number;
    maxPeersPerTorrent: number;
    maxPeersPerAddress: number;
    /** Of all swarms together; unbounded when left out. */
    maxPeers?: number;
    maxSwarms?: number;
    /** Seconds in which a peer without news gets the same peers; 0 when left out. */
    minInterval?: number;
  };
}

/** Second of the store's clock at its start: peers of a snapshot can be older than the store. */
const FIRST_SECOND = 65_536;

export class MemorySwarmStore implements SwarmStore {
  private readonly swarms = new Map<InfoHash, Swarm>();
  private readonly completed = new CompletedCounters();
  private readonly layout4: RowLayout;
  private readonly layout6: RowLayout;
  private readonly maxPeers: number;
  private readonly maxSwarms: number;
  private readonly minInterval: number;
  private readonly epoch: number;
  private readonly chance = new Chance();
  private readonly answer: SwarmAnswer;
  private readonly chosen: ChosenPeers;
  private readonly asker: Asker;
  private readonly sweeper: Sweeper;
  /** A peer on its way from one swarm to another. */
  private readonly moving = Buffer.alloc(18);

  constructor(private readonly deps: MemorySwarmStoreDeps) {
    const { clock, random, limits } = deps;
    this.maxPeers = limits.maxPeers ?? Infinity;
    this.maxSwarms = limits.maxSwarms ?? Infinity;
    this.minInterval = limits.minInterval ?? 0;
    const seed = Math.floor(random() * 2 ** 32);
    this.epoch = clock() - FIRST_SECOND * 1000;
    this.layout4 = { family: 4, stride: 6, addressBytes: 4, pool: new PeerPool(6), seed };
    this.layout6 = { family: 6, stride: 18, addressBytes: 8, pool: new PeerPool(18), seed };
    this.answer = createSwarmAnswer(limits.maxNumwant);
    this.chosen = chosenPeersOf(this.answer);
    this.asker = {
      rows: null,
      row: -1,
      role: ROLE.downloader,
      family: 4,
      ownFamilyOnly: false,
      reach: REACH.public,
    };
    this.sweeper = new Sweeper(this.swarms, clock, (swarm) => this.forgetIfEmpty(swarm));
  }

  announce(update: PeerUpdate): SwarmAnswer {
    const { asker, answer } = this;
    const { infoHash, family } = update;
    asker.rows = null;
    asker.row = -1;
    asker.role = update.role;
    asker.family = family;
    asker.ownFamilyOnly = update.ownFamilyOnly;
    asker.reach = reachOf(update.endpoint, family);
    const group = groupOf(family, asker.reach);
    const swarm = update.leaving ? this.leave(update, group) : this.put(update, group);
    if (swarm === undefined) return this.answerEmpty(infoHash);
    const { count, seeders } = swarm;
    answer.seeders = seeders;
    answer.leechers = count - seeders;
    answer.downloaders = swarm.downloaders;
    answer.completed = swarm.completed;
    if (update.leaving) {
      answer.count4 = answer.count6 = 0;
      return answer;
    }
    const want = Math.min(update.want, this.deps.limits.maxNumwant);
    choosePeers(swarm, asker, want, this.chance, this.chosen, answer);
    return answer;
  }

  counts(infoHash: InfoHash): SwarmCounts {
    const swarm = this.swarms.get(infoHash);
    const completed = this.completed.of(infoHash);
    if (swarm === undefined) return { seeders: 0, leechers: 0, downloaders: 0, completed };
    const { seeders, downloaders, count } = swarm;
    return { seeders, leechers: count - seeders, downloaders, completed };
  }

  forEachSwarm(
    visit: (infoHash: InfoHash, seeders: number, leechers: number, completed: number) => void,
  ): void {
    for (const swarm of this.swarms.values()) {
      visit(swarm.infoHash, swarm.seeders, swarm.count - swarm.seeders, swarm.completed);
    }
  }

  totals(): StoreTotals {
    const { swarms, layout4, layout6 } = this;
    return { swarms: swarms.size, peers4: layout4.pool.peers, peers6: layout6.pool.peers };
  }

  restoreCompleted(infoHash: InfoHash, completed: number): void {
    this.completed.restore(infoHash, completed);
    const swarm = this.swarms.get(infoHash);
    if (swarm !== undefined) swarm.completed = completed;
  }

  countCompleted(infoHash: InfoHash): void {
    const completed = this.completed.increment(infoHash);
    const swarm = this.swarms.get(infoHash);
    if (swarm !== undefined) swarm.completed = completed;
  }

  takeChangedCompleted(): Map<InfoHash, number> {
    return this.completed.takeChanged();
  }

  merge(from: InfoHash, into: InfoHash): void {
    if (from === into) return;
    const completed = this.completed.merge(from, into);
    const source = this.swarms.get(from);
    if (source !== undefined) {
      // First of all, so that a full tracker has room for the other.
      this.swarms.delete(from);
      for (let group = 0; group < GROUPS; group += 1) this.moveRows(source, group, into);
      source.clear();
    }
    const target = this.swarms.get(into);
    if (target !== undefined) target.completed = completed;
  }

  dropPeers(infoHash: InfoHash): void {
    this.swarms.get(infoHash)?.clear();
    this.swarms.delete(infoHash);
  }

  dropSwarm(infoHash: InfoHash): void {
    this.dropPeers(infoHash);
    this.completed.forget(infoHash);
  }

  dropOwner(infoHash: InfoHash | null, owner: number): number {
    if (infoHash === null) {
      let dropped = 0;
      for (const swarm of this.swarms.values()) dropped += this.dropOwnerOf(swarm, owner);
      return dropped;
    }
    const swarm = this.swarms.get(infoHash);
    return swarm === undefined ? 0 : this.dropOwnerOf(swarm, owner);
  }

  dropOwnersWhere(infoHash: InfoHash, hasLost: (owner: number) => boolean): number {
    const swarm = this.swarms.get(infoHash);
    if (swarm === undefined) return 0;
    const dropped = swarm.dropOwnersWhere(hasLost);
    this.forgetIfEmpty(swarm);
    return dropped;
  }

  sweep(maxAges: readonly number[]): boolean {
    return this.sweeper.slice(maxAges, this.now());
  }

  snapshot(wallClock: number): Generator<Buffer, void> {
    return writeSnapshot(this.swarms, this.now(), wallClock);
  }

  *restore(snapshot: Buffer, rules: RestoreRules): Generator<undefined, RestoreOutcome> {
    let peers = 0;
    let left = 0;
    const problem = yield* readSnapshot(snapshot, rules.wallClock, (savedHash, peer) => {
      const { endpoint, family, role, owner, age, sizeClass, counted } = peer;
      const isAlive = age <= (rules.maxAges[sizeClass] ?? 0);
      const infoHash = isAlive ? rules.place(savedHash, owner) : null;
      const stamp = stampOf(Math.max(0, this.now() - age), sizeClass, counted);
      const group = groupOf(family, reachOf(endpoint, family));
      if (infoHash !== null && this.adopt(infoHash, group, endpoint, role, owner, stamp))
        peers += 1;
      else left += 1;
    });
    return problem === null
      ? { kind: 'restored', peers, left }
      : { kind: 'refused', reason: problem };
  }

  private leave(update: PeerUpdate, group: number): Swarm | undefined {
    const swarm = this.swarms.get(update.infoHash);
    const rows = swarm?.rowsOf(group);
    if (swarm === undefined) return undefined;
    this.answer.sizeClass = sizeClassOf(swarm.count);
    if (rows == null) return swarm;
    const row = rows.find(update.endpoint);
    if (row < 0) return swarm;
    this.countIfCompleted(swarm, update, rows.stampAt(row));
    rows.remove(row);
    swarm.releaseIfEmpty(group);
    this.forgetIfEmpty(swarm);
    return swarm;
  }

  /** Writes the peer down, where it has news and there is room, and gets ready to choose peers. */
  private put(update: PeerUpdate, group: number): Swarm | undefined {
    const swarm = this.swarms.get(update.infoHash) ?? this.open(update.infoHash);
    if (swarm === undefined) return undefined;
    const { asker, answer } = this;
    const now = this.now();
    const sizeClass = sizeClassOf(swarm.count);
    const rows = swarm.rowsOf(group);
    const row = rows === null ? -1 : rows.find(update.endpoint);
    if (rows === null || row < 0) {
      // One that starts complete has nothing to complete here.
      const stamp = stampOf(now, sizeClass, update.role === ROLE.seeder ? COUNTED : 0);
      asker.row = this.insert(swarm, group, update.endpoint, update.role, update.owner, stamp);
    } else {
      const stamp = rows.stampAt(row);
      if (this.isRepeat(rows, row, stamp, update, now)) {
        asker.rows = rows;
        asker.row = row;
        answer.sizeClass = toldSizeClass(stamp);
        this.seedChance(update, secondOf(stamp));
        return swarm;
      }
      asker.row = this.refresh(swarm, rows, row, stampOf(now, sizeClass, 0), update);
    }
    asker.rows = swarm.rowsOf(group);
    answer.sizeClass = sizeClass;
    this.seedChance(update, now);
    return swarm;
  }

  private isRepeat(
    rows: PeerRows,
    row: number,
    stamp: number,
    update: PeerUpdate,
    now: number,
  ): boolean {
    return (
      update.mayRepeat &&
      now - secondOf(stamp) < this.minInterval &&
      rows.roleAt(row) === update.role &&
      rows.ownerAt(row) === update.owner &&
      (!update.completing || (stamp & COUNTED) !== 0)
    );
  }

  /** The same choices for a peer all through one minimum interval, whatever it claims meanwhile. */
  private seedChance(update: PeerUpdate, second: number): void {
    const window = this.minInterval > 0 ? Math.floor(second / this.minInterval) : second;
    this.chance.seed(update.lot ^ window);
  }

  /** Row of a peer not known before, or -1 when there is no room for it. */
  private insert(
    swarm: Swarm,
    group: number,
    endpoint: Uint8Array,
    role: PeerRole,
    owner: number,
    stamp: number,
  ): number {
    const { maxPeersPerTorrent, maxPeersPerAddress } = this.deps.limits;
    const rows = swarm.rowsOf(group);
    const stalest = rows === null ? -1 : rows.crowdedOut(endpoint, maxPeersPerAddress);
    if (rows !== null && stalest >= 0) rows.remove(stalest);
    else if (swarm.count >= maxPeersPerTorrent || this.isFull()) {
      this.forgetIfEmpty(swarm);
      return -1;
    }
    const layout = familyOfGroup(group) === 4 ? this.layout4 : this.layout6;
    return (rows ?? swarm.makeRows(group, layout)).insert(endpoint, role, owner, stamp);
  }

  private isFull(): boolean {
    return this.layout4.pool.peers + this.layout6.pool.peers >= this.maxPeers;
  }

  /** `stamp` is that of now, without the counted bit. */
  private refresh(
    swarm: Swarm,
    rows: PeerRows,
    row: number,
    stamp: number,
    update: PeerUpdate,
  ): number {
    const counted = this.countIfCompleted(swarm, update, rows.stampAt(row));
    if (rows.roleAt(row) === update.role) {
      rows.update(row, update.owner, stamp + counted);
      return row;
    }
    rows.remove(row);
    return rows.insert(update.endpoint, update.role, update.owner, stamp + counted);
  }

  /** Counts the peer that completes now; returns the bit that says whether it is counted. */
  private countIfCompleted(swarm: Swarm, update: PeerUpdate, stamp: number): number {
    if (!update.completing || (stamp & COUNTED) !== 0) return stamp & COUNTED;
    swarm.completed = this.completed.increment(swarm.infoHash);
    return COUNTED;
  }

  private answerEmpty(infoHash: InfoHash): SwarmAnswer {
    const { answer } = this;
    answer.seeders = answer.leechers = answer.downloaders = answer.count4 = answer.count6 = 0;
    answer.sizeClass = 0;
    answer.completed = this.completed.of(infoHash);
    return answer;
  }

  private moveRows(source: Swarm, group: number, into: InfoHash): void {
    const rows = source.rowsOf(group);
    if (rows === null) return;
    const { moving } = this;
    for (let row = rows.count - 1; row >= 0; row -= 1) {
      rows.copy(row, row + 1, moving, 0);
      const role = rows.roleAt(row);
      const owner = rows.ownerAt(row);
      const stamp = rows.stampAt(row);
      rows.remove(row);
      this.adopt(into, group, moving, role, owner, stamp);
    }
  }

  /** A peer from elsewhere, unless the swarm knows it already: true when it was written down. */
  private adopt(
    infoHash: InfoHash,
    group: number,
    endpoint: Uint8Array,
    role: PeerRole,
    owner: number,
    stamp: number,
  ): boolean {
    const swarm = this.swarms.get(infoHash) ?? this.open(infoHash);
    if (swarm === undefined) return false;
    const rows = swarm.rowsOf(group);
    if (rows !== null && rows.find(endpoint) >= 0) return false;
    return this.insert(swarm, group, endpoint, role, owner, stamp) >= 0;
  }

  private dropOwnerOf(swarm: Swarm, owner: number): number {
    const dropped = swarm.dropOwner(owner);
    this.forgetIfEmpty(swarm);
    return dropped;
  }

  private open(infoHash: InfoHash): Swarm | undefined {
    if (this.swarms.size >= this.maxSwarms) return undefined;
    const swarm = new Swarm(infoHash, this.completed.of(infoHash));
    this.swarms.set(infoHash, swarm);
    return swarm;
  }

  private forgetIfEmpty(swarm: Swarm): void {
    // The sweeper may still hold a swarm that was dropped and made anew since.
    if (swarm.count === 0 && this.swarms.get(swarm.infoHash) === swarm) {
      this.swarms.delete(swarm.infoHash);
    }
  }

  /** Whole seconds, from {@link FIRST_SECOND} on: small enough for 27 bits of a stamp. */
  private now(): number {
    return Math.floor((this.deps.clock() - this.epoch) / 1000);
  }
}
