/**
 * Swarms in this process's memory. An announce allocates nothing that outlives it: the answer is
 * one object whose buffers are filled anew each time.
 */
import type { Clock, Random } from '../clock';
import type { InfoHash } from '../info-hash';
import { choosePeers, type Asker } from './choose-peers';
import { CompletedCounters } from './completed-counters';
import { PeerPool } from './peer-pool';
import type { PeerRows } from './peer-rows';
import type { RowLayout } from './row-blocks';
import { Swarm } from './swarm';
import { createSwarmAnswer, ROLE, type PeerUpdate, type StoreTotals } from './swarm-store';
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
  };
}

/** Lowest bit of a stamp. */
const COUNTED = 1;

export class MemorySwarmStore implements SwarmStore {
  private readonly swarms = new Map<InfoHash, Swarm>();
  private readonly completed = new CompletedCounters();
  private readonly layout4: RowLayout;
  private readonly layout6: RowLayout;
  private readonly epoch: number;
  private readonly answer: SwarmAnswer;
  private readonly asker: Asker = { rows: null, row: -1, role: ROLE.downloader, family: 4 };
  private readonly sweeper: Sweeper;

  constructor(private readonly deps: MemorySwarmStoreDeps) {
    const { clock, random, limits } = deps;
    const seed = Math.floor(random() * 2 ** 32);
    this.epoch = clock();
    this.layout4 = { family: 4, stride: 6, addressBytes: 4, pool: new PeerPool(6), seed };
    this.layout6 = { family: 6, stride: 18, addressBytes: 8, pool: new PeerPool(18), seed };
    this.answer = createSwarmAnswer(limits.maxNumwant);
    this.sweeper = new Sweeper(this.swarms, clock, (swarm) => this.forgetIfEmpty(swarm));
  }

  announce(update: PeerUpdate): SwarmAnswer {
    const { asker, answer } = this;
    asker.rows = null;
    asker.row = -1;
    asker.role = update.role;
    asker.family = update.family;
    const swarm = update.leaving ? this.leave(update) : this.put(update);
    if (swarm === undefined) return this.answerEmpty(update.infoHash);
    const { count, seeders } = swarm;
    answer.seeders = seeders;
    answer.leechers = count - seeders;
    answer.downloaders = swarm.downloaders;
    answer.completed = swarm.completed;
    const want = update.leaving ? 0 : Math.min(update.want, this.deps.limits.maxNumwant);
    choosePeers(swarm, asker, want, this.deps.random, answer);
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
    const totals = { swarms: this.swarms.size, peers4: 0, peers6: 0 };
    for (const { v4, v6 } of this.swarms.values()) {
      totals.peers4 += v4?.count ?? 0;
      totals.peers6 += v6?.count ?? 0;
    }
    return totals;
  }

  restoreCompleted(infoHash: InfoHash, completed: number): void {
    this.completed.restore(infoHash, completed);
    const swarm = this.swarms.get(infoHash);
    if (swarm !== undefined) swarm.completed = completed;
  }

  takeChangedCompleted(): Map<InfoHash, number> {
    return this.completed.takeChanged();
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

  sweep(maxAge: number): boolean {
    return this.sweeper.slice((this.seconds() - maxAge) * 2);
  }

  private leave(update: PeerUpdate): Swarm | undefined {
    const swarm = this.swarms.get(update.infoHash);
    const rows = swarm?.rowsOf(this.layoutOf(update));
    if (swarm === undefined || rows == null) return swarm;
    const row = rows.find(update.endpoint);
    if (row < 0) return swarm;
    this.countIfCompleted(swarm, update, rows.stampAt(row));
    rows.remove(row);
    swarm.releaseIfEmpty(rows);
    this.forgetIfEmpty(swarm);
    return swarm;
  }

  private put(update: PeerUpdate): Swarm {
    const swarm = this.swarms.get(update.infoHash) ?? this.open(update.infoHash);
    const layout = this.layoutOf(update);
    const rows = swarm.rowsOf(layout) ?? swarm.makeRows(layout);
    this.asker.rows = rows;
    const row = rows.find(update.endpoint);
    this.asker.row =
      row < 0 ? this.join(swarm, rows, update) : this.refresh(swarm, rows, row, update);
    return swarm;
  }

  /** A peer not known before. One that starts complete has nothing to complete here. */
  private join(swarm: Swarm, rows: PeerRows, update: PeerUpdate): number {
    const { maxPeersPerTorrent, maxPeersPerAddress } = this.deps.limits;
    const stalest = rows.crowdedOut(update.endpoint, maxPeersPerAddress);
    if (stalest >= 0) rows.remove(stalest);
    else if (swarm.count >= maxPeersPerTorrent) return -1;
    const counted = update.role === ROLE.seeder ? COUNTED : 0;
    return rows.insert(update.endpoint, update.role, update.owner, this.seconds() * 2 + counted);
  }

  private refresh(swarm: Swarm, rows: PeerRows, row: number, update: PeerUpdate): number {
    const counted = this.countIfCompleted(swarm, update, rows.stampAt(row));
    const stamp = this.seconds() * 2 + counted;
    if (rows.roleAt(row) === update.role) {
      rows.update(row, update.owner, stamp);
      return row;
    }
    rows.remove(row);
    return rows.insert(update.endpoint, update.role, update.owner, stamp);
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
    answer.completed = this.completed.of(infoHash);
    return answer;
  }

  private dropOwnerOf(swarm: Swarm, owner: number): number {
    const dropped = swarm.dropOwner(owner);
    this.forgetIfEmpty(swarm);
    return dropped;
  }

  private open(infoHash: InfoHash): Swarm {
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

  private layoutOf(update: PeerUpdate): RowLayout {
    return update.family === 4 ? this.layout4 : this.layout6;
  }

  /** Whole seconds since this store was made: small enough for 31 bits of a stamp. */
  private seconds(): number {
    return Math.floor((this.deps.clock() - this.epoch) / 1000);
  }
}
