/** Ends transfers whose reader takes nothing: one timer for all of them, none per range. */

export interface Patience {
  /** From now on it has to be {@link Watched.movedAt} within the limit, until it is let go. */
  watch(transfer: Watched): void;
  letGo(transfer: Watched): void;
  now(): number;
}

export interface Watched {
  /** When the reader last took something. Milliseconds of {@link Patience.now}. */
  movedAt: number;
  /** True while it waits for its reader, and not for the disk or its turn. */
  readonly isWaiting: boolean;
  cut(): void;
}

/** @param limit milliseconds */
export function createPatience(limit: number): Patience {
  const watched = new Set<Watched>();
  let timer: NodeJS.Timeout | null = null;
  const now = (): number => performance.now();

  function look(): void {
    const since = now() - limit;
    for (const transfer of watched)
      if (transfer.isWaiting && transfer.movedAt < since) transfer.cut();
    if (watched.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    now,
    watch(transfer) {
      transfer.movedAt = now();
      watched.add(transfer);
      timer ??= setInterval(look, Math.max(1, Math.min(limit / 4, 5_000))).unref();
    },
    letGo: (transfer) => void watched.delete(transfer),
  };
}
