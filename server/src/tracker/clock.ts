/**
 * Time and chance come from outside, so that a test can hold both still.
 */

/** Milliseconds from any origin, never going back (`performance.now`, not the wall clock). */
export type Clock = () => number;

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number;

/** What is there at once from memory, and only later from a store on the network. */
export type Eventually<T> = T | Promise<T>;

/**
 * A clock to which nobody has to look: on many a virtual machine a look costs as much as reading a packet.
 * It stands at its last tick; while nobody ticks it is the clock itself.
 */
export class CoarseClock {
  private now: number | null = null;

  constructor(private readonly clock: Clock) {}

  readonly read: Clock = () => this.now ?? this.clock();

  tick(): void {
    this.now = this.clock();
  }

  stop(): void {
    this.now = null;
  }
}
