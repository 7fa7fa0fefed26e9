/** Writes peers down in their swarm, where they bring news and where there is room. */
import type { CompletedCounters } from './completed-counters';
import type { Asker } from './choose-peers';
import type { PeerRows } from './peer-rows';
import type { RowLayout } from './row-blocks';
import { sizeClassOf } from './size-class';
import { CAME_COMPLETE, COUNTED, flagsOf, secondOf, stampOf, toldSizeClass } from './stamp';
import { familyOfGroup, type Swarm } from './swarm';
import { ROLE, type PeerRole, type PeerUpdate, type SwarmAnswer } from './swarm-store';
import type { SwarmTable } from './swarm-table';

export interface StoreLimits {
  /** The largest `want` of an update. */
  maxNumwant: number;
  maxPeersPerTorrent: number;
  maxPeersPerAddress: number;
  /** Of all swarms together; unbounded when left out. */
  maxPeers?: number;
  maxSwarms?: number;
  /** Seconds in which a peer without news gets the same peers; 0 when left out. */
  minInterval?: number;
}

export class PeerRegister {
  private readonly maxPeers: number;
  private readonly minInterval: number;

  constructor(
    private readonly swarms: SwarmTable,
    private readonly layout4: RowLayout,
    private readonly layout6: RowLayout,
    private readonly completed: CompletedCounters,
    private readonly limits: StoreLimits,
  ) {
    this.maxPeers = limits.maxPeers ?? Infinity;
    this.minInterval = limits.minInterval ?? 0;
  }

  /**
   * Writes down who announced, and tells `asker` where and `answer` which size class.
   * @param now in seconds, as all stamps
   * @returns the second by which peers are chosen: that of an early repeat is the one before
   */
  put(
    swarm: Swarm,
    update: PeerUpdate,
    group: number,
    now: number,
    asker: Asker,
    answer: SwarmAnswer,
  ): number {
    const sizeClass = sizeClassOf(swarm.count);
    const rows = swarm.rowsOf(group);
    const row = rows === null ? -1 : rows.find(update.endpoint);
    if (rows === null || row < 0) {
      const flags = update.role === ROLE.seeder ? CAME_COMPLETE : 0;
      const stamp = stampOf(now, sizeClass, flags);
      asker.row = this.insert(swarm, group, update.endpoint, update.role, update.owner, stamp);
    } else {
      const stamp = rows.stampAt(row);
      if (this.isRepeat(rows, row, stamp, update, now)) {
        asker.rows = rows;
        asker.row = row;
        answer.sizeClass = toldSizeClass(stamp);
        return secondOf(stamp);
      }
      asker.row = this.refresh(swarm, rows, row, stampOf(now, sizeClass, 0), update);
    }
    asker.rows = swarm.rowsOf(group);
    answer.sizeClass = sizeClass;
    return now;
  }

  remove(swarm: Swarm, update: PeerUpdate, group: number): void {
    const rows = swarm.rowsOf(group);
    const row = rows === null ? -1 : rows.find(update.endpoint);
    if (rows === null || row < 0) return;
    this.countIfCompleted(swarm, update, rows.stampAt(row));
    rows.remove(row);
    swarm.releaseIfEmpty(group);
  }

  /** Row of a peer not known before, or -1 when there is no room for it. */
  insert(
    swarm: Swarm,
    group: number,
    endpoint: Uint8Array,
    role: PeerRole,
    owner: number,
    stamp: number,
  ): number {
    const { maxPeersPerTorrent, maxPeersPerAddress } = this.limits;
    const rows = swarm.rowsOf(group);
    const stalest = rows === null ? -1 : rows.crowdedOut(endpoint, maxPeersPerAddress);
    if (rows !== null && stalest >= 0) rows.remove(stalest);
    else if (swarm.count >= maxPeersPerTorrent || this.isFull()) return -1;
    const layout = familyOfGroup(group) === 4 ? this.layout4 : this.layout6;
    return (rows ?? swarm.makeRows(group, layout)).insert(endpoint, role, owner, stamp);
  }

  private isFull(): boolean {
    return this.swarms.peers4 + this.swarms.peers6 >= this.maxPeers;
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
      (!update.completing || flagsOf(stamp) !== 0)
    );
  }

  /** `stamp` is that of now, without flags. */
  private refresh(
    swarm: Swarm,
    rows: PeerRows,
    row: number,
    stamp: number,
    update: PeerUpdate,
  ): number {
    const flags = this.countIfCompleted(swarm, update, rows.stampAt(row));
    if (rows.roleAt(row) === update.role) {
      rows.update(row, update.owner, stamp + flags);
      return row;
    }
    rows.remove(row);
    return rows.insert(update.endpoint, update.role, update.owner, stamp + flags);
  }

  /** Counts the peer that completes now; returns its flags. */
  private countIfCompleted(swarm: Swarm, update: PeerUpdate, stamp: number): number {
    const flags = flagsOf(stamp);
    // aria2 with a magnet says that nothing is left until it knows how much there is.
    if (update.role !== ROLE.seeder) return flags & COUNTED;
    if (!update.completing || flags !== 0) return flags;
    swarm.completed = this.completed.increment(update.infoHash);
    return COUNTED;
  }
}
