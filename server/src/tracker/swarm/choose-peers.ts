/**
 * Which peers an announcing peer is told of. Seeders and partial seeds meet downloaders only: two
 * seeders have nothing to say to each other. A downloader gets seeders first, then the others.
 * Never the peer itself. Both address families share the reply, each with a quarter at least.
 */
import type { Random } from '../clock';
import type { PeerRows } from './peer-rows';
import { ROLE, type PeerRole, type SwarmAnswer } from './swarm-store';
import type { Swarm } from './swarm';

/** The asking peer's own row, so that it is left out; `row` is -1 for one that is not in the swarm. */
export interface Asker {
  rows: PeerRows | null;
  row: number;
  role: PeerRole;
  family: 4 | 6;
}

/** Fills `answer.peers4/6` with at most `want` endpoints. */
export function choosePeers(
  swarm: Swarm,
  asker: Asker,
  want: number,
  random: Random,
  answer: SwarmAnswer,
): void {
  const { v4, v6 } = swarm;
  const first4 = preferred(v4, asker);
  const first6 = preferred(v6, asker);
  const others4 = rest(v4, asker);
  const others6 = rest(v6, asker);
  const want6 = shareOfIPv6(want, first4, first6, others4, others6, asker.family);
  answer.count4 = v4 === null ? 0 : fill(v4, asker, want - want6, random, answer.peers4);
  answer.count6 = v6 === null ? 0 : fill(v6, asker, want6, random, answer.peers6);
}

const isInside = (row: number, from: number, to: number): number =>
  row >= from && row < to ? 1 : 0;

/** Seeders, for a downloader. */
function preferred(rows: PeerRows | null, asker: Asker): number {
  return rows === null || asker.role !== ROLE.downloader ? 0 : rows.seeders;
}

function rest(rows: PeerRows | null, asker: Asker): number {
  if (rows === null) return 0;
  const from = asker.role === ROLE.downloader ? rows.seeders : rows.idle;
  return rows.count - from - (rows === asker.rows ? isInside(asker.row, from, rows.count) : 0);
}

function shareOfIPv6(
  want: number,
  first4: number,
  first6: number,
  others4: number,
  others6: number,
  family: 4 | 6,
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

function fill(rows: PeerRows, asker: Asker, want: number, random: Random, out: Buffer): number {
  const self = rows === asker.rows ? asker.row : -1;
  if (asker.role !== ROLE.downloader) {
    return pick(rows, rows.idle, rows.count, self, want, random, out, 0);
  }
  const seeders = pick(rows, 0, rows.seeders, self, want, random, out, 0);
  return seeders + pick(rows, rows.seeders, rows.count, self, want - seeders, random, out, seeders);
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
  random: Random,
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
  const start = Math.floor(random() * length);
  const gap = Math.floor(random() * (length - n + 1));
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
