/**
 * Which peers an announcing peer is told of. Seeders and partial seeds meet downloaders only: two
 * seeders have nothing to say to each other. A downloader gets seeders first, then the others.
 * Never the peer itself, and never one that the asker cannot reach: of the three groups that a
 * family has, the asker sees its own and those that can be reached from further away. Both address
 * families share the reply, each with a quarter at least.
 */
import type { Reach } from '../address';
import type { Chance } from './chance';
import type { PeerRows } from './peer-rows';
import { groupOf, type Swarm } from './swarm';
import { ROLE, type AddressFamily, type PeerRole, type SwarmAnswer } from './swarm-store';

/** The asking peer's own row, so that it is left out; `row` is -1 for one that is not in the swarm. */
export interface Asker {
  rows: PeerRows | null;
  row: number;
  role: PeerRole;
  family: AddressFamily;
  reach: Reach;
}

/** Fills `answer.peers4/6` with at most `want` endpoints. */
export function choosePeers(
  swarm: Swarm,
  asker: Asker,
  want: number,
  chance: Chance,
  answer: SwarmAnswer,
): void {
  // Most swarms have no peers but public ones.
  const reach = swarm.furthestReach < asker.reach ? swarm.furthestReach : asker.reach;
  const first4 = countPreferred(swarm, 4, reach, asker);
  const first6 = countPreferred(swarm, 6, reach, asker);
  const others4 = countOthers(swarm, 4, reach, asker);
  const others6 = countOthers(swarm, 6, reach, asker);
  const want6 = shareOfIPv6(want, first4, first6, others4, others6, asker.family);
  const want4 = want - want6;
  const { peers4, peers6 } = answer;
  const seeders4 = fill(swarm, 4, reach, asker, true, first4, want4, chance, peers4, 0);
  answer.count4 =
    seeders4 +
    fill(swarm, 4, reach, asker, false, others4, want4 - seeders4, chance, peers4, seeders4);
  if (first6 + others6 === 0) {
    answer.count6 = 0;
    return;
  }
  const seeders6 = fill(swarm, 6, reach, asker, true, first6, want6, chance, peers6, 0);
  answer.count6 =
    seeders6 +
    fill(swarm, 6, reach, asker, false, others6, want6 - seeders6, chance, peers6, seeders6);
}

const isInside = (row: number, from: number, to: number): number =>
  row >= from && row < to ? 1 : 0;

/** Seeders, for a downloader. */
function preferred(rows: PeerRows | null, asker: Asker): number {
  return rows === null || asker.role !== ROLE.downloader ? 0 : rows.seeders;
}

/** First row of those that come second for a downloader, and are all there is for a seeder. */
const othersFrom = (rows: PeerRows, asker: Asker): number =>
  asker.role === ROLE.downloader ? rows.seeders : rows.idle;

function others(rows: PeerRows | null, asker: Asker): number {
  if (rows === null) return 0;
  const from = othersFrom(rows, asker);
  return rows.count - from - (rows === asker.rows ? isInside(asker.row, from, rows.count) : 0);
}

function countPreferred(swarm: Swarm, family: AddressFamily, upTo: Reach, asker: Asker): number {
  let count = 0;
  for (let group = groupOf(family, upTo); group >= 0; group -= 2) {
    count += preferred(swarm.rowsOf(group), asker);
  }
  return count;
}

function countOthers(swarm: Swarm, family: AddressFamily, upTo: Reach, asker: Asker): number {
  let count = 0;
  for (let group = groupOf(family, upTo); group >= 0; group -= 2) {
    count += others(swarm.rowsOf(group), asker);
  }
  return count;
}

function shareOfIPv6(
  want: number,
  first4: number,
  first6: number,
  others4: number,
  others6: number,
  family: AddressFamily,
): number {
  const all4 = first4 + others4;
  const all6 = first6 + others6;
  if (all6 === 0 || want <= 0) return 0;
  if (all4 + all6 <= want) return all6;
  // So few places go to the family that the asker surely speaks.
  if (want < 4) return family === 6 ? Math.min(want, all6) : Math.max(0, want - all4);
  const left = want - first4 - first6;
  const ideal =
    left <= 0
      ? Math.round((want * first6) / (first4 + first6))
      : first6 + Math.round((left * others6) / (others4 + others6));
  const quarter = (want + 3) >> 2;
  const most = want - Math.min(quarter, all4);
  const least = Math.max(Math.min(quarter, all6), want - all4);
  return Math.min(all6, Math.max(least, Math.min(most, ideal)));
}

/**
 * Fills `want` of the `total` peers of one kind from the visible groups of a family, from each
 * about as many as it has part in them (the nearest rounded up), and returns how many it were.
 */
function fill(
  swarm: Swarm,
  family: AddressFamily,
  upTo: Reach,
  asker: Asker,
  seeders: boolean,
  total: number,
  want: number,
  chance: Chance,
  out: Buffer,
  at: number,
): number {
  let left = Math.min(want, total);
  let among = total;
  let written = 0;
  for (let group = groupOf(family, upTo); left > 0 && group >= 0; group -= 2) {
    const rows = swarm.rowsOf(group);
    if (rows === null) continue;
    const size = seeders ? preferred(rows, asker) : others(rows, asker);
    if (size === 0) continue;
    const share = Math.ceil((left * size) / among);
    const from = seeders ? 0 : othersFrom(rows, asker);
    const to = seeders ? rows.seeders : rows.count;
    const self = rows === asker.rows ? asker.row : -1;
    written += pick(rows, from, to, self, share, chance, out, at + written);
    left -= share;
    among -= size;
  }
  return written;
}

/**
 * Copies `want` different rows of [from, to), never row `self`, as two arcs at random places of
 * the ring that these rows form when `self` is cut out. Every row is as likely as any other, and
 * the two arcs keep neighbours in memory from being neighbours in every reply.
 */
function pick(
  rows: PeerRows,
  from: number,
  to: number,
  self: number,
  want: number,
  chance: Chance,
  out: Buffer,
  at: number,
): number {
  const cut = isInside(self, from, to);
  const length = to - from - cut;
  const n = Math.min(want, length);
  if (n <= 0) return 0;
  const origin = cut === 1 ? self + 1 : from;
  if (n === length) {
    rows.copy(origin, to, out, at);
    rows.copy(from, origin - cut, out, at + to - origin);
    return n;
  }
  const half = (n + 1) >> 1;
  const start = chance.below(length);
  const gap = chance.below(length - n + 1);
  copyArc(rows, from, to, origin, length, start, half, out, at);
  copyArc(rows, from, to, origin, length, start + half + gap, n - half, out, at + half);
  return n;
}

/** Ring place i is row `origin + i`, going on at `from` after `to`; the ring has `length` places. */
function copyArc(
  rows: PeerRows,
  from: number,
  to: number,
  origin: number,
  length: number,
  start: number,
  n: number,
  out: Buffer,
  at: number,
): void {
  let place = start % length;
  let left = n;
  let written = at;
  while (left > 0) {
    const beforeWrap = to - origin;
    const row = place < beforeWrap ? origin + place : from + place - beforeWrap;
    const run = Math.min(left, (place < beforeWrap ? beforeWrap : length) - place);
    rows.copy(row, row + run, out, written);
    written += run;
    left -= run;
    place = (place + run) % length;
  }
}
