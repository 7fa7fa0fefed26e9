/**
 * Time and chance come from outside, so that a test can hold both still.
 */

/** Milliseconds from any origin, never going back (`performance.now`, not the wall clock). */
export type Clock = () => number;

/** A number in [0, 1), as `Math.random`. */
export type Random = () => number;

/** What is there at once from memory, and only later from a store on the network. */
export type Eventually<T> = T | Promise<T>;
