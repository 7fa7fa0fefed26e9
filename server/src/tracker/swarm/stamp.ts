/**
 * What a row knows of its peer's last announce, in one word: the second (27 bits, four years of
 * uptime), the size class of the swarm at that moment (3 bits: which interval the peer was told)
 * and two flags, which outlive the announce.
 */

/** The peer's completion has been counted: once, as long as it is here. */
export const COUNTED = 1;
/** It came with nothing left, and has said nothing else since: there is nothing to complete. */
export const CAME_COMPLETE = 16;
const FLAGS = COUNTED | CAME_COMPLETE;
const SECOND = 32;

/** @param flags of the two above */
export function stampOf(second: number, sizeClass: number, flags: number): number {
  return second * SECOND + sizeClass * 2 + flags;
}

export function flagsOf(stamp: number): number {
  return stamp & FLAGS;
}

export function secondOf(stamp: number): number {
  return stamp >>> 5;
}

export function toldSizeClass(stamp: number): number {
  return (stamp >>> 1) & 7;
}
