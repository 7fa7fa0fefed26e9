/**
 * Walks round and round over all swarms and removes peers that were silent for too long: a few
 * milliseconds at a time, going on where it stopped, whatever came and went meanwhile.
 */
import type { Clock } from '../clock';
import type { InfoHash } from '../info-hash';
import type { PeerRows } from './peer-rows';
import { secondOf, toldSizeClass } from './stamp';
import { GROUPS, type Swarm } from './swarm';

/** Milliseconds a slice may take. */
const SLICE = 2;
/** Work between two looks at the clock, in rows looked at. */
const WORK_BETWEEN_LOOKS = 1024;
/** What a visit to a swarm and a removal cost beside looking at one row. */
const SWARM_WORK = 16;
const REMOVAL_WORK = 16;

export class Sweeper {
  /** A Map's iterator stays valid while entries come and go. */
  private walk: IterableIterator<Swarm> | null = null;
  private swarm: Swarm | null = null;
  private group = 0;
  /** Rows [0, next) of this group are still to be looked at. */
  private next = 0;
  private work = 0;

  constructor(
    private readonly swarms: ReadonlyMap<InfoHash, Swarm>,
    private readonly clock: Clock,
    private readonly onSwept: (swarm: Swarm) => void,
  ) {}

  /**
   * Removes, for about 2 ms, the rows that were last heard of more than `maxAges[size class]`
   * seconds before the second `now`; `true` when the walk has come round.
   */
  slice(maxAges: readonly number[], now: number): boolean {
    const deadline = this.clock() + SLICE;
    this.work = 0;
    while (this.swarm !== null || this.enterNextSwarm()) {
      this.sweepRows(maxAges, now);
      if (this.work < WORK_BETWEEN_LOOKS) continue;
      if (this.clock() >= deadline) return false;
      this.work = 0;
    }
    return true;
  }

  private enterNextSwarm(): boolean {
    this.walk ??= this.swarms.values();
    const step: IteratorResult<Swarm, undefined> = this.walk.next();
    if (step.done === true) {
      this.walk = null;
      return false;
    }
    this.swarm = step.value;
    this.group = 0;
    this.next = Infinity;
    this.work += SWARM_WORK;
    return true;
  }

  private sweepRows(maxAges: readonly number[], now: number): void {
    const { swarm, group } = this;
    if (swarm === null) return;
    const rows = swarm.rowsOf(group);
    if (rows !== null) {
      if (this.sweepDown(rows, maxAges, now) > 0) return;
      swarm.releaseIfEmpty(group);
    }
    this.next = Infinity;
    this.group += 1;
    if (this.group < GROUPS) return;
    this.swarm = null;
    this.onSwept(swarm);
  }

  /** Returns how many rows are left to look at. */
  private sweepDown(rows: PeerRows, maxAges: readonly number[], now: number): number {
    // Downwards: the rows that fill a gap have been looked at already.
    let row = Math.min(this.next, rows.count);
    while (row > 0 && this.work < WORK_BETWEEN_LOOKS) {
      row -= 1;
      this.work += 1;
      const stamp = rows.stampAt(row);
      if (secondOf(stamp) + (maxAges[toldSizeClass(stamp)] ?? 0) >= now) continue;
      rows.remove(row);
      this.work += REMOVAL_WORK;
    }
    this.next = row;
    return row;
  }
}
