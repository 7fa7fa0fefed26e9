/**
 * All swarms, by info-hash. Most torrents have a peer or two, and a site may have a million of
 * them: such a swarm lies in its record, so that an announce waits for memory twice (index, record)
 * and not a dozen times (map, key, objects, columns). Larger swarms, and those with IPv6 or near
 * peers, are objects with rows of their own.
 *
 * Whoever asks gets a {@link Swarm} in both cases. That of a small one is a copy, one object for all
 * of them: good until the next call of this table. Whoever changes a swarm has to {@link settle} it.
 */
import type { InfoHash } from '../info-hash';
import { AddressIndex } from './address-index';
import { PeerPool } from './peer-pool';
import type { RowLayout } from './row-blocks';
import { Swarm } from './swarm';
import { RECORD_PEERS, SwarmRecords } from './swarm-records';

/** Slots of a segment of the index: to split a full one takes a millisecond or two. */
const LARGEST_SEGMENT = 16_384;

export class SwarmTable {
  private readonly records: SwarmRecords;
  private readonly index: AddressIndex;
  private readonly large: (Swarm | null)[] = [];
  private readonly freeLarge: number[] = [];
  /** Peers in records. */
  private smallPeers = 0;
  /** The small swarm that was asked for last, with rows that count nowhere. */
  private readonly copy = new Swarm(-1, 0);
  private readonly copyLayout: RowLayout;
  /** How many swarms there are. */
  size = 0;

  constructor(
    private readonly layout4: RowLayout,
    private readonly layout6: RowLayout,
  ) {
    this.records = new SwarmRecords(layout4.seed);
    this.index = new AddressIndex(this.records, 0, LARGEST_SEGMENT);
    this.copyLayout = { ...layout4, pool: new PeerPool(layout4.stride) };
  }

  get peers4(): number {
    return this.layout4.pool.peers + this.smallPeers;
  }

  get peers6(): number {
    return this.layout6.pool.peers;
  }

  /** Records so far: a walk over all swarms asks {@link at} for each number below. */
  get length(): number {
    return this.records.length;
  }

  get(infoHash: InfoHash): Swarm | null {
    const { index, records } = this;
    let slot = index.first(records.seek(infoHash));
    for (let record = index.rowAt(slot); record >= 0; record = index.rowAt(slot)) {
      if (records.isSought(record)) return this.open(record);
      slot = index.after(slot);
    }
    return null;
  }

  /** A new swarm, of a hash that is not there; settled without a peer it is gone again. */
  add(infoHash: InfoHash, completed: number): Swarm {
    this.records.seek(infoHash);
    const record = this.records.take(completed);
    this.index.add(record);
    this.size += 1;
    return this.open(record);
  }

  /** By number; `null` where none is. */
  at(record: number): Swarm | null {
    return this.records.isFree(record) ? null : this.open(record);
  }

  infoHashOf(swarm: Swarm): InfoHash {
    return this.records.infoHashOf(swarm.record);
  }

  /** Whether it is that of a small swarm, which the next call of this table writes over. */
  isCopy(swarm: Swarm): boolean {
    return swarm === this.copy;
  }

  /** Keeps what became of a swarm, which may be large, small or gone now. */
  settle(swarm: Swarm): void {
    const { record } = swarm;
    const isCopy = swarm === this.copy;
    // A sweep may still hold one that is gone or small meanwhile.
    if (!isCopy && (record < 0 || this.large[this.records.largeOf(record)] !== swarm)) return;
    const { count } = swarm;
    const rows = swarm.onlyPublicIPv4;
    if (count === 0) this.forget(swarm);
    else if (rows === null || count > RECORD_PEERS) {
      if (isCopy) this.enlarge();
    } else if (isCopy) {
      this.smallPeers += count - this.records.peersOf(record);
      this.records.pack(record, swarm.completed, rows);
    } else if (count < RECORD_PEERS) {
      // One less than fits: who comes and goes shall not make it large and small each time.
      this.freeLargeOf(record);
      this.records.pack(record, swarm.completed, rows);
      this.smallPeers += count;
      swarm.clear();
      swarm.record = -1;
    }
  }

  /** Takes a swarm out of the table; its rows are the caller's to clear. */
  take(infoHash: InfoHash): Swarm | null {
    const found = this.get(infoHash);
    if (found === null) return null;
    const swarm = found === this.copy ? this.enlarge() : found;
    this.forget(swarm);
    return swarm;
  }

  private open(record: number): Swarm {
    const { records, copy } = this;
    const number = records.largeOf(record);
    const large = number < 0 ? null : this.large[number];
    if (large != null) return large;
    copy.record = record;
    copy.completed = records.completedOf(record);
    const rows = copy.v4 ?? copy.makeRows(0, this.copyLayout);
    rows.clear();
    records.unpack(record, rows);
    return copy;
  }

  /** The copy becomes a swarm of its own. */
  private enlarge(): Swarm {
    const { copy, records } = this;
    const { record } = copy;
    const swarm = new Swarm(record, copy.completed);
    this.smallPeers -= records.peersOf(record);
    copy.moveTo(swarm, this.layout4);
    const number = this.freeLarge.pop() ?? this.large.length;
    this.large[number] = swarm;
    records.refer(record, number);
    return swarm;
  }

  private forget(swarm: Swarm): void {
    const { record } = swarm;
    if (swarm === this.copy) this.smallPeers -= this.records.peersOf(record);
    else this.freeLargeOf(record);
    this.index.remove(record);
    this.records.free(record);
    this.size -= 1;
    swarm.record = -1;
  }

  private freeLargeOf(record: number): void {
    const number = this.records.largeOf(record);
    this.large[number] = null;
    this.freeLarge.push(number);
  }
}
