/**
 * The beginnings of a buffer that is written over again and again, as the same objects each time: a
 * view made anew costs about as much as parsing what is in it.
 */

/** Bytes up to which views are kept; one takes a hundred or so. */
const LONGEST_KEPT = 2048;

export class Beginnings {
  private readonly views: (Buffer | undefined)[] = [];

  constructor(readonly bytes: Buffer) {}

  /** The first `length` bytes. */
  first(length: number): Buffer {
    if (length > LONGEST_KEPT) return this.bytes.subarray(0, length);
    return (this.views[length] ??= this.bytes.subarray(0, length));
  }
}
