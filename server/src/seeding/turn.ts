/** The order of pipelined requests. */

import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Calls `send` when this response is the first in line on its connection, at once where it is already;
 * never when the reader has gone. libtorrent pipelines its requests, and Node hands out all of them at
 * once: without a turn each would hold an open file while it waits, and one whose connection dies before
 * its turn is told by nobody.
 */
export function whenItsTurn(req: IncomingMessage, res: ServerResponse, send: () => void): void {
  if (req.destroyed || res.destroyed) return;
  if (res.socket !== null) {
    send();
    return;
  }
  let isGone = false;
  const gone = (): void => {
    isGone = true;
  };
  req.once('close', gone);
  res.once('socket', () => {
    req.off('close', gone);
    if (!isGone) send();
  });
}
