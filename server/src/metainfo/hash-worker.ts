/** Entry point of a worker thread that hashes one payload at a time, off Strapi's event loop. */

import { parentPort } from 'node:worker_threads';
import { digestFiles } from './digest-files';
import { toHashError } from './hash-error';
import type { FromWorker, ToWorker } from './hash-messages';
import { hashPayload, type HashRequest } from './hash-payload';

/** Progress reaches the main thread a few times a second, however fast the disk is. */
const REPORT_EVERY_MS = 250;

if (parentPort === null) throw new Error('The hash worker runs as a worker thread only.');
const port = parentPort;
let running: AbortController | null = null;

port.on('message', (message: ToWorker) => {
  if (message.kind === 'abort') {
    running?.abort();
    return;
  }
  running = new AbortController();
  work(message, running.signal).then(say, (error: unknown) => {
    const { code, message: text, file } = toHashError(error, null);
    say({ kind: 'failed', code, message: text, file });
  });
});

async function work(
  message: Exclude<ToWorker, { kind: 'abort' }>,
  signal: AbortSignal,
): Promise<FromWorker> {
  if (message.kind === 'digest') {
    return { kind: 'digests', digests: await digestFiles(message.sources, signal) };
  }
  await hash(message.request, signal);
  return { kind: 'done' };
}

async function hash(request: HashRequest, signal: AbortSignal): Promise<void> {
  let unsent: Uint8Array[] = [];
  let reportedAt = 0;
  let lastBytes = 0;
  const flush = (): void => {
    say({ kind: 'pieces', pieces: Buffer.concat(unsent), hashedBytes: lastBytes });
    unsent = [];
  };
  await hashPayload(
    request,
    {
      onLayout: (layout, pieces) => say({ kind: 'layout', layout, pieces }),
      onPieces: (pieces, hashedBytes) => {
        if (pieces.byteLength > 0) unsent.push(pieces);
        lastBytes = hashedBytes;
        const now = performance.now();
        if (now - reportedAt < REPORT_EVERY_MS) return;
        reportedAt = now;
        flush();
      },
    },
    signal,
  );
  flush();
}

function say(message: FromWorker): void {
  port.postMessage(message);
}
