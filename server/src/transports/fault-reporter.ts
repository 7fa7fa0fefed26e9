/** Says that something of ours is broken, without filling the log when it breaks a thousand times a second. */

export interface Logger {
  error(message: string): void;
}

export interface FaultReporterDeps {
  logger: Logger;
  /** Milliseconds, never going back. */
  clock: () => number;
}

export type FaultReporter = (where: string, error: unknown) => void;

/** Milliseconds in which one line is written at most. */
const QUIET = 10_000;

export function createFaultReporter({ logger, clock }: FaultReporterDeps): FaultReporter {
  let quietUntil = -Infinity;
  let unsaid = 0;

  return function report(where, error) {
    const now = clock();
    if (now < quietUntil) {
      unsaid += 1;
      return;
    }
    quietUntil = now + QUIET;
    const more = unsaid === 0 ? '' : ` (and ${unsaid} more since the last line)`;
    unsaid = 0;
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger.error(`bittorrent: ${where} failed${more}: ${reason}`);
  };
}
