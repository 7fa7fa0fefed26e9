/** Room for one answer, made once and written over: a packet makes no object of its own. */
import { Beginnings } from './beginnings';
import { MAX_REPLY_BYTES } from './udp-packet';

export class UdpAnswer {
  readonly bytes: Buffer;
  /** The same memory, in which peers are copied four bytes at a time. */
  readonly words: Uint32Array;
  private readonly beginnings: Beginnings;

  /** @param size in bytes, a multiple of 4 */
  constructor(size = MAX_REPLY_BYTES) {
    const memory = new ArrayBuffer(size);
    this.bytes = Buffer.from(memory);
    this.beginnings = new Beginnings(this.bytes);
    this.words = new Uint32Array(memory);
  }

  /** The first `length` bytes: what a socket is given to send. */
  first(length: number): Buffer {
    return this.beginnings.first(length);
  }
}
