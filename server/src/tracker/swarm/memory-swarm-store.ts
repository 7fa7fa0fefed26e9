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
import { PeerRegister, type StoreLimits } from './peer-register';
import { sizeClassOf } from './size-class';
import { readSnapshot, writeSnapshot } from './snapshot';
import { stampOf } from './stamp';
import { groupOf, GROUPS, type Swarm } from './swarm';
import { createSwarmAnswer, ROLE, type PeerRole, type PeerUpdate } from './swarm-store';
import type { RestoreOutcome, RestoreRules, StoreTotals } from './swarm-store';
import type { SwarmAnswer, SwarmCounts, SwarmStore } from './swarm-store';
import { SwarmTable } from './swarm-table';
import { Sweeper } from './sweeper';

export interface MemorySwarmStoreDeps {
  clock: Clock;
  /** The same to the second, for whoever can have it cheaper. */
  seconds?: Clock;
  random: Random;
  limits: StoreLimits;
}

/** Second of the store's clock at its start: peers of a snapshot can be older than the store. */
const FIRST_SECOND = 65_536;

export class MemorySwarmStore implements SwarmStore {
  private readonly swarms: SwarmTable;
  private readonly register: PeerRegister;
  private readonly completed = new CompletedCounters();
  private readonly maxSwarms: number;
  private readonly minInterval: number;
  private readonly epoch: number;
  private readonly seconds: Clock;
  private readonly chance = new Chance();
  private readonly answer: SwarmAnswer;
  private readonly chosen: ChosenPeers;
  private readonly asker: Asker;
  private readonly sweeper: Sweeper;
  /** A peer on its way from one swarm to another. */
  private readonly moving = Buffer.alloc(18);

  constructor(private readonly deps: MemorySwarmStoreDeps) {
    const { clock, random, limits } = deps;
    this.maxSwarms = limits.maxSwarms ?? Infinity;
    this.minInterval = limits.minInterval ?? 0;
    const seed = Math.floor(random() * 2 ** 32);
    this.epoch = clock() - FIRST_SECOND * 1000;
    this.seconds = deps.seconds ?? clock;
    const layout4 = { family: 4, stride: 6, addressBytes: 4, pool: new PeerPool(6), seed } as const;
    const layout6 = {
      family: 6,
      stride: 18,
      addressBytes: 8,
      pool: new PeerPool(18),
      seed,
    } as const;
    this.swarms = new SwarmTable(layout4, layout6);
    this.register = new PeerRegister(this.swarms, layout4, layout6, this.completed, limits);
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
    this.sweeper = new Sweeper(this.swarms, clock);
  }

  announce(update: PeerUpdate): SwarmAnswer {
    const { asker, answer } = this;
    const { family, leaving } = update;
    asker.rows = null;
    asker.row = -1;
    asker.role = update.mayLackInfo ? ROLE.downloader : update.role;
    asker.family = family;
    asker.ownFamilyOnly = update.ownFamilyOnly;
    asker.reach = reachOf(update.endpoint, family);
    const group = groupOf(family, asker.reach);
    const swarm = leaving ? this.swarms.get(update.infoHash) : this.open(update.infoHash);
    if (swarm === null) return this.answerEmpty(update.infoHash);
    const { completed } = swarm;
    if (leaving) this.leave(swarm, update, group);
    else this.answerPeers(swarm, update, group);
    swarm.countInto(answer);
    answer.completed = swarm.completed;
    answer.isCompletion = swarm.completed !== completed;
    this.swarms.settle(swarm);
    return answer;
  }

  counts(infoHash: InfoHash): SwarmCounts {
    const completed = this.completed.of(infoHash);
    const counts = { seeders: 0, leechers: 0, downloaders: 0, completed };
    this.swarms.get(infoHash)?.countInto(counts);
    return counts;
  }

  forEachSwarm(
    visit: (infoHash: InfoHash, seeders: number, leechers: number, completed: number) => void,
  ): void {
    const { swarms } = this;
    const counts = { seeders: 0, leechers: 0, downloaders: 0 };
    for (let record = 0; record < swarms.length; record += 1) {
      const swarm = swarms.at(record);
      if (swarm === null) continue;
      const { completed } = swarm;
      swarm.countInto(counts);
      visit(swarms.infoHashOf(swarm), counts.seeders, counts.leechers, completed);
    }
  }

  totals(): StoreTotals {
    const { size, peers4, peers6 } = this.swarms;
    return { swarms: size, peers4, peers6 };
  }

  restoreCompleted(infoHash: InfoHash, completed: number): void {
    this.completed.restore(infoHash, completed);
    this.showCompleted(infoHash, completed);
  }

