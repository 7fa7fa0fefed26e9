/**
 * Answers in turn, so that the memory of one is written over only when it has been sent. The socket
 * is asked for that once a round: asking costs as much as reading a packet.
 */
import { UdpAnswer } from '../tracker';

/** Answers of a round. */
const ROUND = 8;

/** Packets that may wait for the network; beyond, answers are dropped, as UDP may. */
const MAX_WAITING = 1024;

export class UdpAnswers {
  private answers = newRound();
  private used = 0;

  /** @param waiting how many packets of the socket are not sent yet */
  constructor(private readonly waiting: () => number) {}

  /** The one to write now; `null` while too many wait. */
  next(): UdpAnswer | null {
    if (this.used === ROUND) {
      const waiting = this.waiting();
      if (waiting > MAX_WAITING) return null;
      // What waits is read when it is sent: its memory is its own until then.
      if (waiting > 0) this.answers = newRound();
      this.used = 0;
    }
    this.used += 1;
    return this.answers[this.used - 1] ?? null;
  }
}

function newRound(): UdpAnswer[] {
  return Array.from({ length: ROUND }, () => new UdpAnswer());
}
