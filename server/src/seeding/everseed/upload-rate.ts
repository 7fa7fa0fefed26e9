/** The rate of all uploads together, and of each: a token bucket whose takers are served in turn. */

export interface UploadRate {
  /** Most bytes to take at once, so that all get their share. */
  readonly portion: number;
  /** Milliseconds to wait before these bytes may go out; they count as sent from now on. */
  take(bytes: number): number;
}

const SMALLEST_PORTION = 16 * 1024;
/** Seconds of silence that may be made up for. */
const BURST_S = 1;

/** What goes out has to keep to both of them. */
export function bothRates(a: UploadRate, b: UploadRate): UploadRate {
  return {
    portion: Math.min(a.portion, b.portion),
    take: (bytes) => Math.max(a.take(bytes), b.take(bytes)),
  };
}

/** @param rate bytes a second; `null`: as fast as it goes */
export function createUploadRate(
  rate: number | null,
  { clock, portion }: { clock: () => number; portion: number },
): UploadRate {
  if (rate === null) return { portion, take: () => 0 };
  /** When all that was taken has gone out. */
  let freeAt = 0;
  return {
    portion: Math.max(SMALLEST_PORTION, Math.min(portion, Math.floor(rate / 8))),
    take(bytes) {
      const now = clock();
      freeAt = Math.max(freeAt, now - BURST_S * 1000) + (bytes / rate) * 1000;
      return Math.max(0, freeAt - now);
    },
  };
}
