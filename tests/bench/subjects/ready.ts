/** The server's half of a process under test: says where it listens, and ends with its parent. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Ports } from '../loads/load';

/** Asked over IPC. */
export interface Vitals {
  /** Bytes in use after a full collection, buffers outside of the heap included. */
  heap: number;
  /** Lines that the server would have logged as errors. */
  errors: number;
  /** Bytes of resident memory, after that collection. */
  rss: number;
  /** Milliseconds from the start of the process until it was ready. */
  boot: number;
  /** Milliseconds between two turns of the event loop, 99th percentile since the last question; 0 at the first. */
  loopDelay: number;
}

let errors = 0;

/** For the servers that take one: nothing may be logged in a benchmark, so everything is counted. */
export const countingLogger = {
  error: (): void => void (errors += 1),
  warn: (): void => undefined,
  info: (): void => undefined,
  debug: (): void => undefined,
};

export function announceReady(ports: Ports): void {
  process.stdout.write(`${JSON.stringify(ports)}\n`);
  const boot = performance.now();
  const delays = monitorEventLoopDelay({ resolution: 1 }); // costs nothing until somebody has asked
  process.on('disconnect', () => process.exit());
  process.on('message', () => {
    const loopDelay = delays.percentile(99) / 1e6;
    globalThis.gc?.();
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    const heap = heapUsed + external;
    process.send?.({ heap, errors, rss, boot, loopDelay } satisfies Vitals);
    delays.reset();
    delays.enable();
  });
}

/** A constant answer in the place of a tracker's, of the size that the tracker's answer has. */
export function answerOfSize(bytes: number): Buffer {
  const before = 'd8:completei10e10:incompletei90e8:intervali1800e';
  const peers = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7) % 251));
  const after = Buffer.concat([Buffer.from('5:peers300:'), peers, Buffer.from('e')]);
  const padding = bytes - before.length - after.length;
  // What a tracker says beyond that is made up for with a key that means nothing.
  const filler = padding < 6 ? '' : `1:pi${'1'.repeat(padding - 5)}e`;
  return Buffer.concat([Buffer.from(before), Buffer.from(filler), after]);
}
