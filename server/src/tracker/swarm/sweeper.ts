/**
 * Walks round and round over all swarms and removes peers that were silent for too long: a few
 * milliseconds at a time, going on where it stopped, whatever came and went meanwhile.
 */
import type { Clock } from '../clock';
import type { PeerRows } from './peer-rows';
import { secondOf, toldSizeClass } from './stamp';
import { GROUPS, type Swarm } from './swarm';
import type { SwarmTable } from './swarm-table';

/** Milliseconds a slice may take. */
const SLICE = 2;
/** Work between two looks at the clock, in rows looked at. */
const WORK_BETWEEN_LOOKS = 1024;
/** What a visit to a swarm and a removal cost beside looking at one row. */
const SWARM_WORK = 16;
const REMOVAL_WORK = 16;

export class Sweeper {
  /** The swarm to visit next, by its number. */
  private record = 0;
  private swarm: Swarm | null = null;
  private group = 0;
  /** Rows [0, next) of this group are still to be looked at. */
  private next = 0;
  private work = 0;

  constructor(
    private readonly swarms: SwarmTable,
    private readonly clock: Clock,
  ) {}

  /**
   * Removes, for about 2 ms, the rows that were last heard of more than `maxAges[size class]`
   * seconds before the second `now`; `true` when the walk has come round.
   */
  slice(maxAges: readonly number[], now: number): boolean {
    const deadline = this.clock() + SLICE;
    this.work = 0;
    while (this.swarm !== null || this.enterNextSwarm(maxAges, now)) {
      if (this.swarm !== null) this.sweepRows(this.swarm, maxAges, now);
      if (this.work < WORK_BETWEEN_LOOKS) continue;
      if (this.clock() >= deadline) return false;
      this.work = 0;
    }
    return true;
  }

  /** False when the walk has come round. */
  private enterNextSwarm(maxAges: readonly number[], now: number): boolean {
    const { swarms } = this;
    if (this.record >= swarms.length) {
      this.record = 0;
      return false;
    }
    const swarm = swarms.at(this.record);
    this.record += 1;
    this.work += SWARM_WORK;
    if (swarm === null) return true;
    if (swarms.isCopy(swarm)) this.sweepSmall(swarm, maxAges, now);
    else this.swarm = swarm;
    this.group = 0;
    this.next = Infinity;
    return true;
  }

  /** At once: others will use the same copy before the next slice. */
  private sweepSmall(swarm: Swarm, maxAges: readonly number[], now: number): void {
    const { v4 } = swarm;
    if (v4 === null) return;
    const before = v4.count;
    for (let row = before - 1; row >= 0; row -= 1) {
      if (isSilent(v4, row, maxAges, now)) v4.remove(row);
    }
    if (v4.count < before) this.swarms.settle(swarm);
  }

  private sweepRows(swarm: Swarm, maxAges: readonly number[], now: number): void {
    const { group } = this;
    const rows = swarm.rowsOf(group);
    if (rows !== null) {
      if (this.sweepDown(rows, maxAges, now) > 0) return;
      swarm.releaseIfEmpty(group);
    }
    this.next = Infinity;
    this.group += 1;
    if (this.group < GROUPS) return;
    this.swarm = null;
    this.swarms.settle(swarm);
  }

  /** Returns how many rows are left to look at. */
  private sweepDown(rows: PeerRows, maxAges: readonly number[], now: number): number {
    // Downwards: the rows that fill a gap have been looked at already.
    let row = Math.min(this.next, rows.count);
    while (row > 0 && this.work < WORK_BETWEEN_LOOKS) {
      row -= 1;
      this.work += 1;
      if (!isSilent(rows, row, maxAges, now)) continue;
      rows.remove(row);
      this.work += REMOVAL_WORK;
    }
    this.next = row;
    return row;
  }
}

function isSilent(rows: PeerRows, row: number, maxAges: readonly number[], now: number): boolean {
  const stamp = rows.stampAt(row);
  return secondOf(stamp) + (maxAges[toldSizeClass(stamp)] ?? 0) < now;
}
