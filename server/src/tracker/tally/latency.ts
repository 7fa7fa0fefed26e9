/** Durations in fixed buckets: two writes into typed arrays per observation. */

/** Upper bounds of the buckets, microseconds; one more bucket holds what is longer. */
export const LATENCY_BOUNDS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000, 1_000_000,
];

export interface LatencySnapshot {
  /** Microseconds, rising. */
  bounds: readonly number[];
  /** Observations per bucket, not cumulative; the last one is above all bounds. */
  counts: readonly number[];
  /** Microseconds. */
  sum: number;
}

export class LatencyHistogram {
  private readonly counts = new Float64Array(LATENCY_BOUNDS.length + 1);
  private sum = 0;

  /** @param duration microseconds */
  observe(duration: number): void {
    let bucket = 0;
    while (bucket < LATENCY_BOUNDS.length && duration > (LATENCY_BOUNDS[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += duration;
  }

  snapshot(): LatencySnapshot {
    return { bounds: LATENCY_BOUNDS, counts: [...this.counts], sum: this.sum };
  }
}
