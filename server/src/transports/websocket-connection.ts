/** One WebSocket: frames in, frames out, and whether somebody still reads at the other end. */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { CloseReason, Signalling, SignallingPeer, Wire } from '../tracker';
import type { FaultReporter } from './fault-reporter';
import type { Outbox, OutboxSocket } from './websocket-outbox';

export interface WebSocketConnectionDeps {
  signalling: Signalling;
  outbox: Outbox;
  report: FaultReporter;
  onDrop: (reason: 'websocket-malformed' | 'websocket-too-large' | 'websocket-backlog') => void;
}

/** RFC 6455, 7.4.1. */
const CLOSE = {
  'going-away': 1001,
  binary: 1003,
  malformed: 1007,
  idle: 1000,
  fault: 1011,
} as const;

/** Characters that may wait for a slow reader: several hundred offers. */
const MAX_BACKLOG = 1024 * 1024;

export class WebSocketConnection implements Wire, OutboxSocket {
  frames = '';
  private waiting = 0;
  private isClosing = false;
  private wasHeard = true;
  private wasPinged = false;
  private peer: SignallingPeer | null = null;

  constructor(
    private readonly webSocket: WebSocket,
    /** The same connection below `ws`; only whole frames are written to it. */
    readonly socket: Duplex,
    private readonly deps: WebSocketConnectionDeps,
  ) {}

  open(peer: SignallingPeer, onClosed: () => void): void {
    const { webSocket, deps } = this;
    this.peer = peer;
    webSocket.on('message', (data, isBinary) => this.receive(peer, data, isBinary));
    webSocket.on('pong', () => (this.wasHeard = true));
    // `ws` closes by itself; the listener keeps the process alive.
    webSocket.on('error', (error: Error & { code?: string }) => {
      if (error.code?.startsWith('WS_ERR_') !== true) return; // the network's
      const isTooLarge = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      deps.onDrop(isTooLarge ? 'websocket-too-large' : 'websocket-malformed');
    });
    webSocket.on('close', () => {
      this.isClosing = true;
      deps.signalling.disconnect(peer);
      onClosed();
    });
  }

  send(text: string): void {
    if (this.isClosing) return;
    const { frames, socket, deps } = this;
    if (frames === '') this.waiting = socket.writableLength;
    this.waiting += text.length;
    if (this.waiting > MAX_BACKLOG) {
      deps.onDrop('websocket-backlog');
      this.terminate();
      return;
    }
    deps.outbox.add(this, text);
  }

  close(reason: CloseReason | 'binary' | 'fault'): void {
    if (this.isClosing) return;
    this.deps.outbox.flush(this);
    this.isClosing = true;
    if (this.peer !== null) this.deps.signalling.disconnect(this.peer);
    this.webSocket.close(CLOSE[reason]);
  }

  /** Not a goodbye: for readers that are gone or that do not read. */
  terminate(): void {
    this.isClosing = true;
    this.frames = '';
    this.webSocket.terminate();
  }

  /** Called every half minute: asks whether somebody is there, and gives up on who did not answer. */
  checkPulse(): void {
    if (this.wasHeard) {
      this.wasHeard = this.wasPinged = false;
    } else if (this.wasPinged) {
      this.terminate();
    } else if (!this.isClosing) {
      this.wasPinged = true;
      this.webSocket.ping();
    }
  }

  private receive(peer: SignallingPeer, data: RawData, isBinary: boolean): void {
    if (this.isClosing) return;
    this.wasHeard = true;
    if (isBinary || !Buffer.isBuffer(data)) {
      this.deps.onDrop('websocket-malformed');
      this.close('binary');
      return;
    }
    try {
      this.deps.signalling.receive(peer, data);
    } catch (error) {
      this.deps.report('a WebSocket message', error);
      this.close('fault');
    }
  }
}
