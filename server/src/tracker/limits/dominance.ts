/**
 * Tells the one network that nearly all traffic comes from: a reverse proxy whose address stands
 * for everybody, because nobody told the tracker to trust its X-Forwarded-For.
 *
 * Only announces within the limits are counted, so that a flood weighs no more than its bucket:
 * on a tracker that others use, it never makes itself the majority.
 */

/** Announces until old ones count half. */
const WINDOW = 4096;
/** So many other networks (about) are proof that peers reach the tracker with their own address. */
const STRANGERS = 8;

export class Dominance {
  /** The candidate, by the two words of its prefix (Boyer and Moore's majority vote). */
  private high = 0;
  private low = 0;
  private votes = 0;
  private hits = 0;
  private total = 0;
  /** Bits of the hashes of all others, in this window and in the one before. */
  private strangers = 0;
  private earlierStrangers = 0;

  /** An announce within the limits, from the network (`high`, `low`) with this 32-bit hash. */
  count(high: number, low: number, hash: number): void {
    this.total += 1;
    if (this.high === high && this.low === low) {
      this.hits += 1;
      this.votes += 1;
    } else {
      this.strangers |= 1 << (hash & 31);
      if (this.votes > 0) this.votes -= 1;
      else this.elect(high, low);
    }
    if (this.total === WINDOW) this.age();
  }

  /** At least 90 % of what was counted, and fewer than eight others were heard of. */
  isNearlyAll(high: number, low: number): boolean {
    if (this.high !== high || this.low !== low) return false;
    if (this.hits * 10 < this.total * 9) return false;
    return bitCount(this.strangers | this.earlierStrangers) < STRANGERS;
  }

  private elect(high: number, low: number): void {
    this.high = high;
    this.low = low;
    this.votes = this.hits = 1;
  }

  private age(): void {
    this.total >>= 1;
    this.hits >>= 1;
    this.votes >>= 1;
    this.earlierStrangers = this.strangers;
    this.strangers = 0;
  }
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
