/** Sends a body with backpressure, and stops at once when nobody may have, wants or takes it any more. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Reply } from './reply';

/** A reply without a file. */
export function sendReply(req: IncomingMessage, res: ServerResponse, reply: Reply): void {
  res.writeHead(reply.status, reply.headers);
  if (req.method === 'HEAD' || reply.body.length === 0) res.end();
  else res.end(Buffer.concat(reply.body));
}

/**
 * Resolves when this response is the first in line on its connection; false when the reader has gone.
 * libtorrent pipelines its requests, and Node hands out all of them at once: without a turn each would
 * hold an open file while it waits, and one whose connection dies before its turn is told by nobody.
 */
export function turnToSend(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  if (req.destroyed || res.destroyed) return Promise.resolve(false);
  if (res.socket !== null) return Promise.resolve(true);
  return new Promise((resolve) => {
    const gone = () => resolve(false);
    req.once('close', gone);
    res.once('socket', () => {
      req.off('close', gone);
      resolve(true);
    });
  });
}

export interface TransferLimits {
  /** Revocation: cuts the connection in the middle. */
  signal?: AbortSignal | undefined;
  /** Milliseconds that the reader may take for one chunk before the connection is cut. */
  stallTimeout: number;
}

/**
 * The head of `res` is already written and promises `length` bytes; ends or destroys it. Resolves also
 * when the transfer was cut or the reader left; rejects only when `body` fails, and the connection is
 * then closed, which is how a reader learns that what it got is incomplete.
 */
export async function sendBody(
  res: ServerResponse,
  body: AsyncIterable<Buffer>,
  length: number,
  limits: TransferLimits,
): Promise<void> {
  const reader = watchReader(res, limits);
  let left = length;
  try {
    for await (const chunk of body) {
      if (reader.stopped()) break;
      left -= chunk.length;
      if (left === 0) {
        res.end(chunk);
        await reader.took('finish');
      } else if (!res.write(chunk)) {
        await reader.took('drain');
      }
    }
  } finally {
    reader.release();
    if (!res.writableFinished) res.destroy();
  }
}

interface Reader {
  stopped(): boolean;
  /** Resolves when all that was written is taken, or when the transfer is stopped; never rejects. */
  took(event: 'drain' | 'finish'): Promise<void>;
  release(): void;
}

/** Plain callbacks: an AbortController and its listeners per small range cost more than the read. */
function watchReader(res: ServerResponse, { signal, stallTimeout }: TransferLimits): Reader {
  let stopped = res.destroyed || signal?.aborted === true;
  let wake = () => {};
  const stop = () => {
    stopped = true;
    wake();
  };
  res.once('close', stop);
  signal?.addEventListener('abort', stop);
  return {
    stopped: () => stopped,
    took: (event) =>
      new Promise((resolve) => {
        if (stopped || (event === 'finish' && res.writableFinished)) {
          resolve();
          return;
        }
        const timer = setTimeout(stop, stallTimeout);
        wake = () => {
          clearTimeout(timer);
          res.off(event, wake);
          resolve();
        };
        res.once(event, wake);
      }),
    release: () => {
      signal?.removeEventListener('abort', stop);
      res.off('close', stop);
    },
  };
}