  countCompleted(infoHash: InfoHash): void {
    this.showCompleted(infoHash, this.completed.increment(infoHash));
  }

  takeChangedCompleted(): Map<InfoHash, number> {
    return this.completed.takeChanged();
  }

  merge(from: InfoHash, into: InfoHash): void {
    if (from === into) return;
    const completed = this.completed.merge(from, into);
    // Out of the table first of all, so that a full tracker has room for the other.
    const source = this.swarms.take(from);
    if (source !== null) {
      for (let group = 0; group < GROUPS; group += 1) this.moveRows(source, group, into);
      source.clear();
    }
    this.showCompleted(into, completed);
  }

  dropOwner(owner: number): number {
    let dropped = 0;
    for (let record = 0; record < this.swarms.length; record += 1) {
      const swarm = this.swarms.at(record);
      if (swarm === null) continue;
      dropped += swarm.dropOwner(owner);
      this.swarms.settle(swarm);
    }
    return dropped;
  }

  dropOwnersWhere(infoHash: InfoHash, hasLost: (owner: number) => boolean): number {
    const swarm = this.swarms.get(infoHash);
    if (swarm === null) return 0;
    const dropped = swarm.dropOwnersWhere(hasLost);
    this.swarms.settle(swarm);
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
      const { endpoint, family, role, owner, age, sizeClass, flags } = peer;
      const isAlive = age <= (rules.maxAges[sizeClass] ?? 0);
      const infoHash = isAlive ? rules.place(savedHash, owner) : null;
      const stamp = stampOf(Math.max(0, this.now() - age), sizeClass, flags);
      const group = groupOf(family, reachOf(endpoint, family));
      if (infoHash !== null && this.adopt(infoHash, group, endpoint, role, owner, stamp))
        peers += 1;
      else left += 1;
    });
    return problem === null
      ? { kind: 'restored', peers, left }
      : { kind: 'refused', reason: problem };
  }

  private leave(swarm: Swarm, update: PeerUpdate, group: number): void {
    const { answer } = this;
    answer.sizeClass = sizeClassOf(swarm.count);
    answer.count4 = answer.count6 = 0;
    this.register.remove(swarm, update, group);
  }

  private answerPeers(swarm: Swarm, update: PeerUpdate, group: number): void {
    const { asker, answer } = this;
    const second = this.register.put(swarm, update, group, this.now(), asker, answer);
    // The same choices for a peer all through one minimum interval, whatever it claims meanwhile.
    const window = this.minInterval > 0 ? Math.floor(second / this.minInterval) : second;
    this.chance.seed(update.lot ^ window);
    const want = Math.min(update.want, this.deps.limits.maxNumwant);
    choosePeers(swarm, asker, want, this.chance, this.chosen, answer);
  }

  private answerEmpty(infoHash: InfoHash): SwarmAnswer {
    const { answer } = this;
    answer.seeders = answer.leechers = answer.downloaders = answer.count4 = answer.count6 = 0;
    answer.sizeClass = 0;
    answer.completed = this.completed.of(infoHash);
    answer.isCompletion = false;
    return answer;
  }

  private moveRows(source: Swarm, group: number, into: InfoHash): void {
    const rows = source.rowsOf(group);
    if (rows === null) return;
    const { moving } = this;
    for (let row = rows.count - 1; row >= 0; row -= 1) {
      rows.copyRow(row, moving, 0);
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
    const swarm = this.open(infoHash);
    if (swarm === null) return false;
    const rows = swarm.rowsOf(group);
    const isKnown = rows !== null && rows.find(endpoint) >= 0;
    const row = isKnown ? -1 : this.register.insert(swarm, group, endpoint, role, owner, stamp);
    this.swarms.settle(swarm);
    return row >= 0;
  }

  /** The swarm of a hash, a new one where there is none; `null` when there are too many. */
  private open(infoHash: InfoHash): Swarm | null {
    const { swarms } = this;
    const known = swarms.get(infoHash);
    if (known !== null || swarms.size >= this.maxSwarms) return known;
    return swarms.add(infoHash, this.completed.of(infoHash));
  }

  private showCompleted(infoHash: InfoHash, completed: number): void {
    const swarm = this.swarms.get(infoHash);
    if (swarm === null) return;
    swarm.completed = completed;
    this.swarms.settle(swarm);
  }

  /** Whole seconds, from {@link FIRST_SECOND} on: small enough for 27 bits of a stamp. */
  private now(): number {
    return Math.floor((this.seconds() - this.epoch) / 1000);
  }
}
