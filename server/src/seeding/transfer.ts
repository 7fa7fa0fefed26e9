/**
 * Sends the bytes of a file with backpressure, and stops at once when nobody may have, wants or takes
 * them any more. Callbacks all the way: Strapi keeps async hooks on, which make promises dear.
 */

import { read } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { BodyCursor, type Chunk } from './body-cursor';
import type { FileReply } from './file-reply';
import type { Grant } from './grant';
import { FileTruncatedError } from './hashed-file';
import type { Patience, Watched } from './patience';
import { SMALL_BUFFER_SIZE, type ReadBuffers } from './read-buffers';

export interface TransferParts {
  buffers: ReadBuffers;
  patience: Patience;
  /** Most bytes of a file to be throttled at once, so that all get their share. */
  portion: number;
  /** Milliseconds to wait before so many bytes may go out; they count as sent from now on. */
  throttle: (bytes: number) => number;
}

/** One is written while the next is read. */
const READ_AHEAD = 2;
/** Milliseconds for one buffer beyond which the reader is slow: nothing is read ahead for him. */
const SLOW = 20;
/** Milliseconds for a small one below which he no longer is. */
const FAST = 2;

/**
 * Writes head and body of `reply`. `done` is called once, when all is over: with an error when the file
 * failed, without when all was sent, the reader left, or the transfer was cut. Then the connection was
 * closed if it had to be, which is how a reader learns that what it got is incomplete; where not even
 * the head was written, `res` is still to be answered.
 */
export function sendFile(
  res: ServerResponse,
  fd: number,
  reply: FileReply,
  grant: Grant | undefined,
  parts: TransferParts,
  done: (error: Error | null) => void,
): void {
  new Transfer(res, fd, reply, grant, parts, done).start();
}

class Transfer implements Watched {
  movedAt = 0;
  private readonly cursor: BodyCursor;
  /** From the choice of a chunk until it is written, throttling included. */
  private isPreparing = false;
  private isReading = false;
  /** Chunks on their way to the reader. */
  private writing = 0;
  private isSlow = false;
  private atEnd = false;
  private isOver = false;
  /** The next chunk, taken from the cursor before its time. */
  private following: Chunk | null;
  private waiting: NodeJS.Timeout | null = null;

  constructor(
    private readonly res: ServerResponse,
    private readonly fd: number,
    private readonly reply: FileReply,
    private readonly grant: Grant | undefined,
    private readonly parts: TransferParts,
    private readonly done: (error: Error | null) => void,
  ) {
    this.cursor = new BodyCursor(reply.body);
    this.following = this.cursor.next(parts.portion);
  }

  get isWaiting(): boolean {
    return this.writing > 0;
  }

  start(): void {
    const { res, grant, parts } = this;
    if (res.destroyed || grant?.isCut === true) {
      this.cut();
      return;
    }
    // Of a whole response as well: nothing more is to be done for it then.
    res.once('close', () => this.end(null));
    if (grant !== undefined) grant.onCut = () => this.cut();
    parts.patience.watch(this);
    this.goOn();
  }

  cut(): void {
    this.res.destroy();
    this.end(null);
  }

  /** Reads the next chunk when there is a buffer for it. */
  private goOn(): void {
    const most = this.isSlow ? 1 : READ_AHEAD;
    if (this.isOver || this.atEnd || this.isPreparing || this.writing >= most) return;
    const chunk = this.following;
    if (chunk === null) return;
    this.following = this.cursor.next(
      this.isSlow ? Math.min(SMALL_BUFFER_SIZE, this.parts.portion) : this.parts.portion,
    );
    this.isPreparing = true;
    if (chunk.kind === 'literal') {
      this.write(chunk.bytes, null, 0);
      return;
    }
    const wait = this.parts.throttle(chunk.length);
    if (wait <= 0) this.read(chunk.position, chunk.length);
    else {
      this.waiting = setTimeout(() => {
        this.waiting = null;
        this.read(chunk.position, chunk.length);
      }, wait);
    }
  }

  private read(position: number, length: number): void {
    const { buffers } = this.parts;
    const buffer = buffers.take(length);
    let filled = 0;
    const more = (error: NodeJS.ErrnoException | null, bytes: number): void => {
      filled += bytes;
      const isPartial = error === null && bytes > 0 && filled < length;
      if (isPartial && !this.isOver) {
        read(this.fd, buffer, filled, length - filled, position + filled, more);
        return;
      }
      this.isReading = false;
      if (filled === length && !this.isOver) {
        this.write(buffer.subarray(0, length), buffer, length);
        return;
      }
      buffers.give(buffer);
      if (this.isOver) this.done(null);
      else this.fail(error ?? new FileTruncatedError(`ended at byte ${position + filled}`));
    };
    this.isReading = true;
    read(this.fd, buffer, 0, length, position, more);
  }

  private fail(error: Error): void {
    if (this.res.headersSent) this.res.destroy();
    this.end(error);
  }

  /** @param fromFile bytes of it that are in the file */
  private write(bytes: Buffer, buffer: Buffer | null, fromFile: number): void {
    const { res, reply, parts } = this;
    this.isPreparing = false;
    if (!res.headersSent) res.writeHead(reply.status, reply.headers);
    this.atEnd = this.following === null;
    this.writing += 1;
    const startedAt = (this.movedAt = parts.patience.now());
    const taken = (error?: Error | null): void => {
      if (buffer !== null && error == null) parts.buffers.give(buffer);
      this.writing -= 1;
      this.movedAt = parts.patience.now();
      if (this.isOver) return;
      this.isSlow = this.movedAt - startedAt > (this.isSlow ? FAST : SLOW);
      this.grant?.sent(fromFile);
      if (error != null) this.cut();
      else this.goOn();
    };
    if (this.atEnd) res.end(bytes, taken);
    else {
      res.write(bytes, taken);
      this.goOn();
    }
  }

  private end(error: Error | null): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.waiting !== null) clearTimeout(this.waiting);
    this.parts.patience.letGo(this);
    if (this.grant !== undefined) this.grant.onCut = null;
    // A read that is under way holds the file: then it is the one to say so.
    if (!this.isReading) this.done(error);
  }
}
