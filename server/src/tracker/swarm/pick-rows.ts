/** Some rows of a slice, by lot, into an answer. */
import type { Chance } from './chance';
import type { PeerRows } from './peer-rows';
import type { Endpoints } from './row-blocks';

export const isInside = (row: number, from: number, to: number): number =>
  row >= from && row < to ? 1 : 0;

/**
 * Copies `want` different rows of [from, to), never row `self`, as two arcs at random places of
 * the ring that these rows form when `self` is cut out. Every row is as likely as any other, and
 * the two arcs keep neighbours in memory from being neighbours in every reply.
 */
export function pickRows(
  rows: PeerRows,
  from: number,
  to: number,
  self: number,
  want: number,
  chance: Chance,
  out: Endpoints,
  at: number,
): number {
  const cut = isInside(self, from, to);
  const length = to - from - cut;
  const n = Math.min(want, length);
  if (n <= 0) return 0;
  const origin = cut === 1 ? self + 1 : from;
  if (n === length) {
    rows.copyTo(origin, to, out, at);
    rows.copyTo(from, origin - cut, out, at + to - origin);
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
  out: Endpoints,
  at: number,
): void {
  let place = start % length;
  let left = n;
  let written = at;
  while (left > 0) {
    const beforeWrap = to - origin;
    const row = place < beforeWrap ? origin + place : from + place - beforeWrap;
    const run = Math.min(left, (place < beforeWrap ? beforeWrap : length) - place);
    rows.copyTo(row, row + run, out, written);
    written += run;
    left -= run;
    place = (place + run) % length;
  }
}
