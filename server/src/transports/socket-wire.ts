/** A wire over `net.Socket`, which can be left to somebody else. */
import type { Socket } from 'node:net';
import { readDirectly } from './direct-reads';
import type { Wire, WireReader } from './wire';

export class SocketWire implements Wire {
  readonly socket: Socket;
  private readonly reader: WireReader;
  private isPaused = false;
  private isFull = false;
  private readAsUsual: (() => void) | null = null;
  private readonly onData = (chunk: Buffer): void => this.reader.receive(chunk);
  private readonly onEnd = (): void => this.reader.end();
  private readonly onDrain = (): void => {
    this.isFull = false;
    this.reader.drain();
  };
  private readonly onClose = (): void => this.reader.closed();

  /** @param taker to whom it may be left */
  constructor(
    socket: Socket,
    reader: WireReader,
    private readonly taker: ((socket: Socket) => void) | null = null,
  ) {
    this.socket = socket;
    this.reader = reader;
    socket.on('data', this.onData);
    socket.on('end', this.onEnd);
    socket.on('close', this.onClose);
    // ECONNRESET and the like are everyday; 'close' follows.
    socket.on('error', ignore);
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  get isDestroyed(): boolean {
    return this.socket.destroyed;
  }

  get hasBacklog(): boolean {
    return this.socket.writableLength > 0;
  }

  get backlog(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array): boolean {
    if (this.socket.write(bytes)) return true;
    if (!this.isFull) this.socket.once('drain', this.onDrain);
    this.isFull = true;
    return false;
  }

  end(text = ''): void {
    this.socket.end(text, 'latin1');
  }

  destroy(): void {
    this.socket.destroy();
  }

  pause(): void {
    this.isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    this.isPaused = false;
    this.socket.resume();
  }

  expectMore(): void {
    // Only who stays can be slowed down by Nagle's algorithm, and only for him this pays.
    this.socket.setNoDelay(true);
    this.readAsUsual = readDirectly(this.socket, this.onData, () => !this.isPaused);
  }

  /**
   * From now on the socket is the taker’s, as if it had just come.
   * @param unread what was received and not used
   */
  leave(unread: Buffer | null): void {
    const { socket, taker } = this;
    if (socket.destroyed || taker === null) return;
    socket.off('data', this.onData);
    socket.off('end', this.onEnd);
    socket.off('close', this.onClose);
    socket.off('error', ignore);
    this.readAsUsual?.();
    const isPaused = socket.isPaused();
    if (isPaused && unread !== null) socket.unshift(unread);
    taker(socket);
    if (isPaused) socket.resume();
    // What `unshift` would do, without the ticks that it takes.
    else if (unread !== null) socket.emit('data', unread);
  }
}

function ignore(): void {
  // on purpose
}
