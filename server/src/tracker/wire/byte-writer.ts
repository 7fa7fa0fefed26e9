/**
 * Where answers are put together as bytes: one buffer, written over again and again. A string would
 * be made, joined and copied once more for each answer.
 */

import { Beginnings } from './beginnings';

const CAPACITY = 32 * 1024;
/** Up to here one number's digits are found without floating point. */
const SMALL = 2 ** 31;
const ZERO = 0x30;
/** Bytes that are copied one by one. */
const SHORT = 64;

export class ByteWriter {
  /** What counts are the first `length` bytes. */
  bytes: Buffer = Buffer.allocUnsafeSlow(CAPACITY);
  length = 0;
  private beginnings = new Beginnings(this.bytes);
  /** Of whom {@link copyFirst} has copied last. */
  private source: Beginnings | null = null;

  /** To be called before each write: makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(2 * (this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.use(larger);
  }

  /** The bytes have been given to somebody who reads them later: starts in a buffer of its own. */
  abandon(): void {
    this.use(Buffer.allocUnsafeSlow(CAPACITY));
    this.length = 0;
  }

  /** What has been written; written over later, unless it is abandoned. */
  written(): Buffer {
    return this.beginnings.first(this.length);
  }

  private use(bytes: Buffer): void {
    this.bytes = bytes;
    this.beginnings = new Beginnings(bytes);
  }

  /** All of `source`. A loop is faster than the built-in copy up to a few dozen bytes. */
  copy(source: Uint8Array): void {
    const { length } = source;
    if (length > SHORT) this.bytes.set(source, this.length);
    else for (let i = 0; i < length; i += 1) this.bytes[this.length + i] = source[i] ?? 0;
    this.length += length;
  }

  /** The first `count` bytes of `source`, which is best the same one each time. */
  copyFirst(source: Buffer, count: number): void {
    if (count > SHORT) {
      if (this.source?.bytes !== source) this.source = new Beginnings(source);
      this.bytes.set(this.source.first(count), this.length);
    } else for (let i = 0; i < count; i += 1) this.bytes[this.length + i] = source[i] ?? 0;
    this.length += count;
  }

  /** @param text one character per byte */
  latin1(text: string): void {
    this.length += this.bytes.write(text, this.length, 'latin1');
  }

  /** @param value a whole number, not negative; at most 20 digits */
  decimal(value: number): void {
    if (value >= SMALL) {
      this.latin1(String(value));
      return;
    }
    let count = 1;
    for (let limit = 10; value >= limit; limit *= 10) count += 1;
    let rest = value | 0;
    for (let at = this.length + count - 1; at >= this.length; at -= 1) {
      const quotient = (rest / 10) | 0;
      this.bytes[at] = ZERO + rest - quotient * 10;
      rest = quotient;
    }
    this.length += count;
  }

  /** One character per byte, from `from` on. */
  text(from = 0): string {
    return this.bytes.toString('latin1', from, this.length);
  }
}

/** @param text one character per byte */
export const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
