/** Walks through the parts of a body in order. Pure. */

import type { BodyPart } from './file-reply';

/** The next bytes to send: a literal piece of the message, or `length` bytes of the file. */
export type Chunk =
  { kind: 'literal'; bytes: Buffer } | { kind: 'read'; position: number; length: number };

export class BodyCursor {
  private part = 0;
  /** Bytes of the present part that are behind us. */
  private done = 0;

  constructor(private readonly parts: readonly BodyPart[]) {}

  /** `null` at the end. @param most bytes of the file */
  next(most: number): Chunk | null {
    const part = this.parts[this.part];
    if (part === undefined) return null;
    if (Buffer.isBuffer(part)) {
      this.part += 1;
      return { kind: 'literal', bytes: part };
    }
    const position = part.start + this.done;
    const left = part.end - position + 1;
    const length = Math.min(most, left);
    this.done = length === left ? 0 : this.done + length;
    if (length === left) this.part += 1;
    return { kind: 'read', position, length };
  }
}
