/**
 * Living swarms as bytes, so that a restart loses nobody. All numbers are little-endian:
 *
 *     header  8 bytes `BTSWARMS`, u16 version, u16 0, f64 milliseconds of the wall clock
 *     record  u8 family (4 or 6), 20 bytes of info-hash, u16 number of peers, then per peer
 *             6 or 18 bytes of endpoint, u32 owner, u16 age in seconds and
 *             u8 counted | class << 1 | role << 4 | came complete << 6
 *     end     u8 0xff, SHA-256 of everything before it
 *
 * A large swarm has many records, and may change between two of them: a peer that moves meanwhile
 * can be written twice, which reading takes as one, or not at all, as if it had come a moment later.
 */
import { createHash } from 'node:crypto';
import { INFO_HASH_BYTES, infoHashFromBytes, type InfoHash } from '../info-hash';
import type { PeerRows } from './peer-rows';
import { CAME_COMPLETE, COUNTED, secondOf, toldSizeClass } from './stamp';
import { familyOfGroup, GROUPS } from './swarm';
import { ROLE, type AddressFamily, type PeerRole } from './swarm-store';
import type { SwarmTable } from './swarm-table';

const MAGIC = Buffer.from('BTSWARMS', 'latin1');
const VERSION = 1;
const VERSION_AT = 8;
const SAVED_AT = 12;
const HEADER = 20;
const RECORD_HEADER = 1 + INFO_HASH_BYTES + 2;
/** Beside the endpoint. */
const PEER_BYTES = 4 + 2 + 1;
const END = 0xff;
const DIGEST = 32;
const LARGEST_RECORD = 512;
const OLDEST = 0xffff;
/** Bit of a peer's last byte. */
const CAME_COMPLETE_AT = 64;
/** Bytes of a slice: some 5000 peers, well under a millisecond to write and about one to read. */
const SLICE = 65_536;
/** Bytes hashed in a slice. */
const HASH_SLICE = 1 << 20;
/** Record headers looked at in a slice. */
const RECORDS_IN_SLICE = 50_000;

/** A peer as it stands in a snapshot. One object for all of them. */
export interface SavedPeer {
  readonly endpoint: Buffer;
  family: AddressFamily;
  role: PeerRole;
  owner: number;
  /** Seconds from its last announce to the moment of reading. */
  age: number;
  sizeClass: number;
  /** Of its stamp. */
  flags: number;
}

/** Why a snapshot is not read: not ours, of another version of the plugin, or damaged. */
export type SnapshotProblem = 'foreign' | 'other-version' | 'torn';

/** `now` is in seconds of the rows' stamps, `wallClock` in milliseconds since 1970. */
export function* writeSnapshot(
  swarms: SwarmTable,
  now: number,
  wallClock: number,
): Generator<Buffer, void> {
  const digest = createHash('sha256');
  let chunk = Buffer.allocUnsafe(SLICE);
  let at = MAGIC.copy(chunk);
  at = chunk.writeUInt16LE(VERSION, at);
  at = chunk.writeUInt16LE(0, at);
  at = chunk.writeDoubleLE(wallClock, at);
  for (let record = 0; record < swarms.length; record += 1) {
    if (swarms.at(record) === null) continue;
    for (let group = 0; group < GROUPS; group += 1) {
      let left = swarms.at(record)?.rowsOf(group)?.count ?? 0;
      while (left > 0) {
        const peers = Math.min(left, LARGEST_RECORD);
        if (at + recordBytes(familyOfGroup(group), peers) > SLICE) {
          const full = chunk.subarray(0, at);
          digest.update(full);
          yield full;
          chunk = Buffer.allocUnsafe(SLICE);
          at = 0;
        }
        // Others had their turn: the group may have shrunk or be gone, or be another swarm's.
        const swarm = swarms.at(record);
        const rows = swarm?.rowsOf(group) ?? null;
        left = Math.min(left, rows?.count ?? 0);
        const from = Math.max(0, left - peers);
        if (swarm !== null && rows !== null && left > from) {
          const infoHash = swarms.infoHashOf(swarm);
          at = writeRecord(infoHash, rows, familyOfGroup(group), from, left, now, chunk, at);
        }
        left = from;
      }
    }
  }
  at = chunk.writeUInt8(END, at);
  const last = chunk.subarray(0, at);
  digest.update(last);
  yield Buffer.concat([last, digest.digest()]);
}

/**
 * Calls `visit` for each peer once the whole has been found sound, and yields between slices.
 * @param wallClock milliseconds since 1970: peers have aged while nobody counted
 */
