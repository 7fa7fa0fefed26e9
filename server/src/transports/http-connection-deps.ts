/** What the connections of one HTTP listener share, and how long they wait. */
import type { ByteWriter, HttpHead, RequestPrefix } from '../tracker';
import type { HttpAnswers } from './http-answers';

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
  /** Ticks that a connection has for its first request, and after an answer for its next one. */
  first: number;
  next: number;
}

/** What all connections of a listener share. */
export interface ConnectionDeps {
  answers: HttpAnswers;
  time: CoarseTime;
  /** Filled anew for each request, by whichever connection has one. */
  head: HttpHead;
  /** Filled anew for each batch of answers. */
  out: ByteWriter;
  /**
   * Whether a request that begins so can be the tracker's, on a port that is somebody else's.
   * `null` on one of our own: there what is not the tracker's is refused.
   */
  mayBegin: RequestPrefix | null;
}
