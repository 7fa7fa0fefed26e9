/**
 * Collects what is sent to a socket until the event loop has read all others, under load for up to two
 * milliseconds, and writes it at once: most of what a message costs is the system call. Frames
 * (RFC 6455, 5.2) are put together in buffers that are used again and again.
 */
import type { Wire } from './wire';

export interface OutboxSocket {
  readonly wire: Wire | null;
  /** Frames that wait, or `null`. */
  out: Buffer | null;
  /** Bytes of them. */
  outLength: number;
}

export const OPCODE = { text: 1, close: 8, ping: 9, pong: 10 } as const;
type Opcode = (typeof OPCODE)[keyof typeof OPCODE];

/** Bytes of a buffer; more are written at once. */
const CAPACITY = 16 * 1024;
/** Sockets that wait: with one more, all are written to at once. */
const MAX_WAITING = 128;
/** Milliseconds between two rounds of writing. Nobody notices: what browsers do with an offer takes hundreds. */
const PAUSE = 2;
const MAX_HEAD = 10;
const FINAL = 0x80;

export class Outbox {
  private waiting: OutboxSocket[] = [];
  private readonly spare: Buffer[] = [];
  private readonly flushWaiting = (): void => this.flushAll();
  /** By `clock`. */
  private lastFlush = -Infinity;

  /**
   * @param clock milliseconds, never going back
   * @param onFault told of what breaks while frames are written: nobody else would catch it
   */
  constructor(
    private readonly clock: () => number,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** @param text one character per byte */
  add(to: OutboxSocket, opcode: Opcode, text: string): void {
    const { length } = text;
    const out = this.begin(to, opcode, length);
    out.write(text, to.outLength, 'latin1');
    to.outLength += length;
  }

  /**
   * One text frame.
   * @param source what follows `before` lies there from `from` to `end`
   */
  addParts(
    to: OutboxSocket,
    before: Uint8Array,
    source: Uint8Array,
    from: number,
    end: number,
  ): void {
    const length = before.length + end - from;
    const out = this.begin(to, OPCODE.text, length);
    out.set(before, to.outLength);
    out.set(part(source, from, end), to.outLength + before.length);
    to.outLength += length;
  }

  /** What a closing socket must still say. */
  flush(to: OutboxSocket): void {
    const { out, outLength, wire } = to;
    if (out === null || wire === null) return;
    to.out = null;
    to.outLength = 0;
    wire.write(part(out, 0, outLength));
    if (!wire.hasBacklog) this.reuse(out);
  }

  /** The socket is gone. */
  forget(to: OutboxSocket): void {
    if (to.out !== null) this.reuse(to.out);
    to.out = null;
    to.outLength = 0;
  }

  /** Writes the head of a frame. @returns the buffer, with room for the rest */
  private begin(to: OutboxSocket, opcode: Opcode, length: number): Buffer {
    if (to.out !== null && to.outLength + MAX_HEAD + length > to.out.length) this.flush(to);
    to.out ??= this.open(to, MAX_HEAD + length);
    to.outLength = writeHead(to.out, to.outLength, opcode, length);
    return to.out;
  }

  private open(to: OutboxSocket, length: number): Buffer {
    if (this.waiting.length === MAX_WAITING) this.flushAll();
    else if (this.waiting.length === 0) this.schedule();
    this.waiting.push(to);
    if (length > CAPACITY) return Buffer.allocUnsafeSlow(length);
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(CAPACITY);
  }

  private reuse(buffer: Buffer): void {
    if (buffer.length === CAPACITY && this.spare.length < MAX_WAITING) this.spare.push(buffer);
  }

  private schedule(): void {
    const rest = this.lastFlush + PAUSE - this.clock();
    if (rest <= 0) setImmediate(this.flushWaiting);
    else setTimeout(this.flushWaiting, rest);
  }

  private flushAll(): void {
    const { waiting } = this;
    this.lastFlush = this.clock();
    this.waiting = [];
    for (const to of waiting) {
      try {
        this.flush(to);
      } catch (error) {
        this.onFault(error);
      }
    }
  }
}

/** A plain view: a `Buffer` of it would cost more than to copy what it shows. */
const part = ({ buffer, byteOffset }: Uint8Array, from: number, end: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset + from, end - from);

/** Of a final frame of a server, which does not mask. @returns where it ends */
function writeHead(out: Buffer, at: number, opcode: Opcode, length: number): number {
  out[at] = FINAL | opcode;
  if (length < 126) {
    out[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    out[at + 1] = 126;
    out[at + 2] = length >> 8;
    out[at + 3] = length & 0xff;
    return at + 4;
  }
  out[at + 1] = 127;
  out.writeUInt32BE(0, at + 2);
  out.writeUInt32BE(length, at + 6);
  return at + MAX_HEAD;
}
