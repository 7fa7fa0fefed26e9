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
  /** Seconds for a peer of a swarm of this size class; `chance` is in [0, 1). */
  of(sizeClass: number, chance: number): number;
  /**
   * By size class: seconds after which a silent peer is forgotten. Two of the longest intervals
   * that it can have been told, so that nobody who comes in time is ever missing.
   */
  readonly maxAges: readonly number[];
}

export function createIntervals(config: Pick<TrackerConfig, 'interval' | 'minInterval'>): Intervals {
  const bases = Array.from({ length: SIZE_CLASSES }, (_, sizeClass) =>
    Math.max(Math.min(IN_SMALL_SWARMS * 2 ** sizeClass, config.interval), config.minInterval),
  );
  const shortest = Math.max(SHORTEST, config.minInterval);

  const of = (sizeClass: number, chance: number): number => {
    const base = bases[sizeClass] ?? LONGEST;
    const interval = Math.round(base * (1 - JITTER + 2 * JITTER * chance));
    return Math.max(shortest, Math.min(interval, LONGEST));
  };
  return { of, maxAges: bases.map((_, sizeClass) => 2 * of(sizeClass, 1)) };
}
