import { randomBytes } from 'node:crypto';
import type { OpenTorrent } from '../../../../server/src/seeding/everseed/payload-reader';
import {
  createSpans,
  SPAN_BYTES,
  type TakeBytes,
} from '../../../../server/src/seeding/everseed/spans';
import {
  createPieceFrame,
  pieceMessages,
} from '../../../../server/src/seeding/everseed/wire/piece-frame';
import { createRc4 } from '../../../../server/src/seeding/everseed/wire/rc4';
import { torrentOf } from './payload';

const size = 5 * SPAN_BYTES + 1000;
const payload = randomBytes(size);

function opened() {
  const reads: number[] = [];
  const open: OpenTorrent = {
    torrent: torrentOf(size, 16 * 1024),
    reader: {
      async read(position, out) {
        reads.push(position / SPAN_BYTES);
        await Promise.resolve();
        payload.copy(out, 0, position);
      },
    },
  };
  return { open, reads };
}

function collector(position: number, length: number) {
  const bytes = Buffer.alloc(length);
  const take: TakeBytes = (at, part) => void part.copy(bytes, at - position);
  return { bytes, take };
}

describe('spans', () => {
  test.each([
    [0, 1],
    [SPAN_BYTES - 1, 2],
    [1000, 3 * SPAN_BYTES],
    [5 * SPAN_BYTES, 1000],
    [0, size],
  ])('give the bytes from %i, %i of them', async (position, length) => {
    const spans = createSpans({ most: 2 });
    const { open } = opened();
    const { bytes, take } = collector(position, length);
    await spans.copy(open, position, length, take);
    expect(bytes.equals(payload.subarray(position, position + length))).toBe(true);
  });

  test('are read once for all who ask, and kept up to a bound, those asked for last', async () => {
    const spans = createSpans({ most: 2 });
    const { open, reads } = opened();
    const ask = async (index: number) => {
      const { bytes, take } = collector(index * SPAN_BYTES, 100);
      await spans.copy(open, index * SPAN_BYTES, 100, take);
      expect(bytes.equals(payload.subarray(index * SPAN_BYTES).subarray(0, 100))).toBe(true);
    };
    await Promise.all([ask(0), ask(0), ask(0)]);
    await ask(1);
    expect(reads).toEqual([0, 1]);
    expect(spans.copyHeld(open, 0, 100, () => undefined)).toBe(true); // used last now
    await ask(2);
    expect(spans.copyHeld(open, SPAN_BYTES, 100, () => undefined)).toBe(false);
    expect(spans.copyHeld(open, 0, 100, () => undefined)).toBe(true);
    expect(reads).toEqual([0, 1, 2]);
  });

  test('a read that fails is told to all who wait, and tried anew', async () => {
    const spans = createSpans({ most: 2 });
    const { open, reads } = opened();
    const broken = { ...open, reader: { read: () => Promise.reject(new Error('disk')) } };
    const both = [
      spans.copy(broken, 0, 9, () => undefined),
      spans.copy(broken, 0, 9, () => undefined),
    ];
    for (const each of both) await expect(each).rejects.toThrow('disk');
    await expect(spans.copy(broken, 0, 9, () => undefined)).rejects.toThrow('disk');
    await spans.copy(open, 0, 9, () => undefined);
    expect(reads).toEqual([0]);
  });

  test('of another reader are other bytes: the files may have moved', async () => {
    const spans = createSpans({ most: 4 });
    const [first, second] = [opened(), opened()];
    await spans.copy(first.open, 0, 9, () => undefined);
    expect(spans.copyHeld(second.open, 0, 9, () => undefined)).toBe(false);
  });
});

test('a frame holds the piece messages of its run, in whatever parts the bytes come', () => {
  const pieceLength = 1000;
  const run = { position: 900, length: 350, blocks: [100, 200, 50] };
  const frame = createPieceFrame(pieceLength, run);
  const bytes = payload.subarray(900, 1250);
  frame.put(1050, bytes.subarray(150));
  frame.put(900, bytes.subarray(0, 150));
  const head = (piece: number, begin: number, length: number) => {
    const out = Buffer.alloc(13);
    out.writeUInt32BE(9 + length, 0);
    out[4] = 7;
    out.writeUInt32BE(piece, 5);
    out.writeUInt32BE(begin, 9);
    return out;
  };
  const expected = Buffer.concat([
    ...[head(0, 900, 100), bytes.subarray(0, 100)],
    ...[head(1, 0, 200), bytes.subarray(100, 300)],
    ...[head(1, 200, 50), bytes.subarray(300)],
  ]);
  expect(frame.bytes.equals(expected)).toBe(true);
  expect(Buffer.concat(pieceMessages(pieceLength, run, bytes)).equals(expected)).toBe(true);
});

test('RC4 goes on where it stopped, wherever in memory the bytes lie', () => {
  const key = randomBytes(20);
  const whole = Buffer.alloc(1000);
  createRc4(key)(whole);
  const rc4 = createRc4(key);
  const memory = Buffer.alloc(1024);
  const parts = memory.subarray(3, 1003);
  let at = 0;
  for (let length = 0; at < parts.length; length = (length + 1) % 40) {
    rc4(parts.subarray(at, at + length));
    at += length;
  }
  expect(parts.equals(whole)).toBe(true);
});
