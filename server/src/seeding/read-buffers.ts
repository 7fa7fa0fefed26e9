/** Buffers for reading, used again and again: making one of this size costs as much as filling it. */

export interface ReadBuffers {
  /** One that holds `length` bytes, at most {@link BUFFER_SIZE}. */
  take(length: number): Buffer;
  /** Nobody looks at it any more. */
  give(buffer: Buffer): void;
}

/** Bytes: enough to amortise the trip to the thread pool, and small enough to stay in a core's cache. */
export const BUFFER_SIZE = 256 * 1024;
/** What a slow reader is given at once: there may be thousands of them. Also the usual small piece. */
export const SMALL_BUFFER_SIZE = 64 * 1024;
/** Of each size, that nobody uses: 10 MiB together. */
const SPARE = 32;

export function createReadBuffers(): ReadBuffers {
  const small: Buffer[] = [];
  const large: Buffer[] = [];
  return {
    take(length) {
      return length <= SMALL_BUFFER_SIZE
        ? (small.pop() ?? Buffer.allocUnsafeSlow(SMALL_BUFFER_SIZE))
        : (large.pop() ?? Buffer.allocUnsafeSlow(BUFFER_SIZE));
    },
    give(buffer) {
      const spare = buffer.length === SMALL_BUFFER_SIZE ? small : large;
      if (spare.length < SPARE) spare.push(buffer);
    },
  };
}
