/** How late the event loop is: what an announce, and a reader of Strapi, waits for. */

import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

export interface EventLoopDelay {
  start(): void;
  stop(): void;
  /** Seconds since the last call, by statistic; empty while it does not run. */
  take(): { statistic: string; seconds: number }[];
}

const RESOLUTION_MS = 20;

export function createEventLoopDelay(): EventLoopDelay {
  let histogram: IntervalHistogram | null = null;

  return {
    start() {
      histogram ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      histogram.enable();
    },
    stop() {
      histogram?.disable();
      histogram = null;
    },
    take() {
      if (histogram === null || histogram.count === 0) return [];
      const { mean, max } = histogram;
      const values = [
        ['mean', mean],
        ['p50', histogram.percentile(50)],
        ['p99', histogram.percentile(99)],
        ['max', max],
      ] as const;
      histogram.reset();
      return values.map(([statistic, nanoseconds]) => ({
        statistic,
        // Node measures the time between two ticks of its timer, not how late the second one is.
        seconds: Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3),
      }));
    },
  };
}
