/** The web-seed transfers that are running, so that they can be cut when their reader loses the right. */

export interface Transfer {
  /** True from the moment on when the reader may have the torrent no more. */
  readonly isCut: boolean;
  /** Called then, once, while the transfer runs. */
  onCut: (() => void) | null;
  /** The transfer is over. */
  release(): void;
}

/** Holds the transfers that are running: bounded by the connections. */
export interface Transfers<Key extends string> {
  open(owner: number, infoHash: Key): Transfer;
  /** Cuts those whose reader `hasLost` the right; returns how many that were. */
  cut(hasLost: (infoHash: Key, owner: number) => boolean): number;
  readonly size: number;
}

export function createTransfers<Key extends string>(): Transfers<Key> {
  const running = new Set<RunningTransfer<Key>>();

  return {
    open(owner, infoHash) {
      const transfer = new RunningTransfer(owner, infoHash, running);
      running.add(transfer);
      return transfer;
    },
    cut(hasLost) {
      const lost = [...running].filter(({ infoHash, owner }) => hasLost(infoHash, owner));
      for (const transfer of lost) transfer.cut();
      return lost.length;
    },
    get size() {
      return running.size;
    },
  };
}

/** One object per range: an AbortController and its listeners cost more than the decision. */
class RunningTransfer<Key extends string> implements Transfer {
  isCut = false;
  onCut: (() => void) | null = null;

  constructor(
    readonly owner: number,
    readonly infoHash: Key,
    private readonly running: Set<RunningTransfer<Key>>,
  ) {}

  cut(): void {
    this.running.delete(this);
    this.isCut = true;
    this.onCut?.();
  }

  release(): void {
    this.running.delete(this);
    this.onCut = null;
  }
}
