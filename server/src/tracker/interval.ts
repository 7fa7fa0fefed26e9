/**
 * When a peer shall come again. In a small swarm everybody matters to everybody, and a peer that
 * came a moment too early learns of the next one only when it asks again: six minutes. With every
 * factor of ten the interval doubles, up to the configured one, so that large swarms cost little.
 */
import type { TrackerConfig } from './config';
import { SIZE_CLASSES } from './swarm/size-class';

/** Seconds in the smallest swarms; a tenth less is still what tracker lists accept. */
const IN_SMALL_SWARMS = 360;
/** What tracker lists accept (newTrackon), seconds. */
const SHORTEST = 300;
const LONGEST = 10_800;
/** Part of an interval by which chance makes it shorter or longer: clients do not come in waves. */
const JITTER = 0.1;

export interface Intervals {
  /** Seconds for a peer of a swarm of this size class; peers of different lots differ by chance. */
  of(sizeClass: number, lot: number): number;
  /**
   * By size class: seconds after which a silent peer is forgotten. Two of the longest intervals
   * that it can have been told, so that nobody who comes in time is ever missing.
   */
  readonly maxAges: readonly number[];
}

/** Different intervals for one size class. */
const LOTS = 256;

export function createIntervals(
  config: Pick<TrackerConfig, 'interval' | 'minInterval'>,
): Intervals {
  const table = Array.from({ length: SIZE_CLASSES * LOTS }, (_, i) =>
    intervalOf(Math.floor(i / LOTS), (i % LOTS) / (LOTS - 1), config),
  );
  return {
    of: (sizeClass, lot) => table[sizeClass * LOTS + (lot & (LOTS - 1))] ?? LONGEST,
    maxAges: Array.from(
      { length: SIZE_CLASSES },
      (_, sizeClass) => Math.max(...table.slice(sizeClass * LOTS, (sizeClass + 1) * LOTS)) * 2,
    ),
  };
}

/** `chance` is in [0, 1]. */
function intervalOf(
  sizeClass: number,
  chance: number,
  { interval, minInterval }: Pick<TrackerConfig, 'interval' | 'minInterval'>,
): number {
  const base = Math.min(IN_SMALL_SWARMS * 2 ** sizeClass, interval);
  const jittered = Math.round(base * (1 - JITTER + 2 * JITTER * chance));
  return Math.max(SHORTEST, minInterval, Math.min(jittered, LONGEST));
}
