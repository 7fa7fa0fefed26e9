/** What a frame reader tells of its frames, in their order, as values that can be compared. */
import { isUtf8 } from 'node:buffer';
import { FrameReader, type FrameProblem } from '../../../server/src/transports/websocket-frames';

export type FrameEvent =
  { text: string } | { ping: string } | 'pong' | { goodbye: number | null } | { failed: number };

/** RFC 6455, 7.4.1. */
const STATUS: Record<FrameProblem, number> = {
  protocol: 1002,
  binary: 1003,
  malformed: 1007,
  'too-large': 1009,
};

/** @param chunks are changed */
export function readFrames(chunks: readonly Buffer[]): FrameEvent[] {
  const events: FrameEvent[] = [];
  const reader = new FrameReader({
    text(bytes, from, to) {
      const text = bytes.subarray(from, to);
      if (isUtf8(text)) {
        events.push({ text: text.toString() });
        return;
      }
      // As the connection does.
      reader.stop();
      events.push({ failed: 1007 });
    },
    ping: (payload) => void events.push({ ping: payload.toString('hex') }),
    pong: () => void events.push('pong'),
    goodbye: (status) => void events.push({ goodbye: status }),
    fail: (problem) => void events.push({ failed: STATUS[problem] }),
  });
  for (const chunk of chunks) reader.take(chunk);
  return events;
}

/** @param sizes bytes of the chunks; the rest is one more */
export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at >= bytes.length) break;
    chunks.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  if (at < bytes.length) chunks.push(Buffer.from(bytes.subarray(at)));
  return chunks;
}
