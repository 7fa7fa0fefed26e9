/** A histogram whose observations are counted elsewhere, into buckets of its own. */

import { Histogram, type Registry } from 'prom-client';
import type { Buckets } from './numbers';

export interface BucketHistogramOptions {
  name: string;
  help: string;
  registry: Registry;
  read: () => Buckets;
}

const MICROSECONDS = 1e6;

export class BucketHistogram extends Histogram {
  private readonly metricName: string;
  private readonly text: string;
  private readonly read: () => Buckets;

  constructor({ name, help, registry, read }: BucketHistogramOptions) {
    super({ name, help, registers: [registry] });
    this.metricName = name;
    this.text = help;
    this.read = read;
  }

  /** What the registry and `get` ask for the numbers; prom-client's types do not name it. */
  getForPromString() {
    const shape = { name: this.metricName, help: this.text, type: 'histogram', aggregator: 'sum' };
    return Promise.resolve({ ...shape, values: this.values() });
  }

  private values() {
    const { bounds, counts, sum } = this.read();
    let below = 0;
    const buckets = counts.map((count, i) => {
      below += count;
      const bound = bounds[i];
      const le = bound === undefined ? '+Inf' : bound / MICROSECONDS;
      return { metricName: `${this.metricName}_bucket`, labels: { le }, value: below };
    });
    return [
      ...buckets,
      { metricName: `${this.metricName}_sum`, labels: {}, value: sum / MICROSECONDS },
      { metricName: `${this.metricName}_count`, labels: {}, value: below },
    ];
  }
}
