/**
 * Collects what is sent to a socket until the event loop has read all others, and writes it at once:
 * under load one system call carries dozens of messages. Frames are made here (RFC 6455, 5.2),
 * because `ws` writes each by itself; and as text, because Node writes that without a copy of ours.
 */
import type { Duplex } from 'node:stream';

export interface OutboxSocket {
  readonly socket: Duplex;
  /** Waiting frames, one character per byte. */
  frames: string;
}

export class Outbox {
  private waiting: OutboxSocket[] = [];

  /** @param text UTF-8, one character per byte */
  add(to: OutboxSocket, text: string): void {
    if (to.frames === '') {
      if (this.waiting.length === 0) setImmediate(() => this.flushAll());
      this.waiting.push(to);
    }
    to.frames += frameOf(text);
  }

  /** What a closing socket must still say. */
  flush(to: OutboxSocket): void {
    const { frames, socket } = to;
    if (frames === '') return;
    to.frames = '';
    if (socket.writable) socket.write(frames, 'latin1');
  }

  private flushAll(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const to of waiting) this.flush(to);
  }
}

/** Heads of frames by the length of what follows; the same few hundred lengths come again and again. */
const heads: string[] = [];
const HEADS_KEPT = 4096;

/** The message as a text frame, one character per byte. */
export function frameOf(text: string): string {
  const { length } = text;
  if (length >= HEADS_KEPT) return headOf(length) + text;
  return (heads[length] ??= headOf(length)) + text;
}

/** Of a final text frame of a server, which does not mask. */
function headOf(length: number): string {
  if (length < 126) return String.fromCharCode(0x81, length);
  if (length < 65_536) return String.fromCharCode(0x81, 126, length >> 8, length & 0xff);
  const long = Buffer.alloc(10);
  long.writeUInt16BE(0x817f);
  long.writeBigUInt64BE(BigInt(length), 2);
  return long.toString('latin1');
}
