/**
 * One client of a listener without `node:http`: cuts what it sends into requests and writes the answers
 * in their order, those to one chunk in one write. Bounded in memory (one unfinished head, one batch
 * of answers) and in time, and nothing is thrown out of it.
 */
import {
  beginAnswer,
  encodeRefusal,
  endAnswer,
  HTTP_LIMITS,
  INCOMPLETE,
  readHttpHead,
  type HeadProblem,
  type RefusalStatus,
} from '../tracker';
import type { ForwardedRequest } from './client-address';
import { PATIENCE, type ConnectionDeps } from './http-connection-deps';
import type { Wire, WireReader } from './wire';

/** Whoever has a listener's connections. */
export interface ConnectionOwner<W extends Wire> {
  /** It has ended. */
  closed(connection: HttpConnection<W>): void;
  /** It asks for something that is not the tracker's: only where others have the port as well. */
  left?(connection: HttpConnection<W>, unread: Buffer | null): void;
}

/** Bytes of answers in one write; below the mark at which a socket asks to be waited for. */
const BATCH = 12 * 1024;

export class HttpConnection<W extends Wire> implements WireReader {
  readonly wire: W;
  private readonly shared: ConnectionDeps;
  private readonly owner: ConnectionOwner<W>;
  /** For the client's address; its header is that of the request in `head`. */
  private readonly request: ForwardedRequest;
  /** The beginning of a request, or requests that wait for their turn. */
  private pending: Buffer | null = null;
  /** An answer is being made, or the client does not take what there is: read nothing meanwhile. */
  private isWaiting = false;
  /** The last word is said, or the connection is somebody else's: what still comes is not ours. */
  private isClosing = false;
  private hasEnded = false;
  /** Writes so far. */
  private answered = 0;
  private expiresAt: number;

  constructor(open: (reader: WireReader) => W, shared: ConnectionDeps, owner: ConnectionOwner<W>) {
    this.shared = shared;
    this.owner = owner;
    this.expiresAt = shared.time.tick + shared.time.first;
    this.wire = open(this);
    this.request = { socket: this.wire, headers: { [shared.head.forwardedName]: undefined } };
  }

  /** To be called once a tick. */
  expire(): void {
    if (this.shared.time.tick < this.expiresAt) return;
    const hasBegun = this.pending !== null;
    if (this.isClosing || this.isWaiting) this.wire.destroy();
    // Who has said too little to be known is the port owner's, and under his limits.
    else if (this.shared.mayBegin !== null && (hasBegun || this.answered === 0)) this.release();
    else if (hasBegun) this.refuse('', 408);
    else this.wire.destroy();
  }

  /** Between an answer and the next request: nobody is hurt when it ends. */
  get isIdle(): boolean {
    return this.pending === null && !this.isWaiting && this.answered > 0 && !this.isClosing;
  }

  /** Leaves the connection to the port's owner, as soon as what it has asked is answered. */
  release(): void {
    if (this.isClosing || this.isWaiting) return;
    this.guarded(() => this.leave(this.pending));
  }

  receive(chunk: Buffer): void {
    if (this.isClosing) return;
    try {
      this.take(chunk);
    } catch (error) {
      this.fail(error);
    }
  }

  private take(chunk: Buffer): void {
    if (this.pending === null && !this.isWaiting) {
      this.serve(chunk);
      this.keepPending();
      return;
    }
    const bytes = this.pending === null ? Buffer.from(chunk) : Buffer.concat([this.pending, chunk]);
    this.pending = bytes;
    // Nothing is looked at again before it may be whole: a head that comes byte by byte stays cheap.
    const isWorthALook =
      chunk.includes(LF) || bytes.length > HTTP_LIMITS.headBytes || bytes.length <= SHORT;
    if (isWorthALook && !this.isWaiting) this.serve(bytes);
  }

  /** The chunk in which it came is the wire's again. */
  private keepPending(): void {
    if (this.pending !== null) this.pending = Buffer.from(this.pending);
  }

  /**
   * Answers the requests in `bytes`, as many as the client takes; keeps the rest.
   * @returns whether more may be read now
   */
  private serve(bytes: Buffer): boolean {
    const { head, out, mayBegin } = this.shared;
    let at = 0;
    for (;;) {
      out.length = 0;
      let next = INCOMPLETE;
      while (at < bytes.length && out.length < BATCH) {
        if (mayBegin !== null && !mayBegin(bytes, at)) return this.handOver(bytes, at);
        next = readHttpHead(bytes, at, head);
        if (next === INCOMPLETE) break;
        const start = out.length;
        const outcome = next < 0 ? (-next as HeadProblem) : this.answer(bytes);
        if (typeof outcome === 'number') {
          out.length = start;
          if (mayBegin !== null) return this.handOver(bytes, at);
          return this.refuse(out.text(), outcome, next > 0 && head.method === 'HEAD');
        }
        at = next;
        if (outcome !== null) {
          out.length = start;
          return this.waitFor(outcome, out.text(), restOf(bytes, at));
        }
        if (!head.keepsAlive) return this.finish(at < bytes.length);
      }
      this.pending = restOf(bytes, at);
      if (out.length > 0 && !this.write()) return false;
      if (next === INCOMPLETE || this.pending === null) return true;
    }
  }

