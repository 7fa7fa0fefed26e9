/** A wire over a bare handle of libuv: nothing is buffered, queued or emitted on the way. */
import type { Socket } from 'node:net';
import { Beginnings } from '../tracker';
import type { HandleRequest, TcpBinding, TcpHandle } from './tcp-handle';
import type { Wire, WireReader } from './wire';

/** One for all: a chunk is used before the next one is read. */
const CHUNK = new Beginnings(Buffer.allocUnsafeSlow(64 * 1024));
/** libuv's for “the client will send no more”. */
const UV_EOF = -4095;

/** @param unread what was received and not used */
export type HandleTaker = (handle: TcpHandle, unread: Buffer | null) => void;

export class HandleWire implements Wire {
  private readonly handle: TcpHandle;
  private readonly binding: TcpBinding;
  private readonly reader: WireReader;
  private address: string | undefined;
  /** Writes that the kernel has not taken yet. */
  private underWay = 0;
  /** Bytes of them. */
  backlog = 0;
  private hasEnded = false;
  private hasSaidAll = false;
  isDestroyed = false;

  /**
   * @param owner whose handle it is, if it has been made a socket already: closed instead of it
   * @param taker to whom it may be left; without one nothing is allocated for what is read
   */
  constructor(
    handle: TcpHandle,
    binding: TcpBinding,
    reader: WireReader,
    private readonly owner: Socket | null = null,
    private readonly taker: HandleTaker | null = null,
  ) {
    this.handle = handle;
    this.binding = binding;
    this.reader = reader;
    // A server that stops destroys its sockets.
    owner?.on('close', () => this.forget());
    owner?.on('error', () => undefined);
    if (taker === null) handle.useUserBuffer(CHUNK.bytes);
    handle.onread = (bytes) => this.read(bytes);
    handle.readStart();
  }

  get remoteAddress(): string | undefined {
    if (this.address === undefined && !this.isDestroyed) {
      const peer: { address?: string } = {};
      this.handle.getpeername(peer);
      this.address = peer.address;
    }
    return this.address;
  }

  get hasBacklog(): boolean {
    return this.underWay > 0;
  }

  write(bytes: Uint8Array): boolean {
    if (this.isDestroyed || this.owner?.destroyed === true) return false;
    const request = this.newRequest();
    return this.wrote(request, this.handle.writeBuffer(request, bytes), bytes, bytes.length);
  }

  end(text = ''): void {
    if (this.isDestroyed || this.hasSaidAll) return;
    if (text !== '') {
      const request = this.newRequest();
      this.wrote(request, this.handle.writeLatin1String(request, text), null, text.length);
    }
    this.hasSaidAll = true;
    if (this.hasEnded && !this.hasBacklog) this.destroy();
    else this.shutDown();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    if (this.owner === null) this.handle.close();
    else this.owner.destroy();
    this.forget();
  }

  pause(): void {
    if (!this.isDestroyed) this.handle.readStop();
  }

  resume(): void {
    if (!this.isDestroyed && !this.hasEnded) this.handle.readStart();
  }

  expectMore(): void {
    // Only who stays can be slowed down by Nagle's algorithm, and only for him this pays.
    if (!this.isDestroyed) this.handle.setNoDelay(true);
  }

  /** From now on the connection is the taker’s. Not while something is being written. */
  leave(unread: Buffer | null): void {
    if (this.isDestroyed || this.taker === null) return;
    this.isDestroyed = true;
    this.handle.readStop();
    this.taker(this.handle, unread);
  }

  private read(bytes: ArrayBuffer | undefined): void {
    if (this.isDestroyed) return;
    const { streamBaseState, kReadBytesOrError, kArrayBufferOffset } = this.binding;
    const count = streamBaseState[kReadBytesOrError] ?? 0;
    if (count > 0) {
      this.reader.receive(
        bytes === undefined
          ? CHUNK.first(count)
          : Buffer.from(bytes, streamBaseState[kArrayBufferOffset], count),
      );
    } else if (count === UV_EOF) {
      this.hasEnded = true;
      if (this.hasSaidAll && !this.hasBacklog) this.destroy();
      else this.reader.end();
    } else if (count < 0) {
      this.destroy(); // ECONNRESET and the like are everyday
    }
  }

  private newRequest(): HandleRequest {
    const { WriteWrap } = this.binding;
    const request = spare ?? new WriteWrap();
    spare = null;
    return request;
  }

  private forget(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.reader.closed();
  }

  /** @param bytes what has to stay in memory until it is written */
  private wrote(
    request: HandleRequest,
    error: number,
    bytes: Uint8Array | null,
    length: number,
  ): boolean {
    if (error !== 0) {
      this.destroy();
      return false;
    }
    const { streamBaseState, kLastWriteWasAsync } = this.binding;
    if (streamBaseState[kLastWriteWasAsync] === 0) {
      spare = request;
      return true;
    }
    this.underWay += 1;
    this.backlog += length;
    request.bytes = bytes;
    request.oncomplete = (status) => this.completed(status, length);
    return false;
  }

  private completed(status: number, length: number): void {
    this.underWay -= 1;
    this.backlog -= length;
    if (this.isDestroyed) return;
    if (status < 0) this.destroy();
    else if (this.underWay === 0 && !this.hasSaidAll) this.reader.drain();
  }

  /** After all that is under way. */
  private shutDown(): void {
    const { ShutdownWrap } = this.binding;
    const request = new ShutdownWrap();
    request.oncomplete = () => {
      if (this.hasEnded) this.destroy();
    };
    if (this.handle.shutdown(request) < 0) this.destroy();
  }
}

/** A request that Node has not kept, because the kernel took all at once: good for the next write. */
let spare: HandleRequest | null = null;
