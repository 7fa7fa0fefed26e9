/** A wire over a bare handle of libuv: nothing is buffered, queued or emitted on the way. */
import type { HandleRequest, TcpBinding, TcpHandle } from './tcp-handle';
import type { Wire, WireReader } from './wire';

/** One for all: a chunk is used before the next one is read. */
const CHUNK = Buffer.allocUnsafeSlow(64 * 1024);
/** libuv's for “the client will send no more”. */
const UV_EOF = -4095;

export class HandleWire implements Wire {
  private readonly handle: TcpHandle;
  private readonly binding: TcpBinding;
  private readonly reader: WireReader;
  private address: string | undefined;
  /** Writes that the kernel has not taken yet. */
  private underWay = 0;
  private hasEnded = false;
  private hasSaidAll = false;
  isDestroyed = false;

  constructor(handle: TcpHandle, binding: TcpBinding, reader: WireReader) {
    this.handle = handle;
    this.binding = binding;
    this.reader = reader;
    handle.useUserBuffer(CHUNK);
    handle.onread = () => this.read();
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

  write(bytes: Buffer): boolean {
    if (this.isDestroyed) return false;
    const request = this.newRequest();
    return this.wrote(request, this.handle.writeBuffer(request, bytes), bytes);
  }

  end(text = ''): void {
    if (this.isDestroyed || this.hasSaidAll) return;
    if (text !== '') {
      const request = this.newRequest();
      this.wrote(request, this.handle.writeLatin1String(request, text), null);
    }
    this.hasSaidAll = true;
    if (this.hasEnded && !this.hasBacklog) this.destroy();
    else this.shutDown();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.handle.close();
    this.reader.closed();
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

  private read(): void {
    if (this.isDestroyed) return;
    const { streamBaseState, kReadBytesOrError } = this.binding;
    const count = streamBaseState[kReadBytesOrError] ?? 0;
    if (count > 0) {
      this.reader.receive(CHUNK.subarray(0, count));
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

  /** @param bytes what has to stay in memory until it is written */
  private wrote(request: HandleRequest, error: number, bytes: Buffer | null): boolean {
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
    request.bytes = bytes;
    request.oncomplete = (status) => this.completed(status);
    return false;
  }

  private completed(status: number): void {
    this.underWay -= 1;
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
