/** Takes a slice of sweeping every second; never keeps the process alive, never lets an error out. */

/** Milliseconds between two slices. */
const EVERY = 1000;

export interface SweepTimer {
  start(): void;
  stop(): void;
}

export function createSweepTimer(
  sweep: () => unknown,
  onFault: ((error: unknown) => void) | undefined,
): SweepTimer {
  let timer: NodeJS.Timeout | null = null;

  return {
    start() {
      timer ??= setInterval(() => {
        try {
          sweep();
        } catch (error) {
          onFault?.(error); // an exception in a timer would end the whole of Strapi
        }
      }, EVERY).unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
  };
}
