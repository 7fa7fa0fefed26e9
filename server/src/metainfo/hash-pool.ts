/** Worker threads that hash payloads: started when there is work, ended when there is none. */

import { Worker } from 'node:worker_threads';
import { HashError } from './hash-error';
import type { FromWorker, ToWorker } from './hash-messages';
import type { HashRequest, PayloadLayout } from './hash-payload';
import type { PayloadSource } from './payload';

export interface HashResult extends PayloadLayout {
  /** 20 bytes per piece. */
  pieces: Buffer;
}

export interface HashProgress {
  layout: PayloadLayout;
  hashedBytes: number;
  /** Digests so far: what a checkpoint needs. */
  pieces: readonly Uint8Array[];
}

export interface HashOptions {
  signal: AbortSignal;
  onProgress: (progress: HashProgress) => void;
}

export interface HashPool {
  /**
   * Hashes one payload on a worker of its own: the caller decides how many run at once.
   * @throws HashError, also when the worker itself dies
   */
  run(request: HashRequest, options: HashOptions): Promise<HashResult>;
  /**
   * SHA-256 of whole files, 64 hex digits each.
   * @throws HashError
   */
  digest(sources: readonly PayloadSource[], signal: AbortSignal): Promise<string[]>;
  stop(): Promise<void>;
}

const IDLE_MS = 10_000;
/** The heap of a worker holds digests only; payload passes through two 1 MiB buffers outside it. */
const HEAP_MB = 64;

export function createHashPool(deps: { workerFile: string }): HashPool {
  const idle: Worker[] = [];
  const workers = new Set<Worker>();
  const idleTimers = new Map<Worker, NodeJS.Timeout>();

  function start(): Worker {
    const worker = new Worker(deps.workerFile, {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.unref();
    workers.add(worker);
    // An idle worker that dies must not end the process by an unhandled 'error'.
    worker.on('error', () => remove(worker));
    worker.on('exit', () => remove(worker));
    return worker;
  }

  function remove(worker: Worker): void {
    workers.delete(worker);
    clearTimeout(idleTimers.get(worker));
    idleTimers.delete(worker);
    const index = idle.indexOf(worker);
    if (index >= 0) idle.splice(index, 1);
  }

  function acquire(): Worker {
    const worker = idle.pop() ?? start();
    clearTimeout(idleTimers.get(worker));
    return worker;
  }

  function release(worker: Worker): void {
    if (!workers.has(worker)) return;
    idle.push(worker);
    const timer = setTimeout(() => void worker.terminate(), IDLE_MS);
    idleTimers.set(worker, timer.unref());
  }

  async function withWorker<Result>(work: (worker: Worker) => Promise<Result>): Promise<Result> {
    const worker = acquire();
    try {
      return await work(worker);
    } finally {
      release(worker);
    }
  }

  return {
    run: (request, options) => withWorker((worker) => hash(worker, request, options)),
    digest: (sources, signal) =>
      withWorker((worker) =>
        converse<string[]>(worker, { kind: 'digest', sources }, signal, (message, resolve) => {
          if (message.kind === 'digests') resolve(message.digests);
        }),
      ),
    async stop() {
      await Promise.all([...workers].map((worker) => worker.terminate()));
    },
  };
}

function hash(
  worker: Worker,
  request: HashRequest,
  { signal, onProgress }: HashOptions,
): Promise<HashResult> {
  let layout: PayloadLayout | null = null;
  const pieces: Uint8Array[] = [];
  return converse<HashResult>(worker, { kind: 'hash', request }, signal, (message, resolve) => {
    if (message.kind === 'layout') {
      layout = message.layout;
      pieces.push(message.pieces);
      const resumed = (message.pieces.byteLength / 20) * message.layout.pieceLength;
      onProgress({ layout, hashedBytes: resumed, pieces });
    } else if (message.kind === 'pieces' && layout !== null) {
      pieces.push(message.pieces);
      onProgress({ layout, hashedBytes: message.hashedBytes, pieces });
    } else if (message.kind === 'done' && layout !== null) {
      resolve({ ...layout, pieces: Buffer.concat(pieces) });
    }
  });
}

/** One request to a worker, until `hear` has its result or the worker has failed. */
function converse<Result>(
  worker: Worker,
  request: ToWorker,
  signal: AbortSignal,
  hear: (message: FromWorker, resolve: (result: Result) => void) => void,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new HashError('aborted', 'No longer wanted.'));
      return;
    }
    const settle = (finish: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      finish();
    };
    const onMessage = (message: FromWorker): void => {
      if (message.kind === 'failed') {
        settle(() => reject(new HashError(message.code, message.message, message.file)));
        return;
      }
      hear(message, (result) => settle(() => resolve(result)));
    };
    const onError = (error: Error): void => {
      settle(() => reject(new HashError('internal', `The hash worker failed: ${error.message}`)));
    };
    const onExit = (code: number): void => {
      settle(() => reject(new HashError('internal', `The hash worker ended with code ${code}.`)));
    };
    const onAbort = (): void => post(worker, { kind: 'abort' });

    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort);
    post(worker, request);
  });
}

function post(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}