  /** Writes the answer to the request in `head`; or says why there is none, or when it comes. */
  private answer(bytes: Buffer): null | Promise<string> | RefusalStatus {
    const { answers, head, out, time, mayBegin } = this.shared;
    const { request } = this;
    if (head.method === 'other' || head.hasBody || (mayBegin !== null && head.negotiates)) {
      if (!answers.owns(bytes.toString('latin1', head.urlFrom, head.urlTo))) return 404;
      return head.method === 'other' ? 405 : 413;
    }
    request.headers[head.forwardedName] = head.forwarded;
    const bodyFrom = beginAnswer(out, head, time.date);
    const outcome = answers.writeBody(bytes, head.urlFrom, head.urlTo, request, out);
    if (outcome === false) return 404;
    if (outcome !== true) return outcome;
    endAnswer(out, bodyFrom, head);
    return null;
  }

  /**
   * Sends what has been put together.
   * @returns whether the client takes more
   */
  private write(): boolean {
    const { wire } = this;
    const { time } = this.shared;
    this.expiresAt = time.tick + time.next;
    if (this.answered === 1) wire.expectMore();
    this.answered += 1;
    if (this.send()) return true;
    this.wait();
    return false;
  }

  /** @returns whether the wire takes more now */
  private send(): boolean {
    const { out } = this.shared;
    const takesMore = this.wire.write(out.written());
    if (this.wire.hasBacklog) out.abandon();
    return takesMore;
  }

  private wait(): void {
    this.isWaiting = true;
    this.expiresAt = this.shared.time.tick + PATIENCE.request;
    this.wire.pause();
  }

  /** A store on the network answers later. */
  private waitFor(answer: Promise<string>, before: string, rest: Buffer | null): false {
    const { out, time } = this.shared;
    this.wait();
    this.pending = rest;
    const head = { ...this.shared.head }; // it will be another's by then
    void answer.then((body) => {
      this.guarded(() => {
        if (this.isClosing || this.wire.isDestroyed) return;
        out.length = 0;
        out.reserve(before.length + body.length);
        out.latin1(before);
        const bodyFrom = beginAnswer(out, head, time.date);
        out.reserve(body.length);
        out.latin1(body);
        endAnswer(out, bodyFrom, head);
        if (!head.keepsAlive) this.finish(this.pending !== null);
        else if (this.write()) this.goOn();
      });
    });
    return false;
  }

  private goOn(): void {
    this.isWaiting = false;
    if (this.pending !== null && !this.serve(this.pending)) return;
    if (this.hasEnded) this.wire.end();
    else this.wire.resume();
  }

  /** The client has said all, but may still read: it gets the answers that are due. */
  end(): void {
    this.hasEnded = true;
    if (!this.isWaiting && !this.isClosing) this.wire.end();
  }

  drain(): void {
    if (this.isWaiting && !this.isClosing) this.guarded(() => this.goOn());
  }

  closed(): void {
    this.isClosing = true;
    this.owner.closed(this);
  }

  /** The last answer, as the client wanted. */
  private finish(isMoreThere: boolean): false {
    if (isMoreThere) return this.sayLast(this.shared.out.text());
    this.send();
    // The kernel has it all, and nothing is left unread: then closing delivers it and says goodbye,
    // for less than `end` costs, which shuts down one half and waits for the other.
    if (this.wire.hasBacklog) return this.sayLast('', PATIENCE.request);
    this.isClosing = true;
    this.wire.destroy();
    return false;
  }

  /** Sends what has been put together; the rest is not for us. */
  private handOver(bytes: Buffer, at: number): false {
    this.pending = restOf(bytes, at);
    // A client that takes no answers yet goes over when it has taken them.
    if (this.shared.out.length > 0 && !this.write()) return false;
    return this.leave(this.pending);
  }

  private leave(unread: Buffer | null): false {
    this.isClosing = true;
    this.pending = null;
    this.owner.left?.(this, unread);
    return false;
  }

  private refuse(out: string, status: RefusalStatus, isHead = false): false {
    return this.sayLast(out + encodeRefusal(status, this.shared.time.date, isHead));
  }

  /**
   * Closed at once with something unread, the kernel would reset the connection, and the client might
   * never see the reason: so what still comes is read and thrown away, for a moment.
   */
  private sayLast(out: string, patience: number = PATIENCE.linger): false {
    this.isClosing = true;
    this.pending = null;
    this.expiresAt = this.shared.time.tick + patience;
    this.wire.end(out);
    this.wire.resume();
    return false;
  }

  /** Beyond this point nobody would catch. */
  private guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    this.shared.answers.report('a connection of the tracker', error);
    this.wire.destroy();
  }
}

const LF = 0x0a;
/** Bytes by which a request is known or not: so few are looked at as they come. */
const SHORT = 512;

/** @returns what stands behind `at`, or `null` when that is nothing */
function restOf(bytes: Buffer, at: number): Buffer | null {
  if (at === bytes.length) return null;
  return at === 0 ? bytes : bytes.subarray(at);
}
