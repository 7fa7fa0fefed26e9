/** Frames of any kind in chunks of any size: our reader against the receiver of `ws`. */
import * as ws from 'ws';
import fc from 'fast-check';
import { MAX_MESSAGE } from '../../server/src/transports/websocket-frames';
import { clientFrame, OPCODES, statusBytes } from '../unit/transports/client-frames';
import { cut, readFrames, type FrameEvent } from '../unit/transports/frame-log';
import { fuzz, holds, RUNS, same } from './property';

interface Receiver {
  on(event: 'message' | 'ping' | 'pong', listener: (data: Buffer) => void): void;
  on(event: 'conclude', listener: (code: number) => void): void;
  /** At once, where `write` would report an error in a later tick. */
  _write(chunk: Buffer, encoding: string, done: (error?: Error) => void): void;
}
/** Exported, and left out of the types. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Receiver };

const { continuation, text, close, ping, pong } = OPCODES;
/** What we close a connection with that sends binary messages (RFC 6455, 7.4.1). */
const BINARY = 1003;
const payload = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((it) => Buffer.from(it)),
  fc.uint8Array({ maxLength: 8 }).map((it) => Buffer.from(it)),
  fc.constantFrom(125, 126, 127, 300).map((length) => Buffer.alloc(length, 'x')),
  fc
    .tuple(
      fc.constantFrom(1000, 1001, 1005, 1014, 1015, 3000, 4999, 5000),
      fc.string({ maxLength: 3 }),
    )
    .map(([status, reason]) => statusBytes(status, reason)),
);
const mask = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)) },
  { weight: 2, arbitrary: fc.constant([0, 0, 0, 0]) },
);
/** Rules that are kept: a message in parts, with control frames between them. */
const goodFrames = fc
  .array(
    fc.record({
      parts: fc.array(fc.string({ unit: 'grapheme', maxLength: 40 }), {
        minLength: 1,
        maxLength: 4,
      }),
      between: fc.option(fc.constantFrom(ping, pong)),
      mask,
    }),
    { maxLength: 4 },
  )
  .map((messages) =>
    messages.flatMap(({ parts, between, mask: key }) =>
      parts.flatMap((part, i) => [
        clientFrame(part, {
          opcode: i === 0 ? text : continuation,
          isFinal: i === parts.length - 1,
          mask: key,
        }),
        ...(between === null
          ? []
          : [clientFrame(part.slice(0, 9), { opcode: between, mask: key })]),
      ]),
    ),
  );
/** Anything but binary messages: ours fails where they begin, and `ws` reads them. */
const anyFrame = fc
  .record({
    payload,
    opcode: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(continuation, text, close, ping, pong) },
      fc.constantFrom(3, 7, 11, 15),
    ),
    isFinal: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
    reserved: fc.oneof({ weight: 20, arbitrary: fc.constant(0) }, fc.nat(7)),
    mask: fc.oneof({ weight: 20, arbitrary: mask }, fc.constant(null)),
    lengthBits: fc.oneof(
      { weight: 8, arbitrary: fc.constant(undefined) },
      fc.constantFrom(16 as const, 64 as const),
    ),
    claimed: fc.oneof(
      { weight: 30, arbitrary: fc.constant(undefined) },
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.constantFrom(65_536n, 65_537n, 130n),
    ),
  })
  .map(({ payload: data, lengthBits, claimed, ...rest }) =>
    clientFrame(data, {
      ...rest,
      ...(lengthBits !== undefined && { lengthBits }),
      ...(claimed !== undefined && { claimed }),
    }),
  );
const goodbye = fc
  .tuple(fc.constantFrom(1000, 1001, 3000), fc.string({ maxLength: 9 }), mask)
  .map(([status, reason, key]) =>
    clientFrame(statusBytes(status, reason), { opcode: close, mask: key }),
  );
const sizes = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 30 }),
  fc.array(fc.constantFrom(1, 2, 4, 8), { maxLength: 60 }),
);
const input = fc.record({
  good: goodFrames,
  any: fc.array(fc.oneof({ weight: 5, arbitrary: anyFrame }, goodbye), { maxLength: 4 }),
  sizes,
});

function asWsReads(chunks: readonly Buffer[]): FrameEvent[] {
  const events: FrameEvent[] = [];
  const receiver = new Receiver({ isServer: true, maxPayload: MAX_MESSAGE });
  receiver.on('message', (data) => events.push({ text: data.toString() }));
  receiver.on('ping', (data) => events.push({ ping: data.toString('hex') }));
  receiver.on('pong', () => events.push('pong'));
  receiver.on('conclude', (code) => events.push({ goodbye: code === 1005 ? null : code }));
  for (const chunk of chunks) {
    if (isOver(events)) break;
    receiver._write(chunk, 'buffer', (error) => {
      if (error !== undefined) events.push({ failed: statusOf(error) });
    });
  }
  return events;
}

const isOver = (events: readonly FrameEvent[]): boolean =>
  events.some((event) => typeof event === 'object' && ('goodbye' in event || 'failed' in event));

/** A false length can make a binary message of what was another frame's payload: then ours ends there. */
function upToBinary(ours: readonly FrameEvent[], theirs: readonly FrameEvent[]): FrameEvent[] {
  const last = ours.at(-1);
  const isBinary = typeof last === 'object' && 'failed' in last && last.failed === BINARY;
  return isBinary ? [...theirs.slice(0, ours.length - 1), last] : [...theirs];
}

/** It hides the number behind a symbol. */
function statusOf(error: Error): number {
  const [key] = Object.getOwnPropertySymbols(error);
  return (error as unknown as Record<symbol, number>)[key ?? Symbol()] ?? 0;
}

test('frames are read as `ws` reads them, however they are cut', () => {
  const seen = { text: 0, failed: 0, goodbye: 0, ping: 0 };
  fuzz(input, ({ good, any, sizes: chunkSizes }) => {
    const bytes = Buffer.concat([...good, ...any]);
    const inChunks = readFrames(cut(bytes, chunkSizes));
    const whole = readFrames([Buffer.from(bytes)]);
    same(inChunks, upToBinary(inChunks, asWsReads(cut(bytes, chunkSizes))), 'in chunks');
    same(whole, upToBinary(whole, asWsReads([Buffer.from(bytes)])), 'in one');
    for (const event of whole) {
      for (const kind of Object.keys(seen) as (keyof typeof seen)[]) {
        if (typeof event === 'object' && kind in event) seen[kind] += 1;
      }
    }
  });
  // Or they have been compared in doing nothing.
  for (const [kind, count] of Object.entries(seen)) {
    holds(count > RUNS / 50, `${kind}: only ${count} of ${RUNS} inputs`);
  }
});

test('bytes of no kind do no harm, however they are cut', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 400 }));
  fuzz(fc.tuple(bytes, sizes), ([junk, chunkSizes]) => {
    const isBinary = (event: FrameEvent): boolean =>
      typeof event === 'object' && 'failed' in event && event.failed === 1003;
    const ours = readFrames(cut(Buffer.from(junk), chunkSizes));
    // `ws` goes on where ours gives up: with a binary message.
    if (ours.some(isBinary)) return;
    same(ours, asWsReads(cut(Buffer.from(junk), chunkSizes)), 'junk');
  });
});
