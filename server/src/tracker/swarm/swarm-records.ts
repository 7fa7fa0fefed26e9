/**
 * One record of 64 bytes per swarm: its info-hash, its lifetime counter and, while there are but one
 * or two of them, its peers. Records lie in pages and are used again; they never move.
 */
import { INFO_HASH_BYTES, type InfoHash } from '../info-hash';
import { mix, type HashedRows } from './address-index';
import type { PeerRows } from './peer-rows';
import { ROLE, type PeerRole } from './swarm-store';

/** Peers (public ones, of IPv4) that have room in a record. */
export const RECORD_PEERS = 2;

const RECORD_WORDS = 16;
/** Words of a record: first those of the hash, then these. */
const HASH_WORDS = INFO_HASH_BYTES / 4;
const COMPLETED = 5;
/** How many peers, seeders and idle ones there are, two bits each; or one of the two kinds below. */
const KIND = 6;
const FREE = -1;
const LARGE = -2;
/** The first peer; in place of it a large swarm's number, or the next free record. */
const CONTENT = 7;
/** Address, port, owner, stamp. */
const PEER_WORDS = 4;

const PAGE_BITS = 12;
const IN_PAGE = (1 << PAGE_BITS) - 1;

export class SwarmRecords implements HashedRows {
  private readonly pages: Int32Array[] = [];
  private firstFree = -1;
  /** The hash that {@link seek} was told of. */
  private readonly sought = new Int32Array(HASH_WORDS);
  private readonly endpoint = new Uint8Array(6);
  /** Records so far, the free ones too. */
  length = 0;

  /** @param seed random, so that nobody can choose hashes that meet in one slot */
  constructor(private readonly seed: number) {}

  /** Of the index. */
  addressHashAt(record: number): number {
    const page = this.pageOf(record);
    const at = offsetOf(record);
    return this.hash(page[at] ?? 0, page[at + 1] ?? 0);
  }

  /** Says which hash {@link isSought} compares with, and its place in the index. */
  seek(infoHash: InfoHash): number {
    const { sought } = this;
    for (let word = 0; word < HASH_WORDS; word += 1) {
      const i = 4 * word;
      sought[word] =
        infoHash.charCodeAt(i) |
        (infoHash.charCodeAt(i + 1) << 8) |
        (infoHash.charCodeAt(i + 2) << 16) |
        (infoHash.charCodeAt(i + 3) << 24);
    }
    return this.hash(sought[0] ?? 0, sought[1] ?? 0);
  }

  isSought(record: number): boolean {
    const { sought } = this;
    const page = this.pageOf(record);
    const at = offsetOf(record);
    for (let word = 0; word < HASH_WORDS; word += 1) {
      if (page[at + word] !== sought[word]) return false;
    }
    return true;
  }

  infoHashOf(record: number): InfoHash {
    const page = this.pageOf(record);
    const at = offsetOf(record);
    let text = '';
    for (let i = 0; i < INFO_HASH_BYTES; i += 1) {
      text += String.fromCharCode(((page[at + (i >> 2)] ?? 0) >>> (8 * (i & 3))) & 0xff);
    }
    return text as InfoHash;
  }

  /** A record without peers for the hash that was sought last. */
  take(completed: number): number {
    const record = this.firstFree < 0 ? this.append() : this.firstFree;
    const page = this.pageOf(record);
    const at = offsetOf(record);
    if (record === this.firstFree) this.firstFree = page[at + CONTENT] ?? -1;
    page.set(this.sought, at);
    page[at + COMPLETED] = completed;
    page[at + KIND] = 0;
    return record;
  }

  free(record: number): void {
    this.mark(record, FREE, this.firstFree);
    this.firstFree = record;
  }

  isFree(record: number): boolean {
    return this.kindOf(record) === FREE;
  }

  /** The number that {@link refer} wrote; -1 when the record holds its peers itself. */
  largeOf(record: number): number {
    if (this.kindOf(record) !== LARGE) return -1;
    return this.pageOf(record)[offsetOf(record) + CONTENT] ?? -1;
  }

  /** The swarm is a large one now, of this number. */
  refer(record: number, large: number): void {
    this.mark(record, LARGE, large);
  }

  completedOf(record: number): number {
    return this.pageOf(record)[offsetOf(record) + COMPLETED] ?? 0;
  }

  /** Peers of a small swarm. */
  peersOf(record: number): number {
    return this.kindOf(record) & 3;
  }

  /** Writes the peers of a small swarm into rows that have none. */
  unpack(record: number, rows: PeerRows): void {
    const page = this.pageOf(record);
    const kind = this.kindOf(record);
    const { endpoint } = this;
    for (let i = 0; i < (kind & 3); i += 1) {
      const at = offsetOf(record) + CONTENT + i * PEER_WORDS;
      const address = page[at] ?? 0;
      const port = page[at + 1] ?? 0;
      endpoint[0] = address >>> 24;
      endpoint[1] = address >>> 16;
      endpoint[2] = address >>> 8;
      endpoint[3] = address;
      endpoint[4] = port >>> 8;
      endpoint[5] = port;
      rows.insert(endpoint, roleOf(i, kind), (page[at + 2] ?? 0) >>> 0, (page[at + 3] ?? 0) >>> 0);
    }
  }

  /** Writes down a small swarm: up to {@link RECORD_PEERS} peers. */
  pack(record: number, completed: number, rows: PeerRows): void {
    const page = this.pageOf(record);
    const at = offsetOf(record);
    const { count, seeders, idle } = rows;
    page[at + COMPLETED] = completed;
    page[at + KIND] = count | (seeders << 2) | (idle << 4);
    for (let row = 0; row < count; row += 1) this.packPeer(rows, row, page, at);
  }

  private packPeer(rows: PeerRows, row: number, page: Int32Array, record: number): void {
    const { endpoint } = this;
    const at = record + CONTENT + row * PEER_WORDS;
    rows.copyRow(row, endpoint, 0);
    page[at] =
      ((endpoint[0] ?? 0) << 24) |
      ((endpoint[1] ?? 0) << 16) |
      ((endpoint[2] ?? 0) << 8) |
      (endpoint[3] ?? 0);
    page[at + 1] = ((endpoint[4] ?? 0) << 8) | (endpoint[5] ?? 0);
    page[at + 2] = rows.ownerAt(row);
    page[at + 3] = rows.stampAt(row);
  }

  private mark(record: number, kind: number, content: number): void {
    const page = this.pageOf(record);
    page[offsetOf(record) + KIND] = kind;
    page[offsetOf(record) + CONTENT] = content;
  }

  private kindOf(record: number): number {
    return this.pageOf(record)[offsetOf(record) + KIND] ?? FREE;
  }

  private hash(first: number, second: number): number {
    return mix(first ^ mix(second ^ this.seed)) >>> 0;
  }

  private append(): number {
    if ((this.length & IN_PAGE) === 0) this.pages.push(new Int32Array(RECORD_WORDS << PAGE_BITS));
    this.length += 1;
    return this.length - 1;
  }

  private pageOf(record: number): Int32Array {
    const page = this.pages[record >>> PAGE_BITS];
    if (page === undefined) throw new RangeError(`there is no swarm number ${record}`);
    return page;
  }
}

const offsetOf = (record: number): number => (record & IN_PAGE) * RECORD_WORDS;

/** Peers lie in the order of their roles. */
function roleOf(place: number, kind: number): PeerRole {
  if (place < ((kind >> 2) & 3)) return ROLE.seeder;
  return place < ((kind >> 4) & 3) ? ROLE.partialSeed : ROLE.downloader;
}
