/**
 * The offers that a connection was sent and has not answered. An answer goes back along this record
 * only: whoever was not offered a connection cannot answer for somebody else.
 */
import type { Member } from './member';

export interface PendingOffer {
  readonly id: string;
  readonly from: Member;
  readonly to: Member;
  /** Seconds. */
  readonly expires: number;
}

export class PendingOffers {
  /** Oldest first. Mostly fewer than a dozen: to look at each is faster than a Map, and smaller. */
  private readonly offers: PendingOffer[] = [];

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.offers.length;
  }

  /**
   * @returns false when an offer of that id waits already: then it stays the first sender's, or
   *   anybody could have answers sent to him that are for another
   */
  add(offer: PendingOffer): boolean {
    const { offers } = this;
    if (this.indexOf(offer.id) >= 0) return false;
    if (offers.length >= this.limit) offers.shift();
    offers.push(offer);
    return true;
  }

  find(id: string): PendingOffer | undefined {
    return this.offers[this.indexOf(id)];
  }

  /** Who sent that offer; it can be answered once. */
  take(id: string, now: number): Member | null {
    const { offers } = this;
    const index = this.indexOf(id);
    const offer = offers[index];
    if (offer === undefined) return null;
    // Mostly the first of a few: `splice` would make an array of it.
    for (let i = index + 1; i < offers.length; i += 1) offers[i - 1] = offers[i] ?? offer;
    offers.pop();
    return offer.expires >= now ? offer.from : null;
  }

  /** All have the same lifetime: the oldest expire first. */
  expire(now: number): void {
    const { offers } = this;
    let count = 0;
    while ((offers[count]?.expires ?? Infinity) < now) count += 1;
    if (count > 0) offers.splice(0, count);
  }

  private indexOf(id: string): number {
    const { offers } = this;
    for (let i = 0; i < offers.length; i += 1) if (offers[i]?.id === id) return i;
    return -1;
  }
}