export function* readSnapshot(
  bytes: Buffer,
  wallClock: number,
  visit: (infoHash: InfoHash, peer: SavedPeer) => void,
): Generator<undefined, SnapshotProblem | null> {
  const problem = yield* problemOf(bytes);
  if (problem !== null) return problem;
  const away = Math.max(0, Math.floor((wallClock - bytes.readDoubleLE(SAVED_AT)) / 1000));
  const peer: SavedPeer = {
    endpoint: Buffer.alloc(18),
    family: 4,
    role: ROLE.downloader,
    owner: 0,
    age: 0,
    sizeClass: 0,
    flags: 0,
  };
  let sliceFrom = HEADER;
  for (let at = HEADER; bytes[at] !== END;) {
    at = readRecord(bytes, at, away, peer, visit);
    if (at - sliceFrom < SLICE) continue;
    sliceFrom = at;
    yield;
  }
  return null;
}

const strideOf = (family: AddressFamily): number => (family === 4 ? 6 : 18);

const recordBytes = (family: AddressFamily, peers: number): number =>
  RECORD_HEADER + peers * (strideOf(family) + PEER_BYTES);

function writeRecord(
  infoHash: InfoHash,
  rows: PeerRows,
  family: AddressFamily,
  from: number,
  to: number,
  now: number,
  out: Buffer,
  start: number,
): number {
  let at = out.writeUInt8(family, start);
  at += out.write(infoHash, at, INFO_HASH_BYTES, 'latin1');
  at = out.writeUInt16LE(to - from, at);
  for (let row = from; row < to; row += 1) at = writePeer(rows, row, family, now, out, at);
  return at;
}

function writePeer(
  rows: PeerRows,
  row: number,
  family: AddressFamily,
  now: number,
  out: Buffer,
  start: number,
): number {
  const stamp = rows.stampAt(row);
  const age = Math.max(0, Math.min(now - secondOf(stamp), OLDEST));
  rows.copyRow(row, out, start);
  let at = start + strideOf(family);
  at = out.writeUInt32LE(rows.ownerAt(row), at);
  at = out.writeUInt16LE(age, at);
  const cameComplete = (stamp & CAME_COMPLETE) === 0 ? 0 : CAME_COMPLETE_AT;
  return out.writeUInt8(
    (stamp & COUNTED) | (toldSizeClass(stamp) << 1) | (rows.roleAt(row) << 4) | cameComplete,
    at,
  );
}

function readRecord(
  bytes: Buffer,
  start: number,
  away: number,
  peer: SavedPeer,
  visit: (infoHash: InfoHash, peer: SavedPeer) => void,
): number {
  const family = bytes[start] === 4 ? 4 : 6;
  const stride = strideOf(family);
  const infoHash = infoHashFromBytes(bytes, start + 1);
  const peers = bytes.readUInt16LE(start + 1 + INFO_HASH_BYTES);
  peer.family = family;
  let at = start + RECORD_HEADER;
  for (let i = 0; i < peers; i += 1) {
    bytes.copy(peer.endpoint, 0, at, at + stride);
    at += stride;
    peer.owner = bytes.readUInt32LE(at);
    peer.age = bytes.readUInt16LE(at + 4) + away;
    const flags = bytes[at + 6] ?? 0;
    peer.flags = (flags & COUNTED) | ((flags & CAME_COMPLETE_AT) === 0 ? 0 : CAME_COMPLETE);
    peer.sizeClass = (flags >> 1) & 7;
    peer.role = roleOf((flags >> 4) & 3);
    at += PEER_BYTES;
    visit(infoHash, peer);
  }
  return at;
}

function roleOf(number: number): PeerRole {
  if (number === ROLE.seeder) return ROLE.seeder;
  return number === ROLE.partialSeed ? ROLE.partialSeed : ROLE.downloader;
}

/** Nothing is read of a snapshot that is not sound from the first byte to the last. */
function* problemOf(bytes: Buffer): Generator<undefined, SnapshotProblem | null> {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return 'foreign';
  if (bytes.length < HEADER + 1 + DIGEST) return 'torn';
  if (bytes.readUInt16LE(VERSION_AT) !== VERSION) return 'other-version';
  const end = bytes.length - DIGEST;
  const digest = createHash('sha256');
  for (let at = 0; at < end; at += HASH_SLICE) {
    digest.update(bytes.subarray(at, Math.min(at + HASH_SLICE, end)));
    yield;
  }
  if (!digest.digest().equals(bytes.subarray(end))) return 'torn';
  return (yield* endsAt(bytes, end - 1)) ? null : 'torn';
}

/** Whether the records fill exactly what lies between the header and the end mark. */
function* endsAt(bytes: Buffer, end: number): Generator<undefined, boolean> {
  let at = HEADER;
  let records = 0;
  while (at + RECORD_HEADER <= end) {
    const family = bytes[at];
    if (family !== 4 && family !== 6) return false;
    at += recordBytes(family, bytes.readUInt16LE(at + 1 + INFO_HASH_BYTES));
    records += 1;
    if (records % RECORDS_IN_SLICE === 0) yield;
  }
  return at === end && bytes[end] === END;
}
