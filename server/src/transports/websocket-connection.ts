/** One WebSocket: frames in, frames out, and whether somebody still reads at the other end. */
import type { CloseReason, Signalling, SignallingPeer, Wire as PeerWire } from '../tracker';
import type { FaultReporter } from './fault-reporter';
import { FrameReader, type FrameProblem, type FrameTaker } from './websocket-frames';
import { OPCODE, type Outbox, type OutboxSocket } from './websocket-outbox';
import type { Wire, WireReader } from './wire';

export interface WebSocketConnectionDeps {
  signalling: Signalling;
  outbox: Outbox;
  report: FaultReporter;
  onDrop: (reason: 'websocket-malformed' | 'websocket-too-large' | 'websocket-backlog') => void;
}

/** RFC 6455, 7.4.1. */
const CLOSE = {
  'going-away': 1001,
  protocol: 1002,
  binary: 1003,
  malformed: 1007,
  'too-large': 1009,
  idle: 1000,
  fault: 1011,
} as const satisfies Record<CloseReason | FrameProblem | 'fault', number>;

/** Bytes that may wait for a slow reader: several hundred offers. */
const MAX_BACKLOG = 1024 * 1024;
/** Milliseconds that the other side has for its half of a goodbye. */
const CLOSE_PATIENCE = 10_000;

export class WebSocketConnection implements PeerWire, OutboxSocket, FrameTaker, WireReader {
  wire: Wire | null = null;
  out: Buffer | null = null;
  outLength = 0;
  private readonly reader = new FrameReader(this);
  /** Nothing is said any more, and nobody listens; what still comes is only looked at for a goodbye. */
  private isClosing = false;
  private wasHeard = true;
  private wasPinged = false;
  private peer: SignallingPeer | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly deps: WebSocketConnectionDeps,
    private readonly onClosed: (connection: WebSocketConnection) => void,
  ) {}

  /** @param head what came behind the request */
  open(peer: SignallingPeer, wire: Wire, head: Buffer): void {
    this.peer = peer;
    this.wire = wire;
    if (head.length > 0) this.receive(head);
  }

  send(text: string): void {
    if (this.mayWrite()) this.deps.outbox.add(this, OPCODE.text, text);
  }

  pass(before: Uint8Array, source: Uint8Array, from: number, to: number): void {
    if (this.mayWrite()) this.deps.outbox.addParts(this, before, source, from, to);
  }

  close(reason: keyof typeof CLOSE): void {
    if (!this.isClosing) this.sayLast(CLOSE[reason]);
  }

  /** Called every half minute: asks whether somebody is there, and gives up on who did not answer. */
  checkPulse(): void {
    if (this.wasHeard) {
      this.wasHeard = this.wasPinged = false;
    } else if (this.wasPinged) {
      this.terminate();
    } else if (this.mayWrite()) {
      this.wasPinged = true;
      this.deps.outbox.add(this, OPCODE.ping, '');
    }
  }

  receive(chunk: Buffer): void {
    try {
      this.reader.take(chunk);
    } catch (error) {
      this.deps.report('a WebSocket message', error);
      this.close('fault');
    }
  }

  /** Without a goodbye; what is left to write is of no use to anybody. */
  end(): void {
    this.terminate();
  }

  drain(): void {
    // Nobody waits for it.
  }

  closed(): void {
    this.isClosing = true;
    this.reader.stop();
    this.deps.outbox.forget(this);
    if (this.timer !== null) clearTimeout(this.timer);
    // A write can have ended it, in the midst of what somebody else has said.
    process.nextTick(() => {
      try {
        this.leave();
      } catch (error) {
        this.deps.report('the end of a WebSocket', error);
      }
      this.onClosed(this);
    });
  }

  text(bytes: Buffer, from: number, to: number): void {
    this.wasHeard = true;
    if (this.peer !== null && !this.isClosing) {
      this.deps.signalling.receive(this.peer, bytes, from, to);
    }
  }

  ping(payload: Buffer): void {
    this.wasHeard = true;
    if (this.mayWrite()) this.deps.outbox.add(this, OPCODE.pong, payload.toString('latin1'));
  }

  pong(): void {
    this.wasHeard = true;
  }

  goodbye(status: number | null): void {
    if (!this.isClosing) this.sayLast(status);
    this.wire?.end();
  }

  fail(problem: FrameProblem): void {
    if (this.isClosing) return;
    this.deps.onDrop(problem === 'too-large' ? 'websocket-too-large' : 'websocket-malformed');
    this.sayLast(CLOSE[problem]);
    this.wire?.end();
  }

  /** Not a goodbye: for readers that are gone or that do not read. */
  private terminate(): void {
    this.isClosing = true;
    this.reader.stop();
    this.wire?.destroy();
  }

  private mayWrite(): boolean {
    if (this.isClosing || this.wire === null) return false;
    if (this.out !== null || this.wire.backlog <= MAX_BACKLOG) return true;
    this.deps.onDrop('websocket-backlog');
    this.terminate();
    return false;
  }

  /** Our half of a goodbye, behind all that was sent. */
  private sayLast(status: number | null): void {
    const { wire, deps } = this;
    this.isClosing = true;
    this.leave();
    const payload = status === null ? '' : String.fromCharCode(status >> 8, status & 0xff);
    deps.outbox.add(this, OPCODE.close, payload);
    deps.outbox.flush(this);
    this.timer = setTimeout(() => wire?.destroy(), CLOSE_PATIENCE).unref();
  }

  private leave(): void {
    if (this.peer !== null) this.deps.signalling.disconnect(this.peer);
  }
}
