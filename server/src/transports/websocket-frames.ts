/**
 * The frames of a WebSocket client (RFC 6455, 5), cut out of what its socket reads: unmasked where they
 * lie, and told without a buffer or an event for each. No extensions. A client that breaks the rules
 * is reported once, and nothing more is read of it.
 */
import { isUtf8 } from 'node:buffer';
import { wordsOf } from '../tracker';

export interface FrameTaker {
  /** A whole text message, for the time of the call. That it is UTF-8 is not looked at. */
  text(bytes: Buffer, from: number, to: number): void;
  /** @param payload to be sent back, for the time of the call; at most 125 bytes */
  ping(payload: Buffer): void;
  pong(): void;
  /** The client's last word. @param status `null`: it gave none */
  goodbye(status: number | null): void;
  fail(problem: FrameProblem): void;
}

/** `malformed`: a goodbye that is no UTF-8. */
export type FrameProblem = 'protocol' | 'binary' | 'too-large' | 'malformed';

/** Bytes of one message. Ten offers are 15 to 30 KiB. */
export const MAX_MESSAGE = 64 * 1024;

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const FINAL = 0x80;
const RESERVED = 0x70;
const MASKED = 0x80;
const MASK_BYTES = 4;
const MAX_CONTROL = 125;
const INCOMPLETE = -1;

export class FrameReader {
  /** The beginning of a frame. */
  private readonly held = new Collected();
  /** The beginning of a message in several frames. */
  private readonly parts = new Collected();
  private isInParts = false;
  /** Bytes from the beginning of the frame that comes next, before it is worth another look. */
  private needed = 0;
  private isOver = false;

  constructor(private readonly taker: FrameTaker) {}

  /** @param chunk changed in place, and not kept */
  take(chunk: Buffer): void {
    const { held } = this;
    if (held.length === 0) {
      this.read(chunk, chunk.length);
      return;
    }
    held.add(chunk, 0, chunk.length, this.needed);
    if (held.length < this.needed) return;
    const { bytes, length } = held;
    held.clear();
    this.read(bytes, length);
  }

  /** Reads nothing more. */
  stop(): void {
    this.isOver = true;
    this.held.clear();
    this.parts.clear();
  }

  private read(bytes: Buffer, length: number): void {
    let at = 0;
    while (at < length && !this.isOver) {
      const next = this.readFrame(bytes, at, length);
      if (next === INCOMPLETE) {
        this.held.add(bytes, at, length, this.needed);
        return;
      }
      at = next;
    }
  }

  /** @returns where the next frame begins */
  private readFrame(bytes: Buffer, at: number, end: number): number {
    if (end - at < 2) return this.wait(2);
    const first = bytes[at] ?? 0;
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const opcode = first & 0x0f;
    const problem = this.problemOf(first, bytes[at + 1] ?? 0);
    if (problem !== null) return this.fail(problem);
    let size = short;
    let from = at + 2 + MASK_BYTES;
    if (short > MAX_CONTROL) {
      const lengthBytes = short === 126 ? 2 : 8;
      if (end - at < 2 + lengthBytes) return this.wait(2 + lengthBytes);
      from += lengthBytes;
      size = lengthOf(bytes, at + 2, lengthBytes);
    }
    const isControl = opcode >= OPCODE.close;
    // Before it has come, or somebody could fill our memory with what we do not want.
    if (!isControl && size + this.parts.length > MAX_MESSAGE) return this.fail('too-large');
    const to = from + size;
    if (to > end) return this.wait(to - at);
    unmask(bytes, from, to);
    if (isControl) this.takeControl(opcode, bytes, from, to);
    else this.takeData(first >= FINAL, bytes, from, to);
    return to;
  }

  /** What is wrong with a frame by its first two bytes. */
  private problemOf(first: number, second: number): FrameProblem | null {
    const opcode = first & 0x0f;
    if ((first & RESERVED) !== 0 || second < MASKED) return 'protocol';
    if (opcode >= OPCODE.close) {
      const size = second & 0x7f;
      const isWhole = first >= FINAL && size <= MAX_CONTROL;
      const isHalfStatus = opcode === OPCODE.close && size === 1;
      return isWhole && !isHalfStatus && opcode <= OPCODE.pong ? null : 'protocol';
    }
    if (opcode > OPCODE.binary) return 'protocol';
    if ((opcode === OPCODE.continuation) !== this.isInParts) return 'protocol';
    return opcode === OPCODE.binary ? 'binary' : null;
  }

  private takeData(isFinal: boolean, bytes: Buffer, from: number, to: number): void {
    const { parts } = this;
    if (isFinal && !this.isInParts) {
      this.taker.text(bytes, from, to);
      return;
    }
    parts.add(bytes, from, to, MAX_MESSAGE);
    this.isInParts = !isFinal;
    if (!isFinal) return;
    const { bytes: message, length } = parts;
    parts.clear();
    this.taker.text(message, 0, length);
  }

  private takeControl(opcode: number, bytes: Buffer, from: number, to: number): void {
    if (opcode === OPCODE.pong) this.taker.pong();
    else if (opcode === OPCODE.ping) this.taker.ping(bytes.subarray(from, to));
    else if (to === from) this.sayGoodbye(null);
    else {
      const status = bytes.readUInt16BE(from);
      if (!isStatus(status)) this.fail('protocol');
      else if (!isUtf8(bytes.subarray(from + 2, to))) this.fail('malformed');
      else this.sayGoodbye(status);
    }
  }

  private sayGoodbye(status: number | null): void {
    this.stop();
    this.taker.goodbye(status);
  }

  private wait(bytes: number): number {
    this.needed = bytes;
    return INCOMPLETE;
  }

  private fail(problem: FrameProblem): number {
    this.stop();
    this.taker.fail(problem);
    return 0;
  }
}

const NOTHING = Buffer.alloc(0);

/** Bytes that come bit by bit, in a buffer that grows with what has come and not with what is announced. */
class Collected {
  /** What counts are the first `length` bytes. */
  bytes = NOTHING;
  length = 0;

  /** @param expected how long it becomes, as far as is known */
  add(source: Buffer, from: number, to: number, expected: number): void {
    const length = this.length + to - from;
    if (length > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, Math.min(expected, 2 * length)));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    source.copy(this.bytes, this.length, from, to);
    this.length = length;
  }

  clear(): void {
    this.bytes = NOTHING;
    this.length = 0;
  }
}

/** @returns Infinity for what no number holds */
function lengthOf(bytes: Buffer, at: number, lengthBytes: 2 | 8): number {
  if (lengthBytes === 2) return bytes.readUInt16BE(at);
  return bytes.readUInt32BE(at) === 0 ? bytes.readUInt32BE(at + 4) : Infinity;
}

/** The mask stands before what it masks. */
function unmask(bytes: Buffer, from: number, to: number): void {
  const words = wordsOf(bytes);
  const base = bytes.byteOffset;
  const mask = words.getInt32(base + from - MASK_BYTES, true);
  if (mask === 0) return;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    words.setInt32(base + at, words.getInt32(base + at, true) ^ mask, true);
  }
  for (let key = mask; at < to; at += 1, key >>>= 8) bytes[at] = (bytes[at] ?? 0) ^ (key & 0xff);
}

/** RFC 6455, 7.4: the numbers that may be sent. */
function isStatus(status: number): boolean {
  if (status >= 3000) return status < 5000;
  return status >= 1000 && status <= 1014 && (status < 1004 || status > 1006);
}
