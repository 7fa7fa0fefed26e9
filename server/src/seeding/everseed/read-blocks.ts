/** Blocks with their bytes, as messages that can be sent. */

import type { OpenTorrent } from './payload-reader';
import { SPAN_BYTES, type Spans } from './spans';
import { createPieceFrame, pieceMessages, type Run } from './wire/piece-frame';

/**
 * A promise only where there is something to wait for.
 * @param isEnciphered they will be enciphered in place
 */
export function readBlocks(
  open: OpenTorrent,
  run: Run,
  spans: Spans,
  isEnciphered: boolean,
): Buffer[] | Promise<Buffer[]> {
  const { position, length } = run;
  if (!isEnciphered && length >= SPAN_BYTES) return readLongRun(open, run);
  // Ciphers work in place, and what is kept is everybody's: a copy. Of short runs as well: waiting
  // in the socket of one who does not read, they would hold on to the whole of their spans.
  const { bytes, put } = createPieceFrame(open.torrent.pieceLength, run);
  if (spans.copyHeld(open, position, length, put)) return [bytes];
  return spans.copy(open, position, length, put).then(() => [bytes]);
}

/**
 * A long run is read for itself: from the system's own cache that costs no more than the copy of a
 * span would, and saves the reading of the span.
 */
async function readLongRun({ reader, torrent }: OpenTorrent, run: Run): Promise<Buffer[]> {
  const payload = Buffer.allocUnsafeSlow(run.length);
  await reader.read(run.position, payload);
  return pieceMessages(torrent.pieceLength, run, payload);
}
