/**
 * Collects what is sent to a socket until the event loop has read all others, and writes it at once:
 * under load one system call carries dozens of messages. Frames are made here (RFC 6455, 5.2),
 * because `ws` writes each by itself.
 */
import type { Duplex } from 'node:stream';

/** A final text frame of a server, which does not mask. */
const FINAL_TEXT = 0x81;

export interface OutboxSocket {
  readonly socket: Duplex;
  /** Waiting messages. */
  readonly texts: string[];
}

export class Outbox {
  private waiting: OutboxSocket[] = [];

  add(to: OutboxSocket, text: string): void {
    if (to.texts.length === 0) {
      if (this.waiting.length === 0) setImmediate(() => this.flushAll());
      this.waiting.push(to);
    }
    to.texts.push(text);
  }

  /** What a closing socket must still say. */
  flush(to: OutboxSocket): void {
    if (to.texts.length === 0) return;
    const frames = frameAll(to.texts);
    to.texts.length = 0;
    if (to.socket.writable) to.socket.write(frames);
  }

  private flushAll(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const to of waiting) this.flush(to);
  }
}

/**
 * @param texts UTF-8, one character per byte
 * @returns the messages as text frames, one behind the other
 */
export function frameAll(texts: readonly string[]): Buffer {
  let size = 0;
  for (const { length } of texts) size += length + headerLength(length);
  const frames = Buffer.allocUnsafe(size);
  let at = 0;
  for (const text of texts) at = writeFrame(frames, at, text);
  return frames;
}

function headerLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeFrame(out: Buffer, at: number, text: string): number {
  const { length } = text;
  const header = headerLength(length);
  out[at] = FINAL_TEXT;
  if (header === 2) {
    out[at + 1] = length;
  } else if (header === 4) {
    out[at + 1] = 126;
    out.writeUInt16BE(length, at + 2);
  } else {
    out[at + 1] = 127;
    out.writeUInt32BE(0, at + 2);
    out.writeUInt32BE(length, at + 6);
  }
  out.write(text, at + header, 'latin1');
  return at + header + length;
}
