/**
 * What a row knows of its peer's last announce, in one word: the second (27 bits, four years of
 * uptime), the size class of the swarm at that moment (3 bits: which interval the peer was told)
 * and whether the peer's completion has been counted (lowest bit).
 */

export const COUNTED = 1;
const SECOND = 16;

export function stampOf(second: number, sizeClass: number, counted: number): number {
  return second * SECOND + sizeClass * 2 + counted;
}

export function secondOf(stamp: number): number {
  return stamp >>> 4;
}

export function toldSizeClass(stamp: number): number {
  return (stamp >>> 1) & 7;
}
