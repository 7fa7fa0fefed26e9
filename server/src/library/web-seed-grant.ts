/** Ties the bytes that a web seed sends to the right, the budget and the count of them. */

import type { Transfer } from '../access';
import type { ByteBudget, Grant } from '../seeding';

/** One object per range, and no closures. */
export class WebSeedGrant implements Grant {
  private unsent = 0;

  constructor(
    private readonly transfer: Transfer,
    private readonly owner: number,
    private readonly infoHash: string,
    private readonly budget: ByteBudget | null,
    private readonly onSent: (infoHash: string, bytes: number) => void,
  ) {}

  get isCut(): boolean {
    return this.transfer.isCut;
  }

  get onCut(): (() => void) | null {
    return this.transfer.onCut;
  }

  set onCut(listener: (() => void) | null) {
    this.transfer.onCut = listener;
  }

  promised(bytes: number): void {
    this.unsent += bytes;
    this.budget?.spend(this.owner, this.infoHash, bytes);
  }

  sent(bytes: number): void {
    this.unsent -= bytes;
    this.onSent(this.infoHash, bytes);
  }

  over(): void {
    this.transfer.release();
    if (this.unsent > 0) this.budget?.giveBack(this.owner, this.infoHash, this.unsent);
  }
}
