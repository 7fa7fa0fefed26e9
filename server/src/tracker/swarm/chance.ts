/**
 * Chance that repeats itself: the same seed gives the same numbers. A peer's seed changes once per
 * minimum interval and not with each of its announces, so that nobody learns a swarm by asking often.
 */
import { mix } from './address-index';

const GOLDEN = 0x9e3779b9;

export class Chance {
  private state = 0;

  seed(seed: number): void {
    this.state = seed | 0;
  }

  /** A whole number from 0 to `n` - 1. */
  below(n: number): number {
    this.state = (this.state + GOLDEN) | 0;
    return Math.floor(((mix(this.state) >>> 0) / 2 ** 32) * n);
  }
}
