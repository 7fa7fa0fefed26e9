/**
 * One client of the dedicated HTTP listener: cuts what it sends into requests and writes the answers
 * in their order, those to one chunk in one write. Bounded in memory (one unfinished head, one batch
 * of answers) and in time, and nothing is thrown out of it.
 */
import type { Socket } from 'node:net';
import {
  encodeAnswer,
  encodeRefusal,
  HTTP_LIMITS,
  INCOMPLETE,
  readHttpHead,
  type Eventually,
  type HeadProblem,
  type HttpHead,
  type RefusalStatus,
} from '../tracker';
import type { ForwardedRequest } from './client-address';
import type { HttpAnswers } from './http-answers';

/** Requests answered in one write; the next ones wait until the client has taken those answers. */
const BATCH = 32;

/** In ticks of the listener, seconds. */
export const PATIENCE = {
  /** From connecting, or from an answer, to the end of the next request. */
  request: 10,
  /** From a refusal to the end of what the client was sending. */
  linger: 2,
} as const;

/** Time as the listener hands it out: no connection has a timer or a clock of its own. */
export interface CoarseTime {
  /** Seconds since the listener started. */
  tick: number;
  /** As HTTP writes it. */
  date: string;
}

/** What all connections of a listener share. */
export interface ConnectionDeps {
  answers: HttpAnswers;
  time: CoarseTime;
  /** Filled anew for each request, by whichever connection has one. */
  head: HttpHead;
}

export class HttpConnection {
  private readonly socket: Socket;
  private readonly answers: HttpAnswers;
  private readonly time: CoarseTime;
  private readonly head: HttpHead;
  /** For the client's address; its header is that of the request in `head`. */
  private readonly request: ForwardedRequest;
  /** The beginning of a request, or requests that wait for their turn. */
  private pending = '';
  /** An answer is being made, or the client does not take what there is: read nothing meanwhile. */
  private isWaiting = false;
  /** The last word is said: what still comes is thrown away. */
  private isClosing = false;
  private hasEnded = false;
  private isFirst = true;
  private expiresAt: number;

  constructor(socket: Socket, { answers, time, head }: ConnectionDeps) {
    this.socket = socket;
    this.answers = answers;
    this.time = time;
    this.head = head;
    this.expiresAt = time.tick + PATIENCE.request;
    this.request = { socket, headers: { [head.forwardedName]: undefined } };
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('end', () => this.end());
    // ECONNRESET and the like are everyday; 'close' follows.
    socket.on('error', ignore);
  }

  /** To be called once a tick. */
  expire(): void {
    if (this.time.tick < this.expiresAt) return;
    if (this.isClosing || this.isWaiting || this.pending === '') this.socket.destroy();
    else this.refuse('', 408);
  }

  private receive(chunk: Buffer): void {
    if (this.isClosing) return;
    try {
      this.take(chunk.toString('latin1'));
    } catch (error) {
      this.fail(error);
    }
  }

  private take(text: string): void {
    if (this.pending === '' && !this.isWaiting) {
      this.serve(text);
      return;
    }
    this.pending += text;
    // Nothing is looked at again before it may be whole: a head that comes byte by byte stays cheap.
    const isWorthALook = text.includes('\n') || this.pending.length > HTTP_LIMITS.headBytes;
    if (isWorthALook && !this.isWaiting) this.serve(this.pending);
  }

  /**
   * Answers the requests in `text`, as many as the client takes; keeps the rest.
   * @returns whether more may be read now
   */
  private serve(text: string): boolean {
    const { head } = this;
    let at = 0;
    for (;;) {
      let out = '';
      let next = INCOMPLETE;
      for (let count = 0; count < BATCH && at < text.length; count += 1) {
        next = readHttpHead(text, at, head);
        if (next === INCOMPLETE) break;
        const answer = next < 0 ? (-next as HeadProblem) : this.answer();
        if (typeof answer === 'number') {
          return this.refuse(out, answer, next > 0 && head.method === 'HEAD');
        }
        at = next;
        if (typeof answer !== 'string') return this.waitFor(answer, out, text.slice(at));
        out += encodeAnswer(answer, head, this.time.date);
        if (!head.keepsAlive) return this.finish(out, at < text.length);
      }
      this.pending = at === 0 ? text : text.slice(at);
      if (out !== '' && !this.write(out)) return false;
      if (next === INCOMPLETE || at === text.length) return true;
    }
  }

  /** The body for the request in `head`, or why there is none. */
  private answer(): Eventually<string> | RefusalStatus {
    const { answers, head, request } = this;
    if (!answers.owns(head.url)) return 404;
    if (head.method === 'other') return 405;
    if (head.hasBody) return 413;
    request.headers[head.forwardedName] = head.forwarded;
    return answers.bodyFor(head.url, request);
  }

  /** @returns whether the client takes more */
  private write(out: string): boolean {
    const { socket } = this;
    this.expiresAt = this.time.tick + PATIENCE.request;
    // Only who stays can be slowed down by Nagle's algorithm: others are spared the call.
    if (this.isFirst) this.isFirst = false;
    else socket.setNoDelay(true);
    if (socket.write(out, 'latin1')) return true;
    this.isWaiting = true;
    socket.pause();
    socket.once('drain', () => this.guarded(() => this.goOn()));
    return false;
  }

  /** A store on the network answers later. */
  private waitFor(answer: Promise<string>, out: string, rest: string): false {
    this.isWaiting = true;
    this.pending = rest;
    this.socket.pause();
    const own = { ...this.head }; // it will be another's by then
    void answer.then((body) => {
      this.guarded(() => {
        if (this.isClosing || this.socket.destroyed) return;
        const text = out + encodeAnswer(body, own, this.time.date);
        if (!own.keepsAlive) this.finish(text, this.pending !== '');
        else if (this.write(text)) this.goOn();
      });
    });
    return false;
  }

  private goOn(): void {
    this.isWaiting = false;
    if (this.pending !== '' && !this.serve(this.pending)) return;
    if (this.hasEnded) this.socket.end();
    else this.socket.resume();
  }

  /** The client has said all, but may still read: it gets the answers that are due. */
  private end(): void {
    this.hasEnded = true;
    if (!this.isWaiting && !this.isClosing) this.socket.end();
  }

  /** The last answer, as the client wanted. */
  private finish(out: string, isMoreThere: boolean): false {
    if (isMoreThere) return this.sayLast(out);
    this.socket.write(out, 'latin1');
    // The kernel has it all, and nothing is left unread: then closing delivers it and says goodbye,
    // for less than `end` costs, which shuts down one half and waits for the other.
    if (this.socket.writableLength > 0) return this.sayLast('', PATIENCE.request);
    this.isClosing = true;
    this.socket.destroy();
    return false;
  }

  private refuse(out: string, status: RefusalStatus, isHead = false): false {
    return this.sayLast(out + encodeRefusal(status, this.time.date, isHead));
  }

  /**
   * Closed at once with something unread, the kernel would reset the connection, and the client might
   * never see the reason: so what still comes is read and thrown away, for a moment.
   */
  private sayLast(out: string, patience: number = PATIENCE.linger): false {
    this.isClosing = true;
    this.pending = '';
    this.expiresAt = this.time.tick + patience;
    this.socket.end(out, 'latin1');
    this.socket.resume();
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
    this.answers.report('a connection of the tracker', error);
    this.socket.destroy();
  }
}

function ignore(): void {
  // on purpose
}
