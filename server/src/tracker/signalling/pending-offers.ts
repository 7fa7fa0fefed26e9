/**
 * The offers that a connection was sent and has not answered. An answer goes back along this record
 * only: whoever was not offered a connection cannot answer for somebody else.
 */
import type { Member } from './member';

interface PendingOffer {
  readonly from: Member;
  /** Seconds. */
  readonly expires: number;
}

export class PendingOffers {
  /** By offer id, oldest first. */
  private readonly offers = new Map<string, PendingOffer>();

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.offers.size;
  }

  /**
   * @returns false when an offer of that id waits already: then it stays the first sender's, or
   *   anybody could have answers sent to him that are for another
   */
  add(offerId: string, from: Member, expires: number): boolean {
    if (this.offers.has(offerId)) return false;
    if (this.offers.size >= this.limit) {
      const oldest = this.offers.keys().next();
      if (oldest.done !== true) this.offers.delete(oldest.value);
    }
    this.offers.set(offerId, { from, expires });
    return true;
  }

  /** Who sent that offer; it can be answered once. */
  take(offerId: string, now: number): Member | null {
    const offer = this.offers.get(offerId);
    if (offer === undefined) return null;
    this.offers.delete(offerId);
    return offer.expires >= now ? offer.from : null;
  }

  /** All have the same lifetime: the oldest expire first. */
  expire(now: number): void {
    for (const [offerId, { expires }] of this.offers) {
      if (expires >= now) return;
      this.offers.delete(offerId);
    }
  }
}
