/**
 * How large a swarm is, roughly: intervals go by it. A row remembers the class that its peer was
 * told an interval for, in three bits.
 */

/** Largest swarm of each class but the last, which has no bound. */
const BOUNDS = [50, 500, 5_000, 50_000, 500_000] as const;

export const SIZE_CLASSES = BOUNDS.length + 1;

/** 0 for a swarm that fits into one reply, one more with every factor of ten. */
export function sizeClassOf(peers: number): number {
  if (peers <= BOUNDS[0]) return 0;
  let sizeClass = 1;
  while (sizeClass < BOUNDS.length && peers > (BOUNDS[sizeClass] ?? 0)) sizeClass += 1;
  return sizeClass;
}
