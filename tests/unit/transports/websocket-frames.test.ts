import { FrameReader } from '../../../server/src/transports/websocket-frames';
import { clientFrame, OPCODES, statusBytes, type FrameOptions } from './client-frames';
import { cut, readFrames, type FrameEvent } from './frame-log';

const { continuation, binary, close, ping, pong } = OPCODES;

it.each([0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 1000, 65_535, 65_536])(
  'reads a text of %i bytes, masked or with a mask of zeroes, in one chunk and in many',
  (length) => {
    const text = 'aé😀'.repeat(length).slice(0, length);
    const payload = Buffer.from(text).subarray(0, length);
    const whole = payload.toString();
    for (const mask of [undefined, [0, 0, 0, 0], [0xff, 0, 0x80, 7]]) {
      const isWhole = Buffer.from(whole).equals(payload);
      const expected: FrameEvent = isWhole ? { text: whole } : { failed: 1007 };
      const frame = clientFrame(payload, mask === undefined ? {} : { mask });
      expect(readFrames([Buffer.from(frame)])).toEqual([expected]);
      expect(readFrames(cut(frame, [1, 1, 1, 3, 2, 1, 1, 1, 1, 200]))).toEqual([expected]);
    }
  },
);

it('reads what comes byte by byte', () => {
  const bytes = Buffer.concat([
    clientFrame('one'),
    clientFrame('two '.repeat(50)),
    clientFrame('', { opcode: pong }),
    clientFrame('three', { lengthBits: 64 }),
  ]);
  const expected: FrameEvent[] = [
    { text: 'one' },
    { text: 'two '.repeat(50) },
    'pong',
    { text: 'three' },
  ];
  expect(
    readFrames(
      cut(
        bytes,
        Array.from(bytes, () => 1),
      ),
    ),
  ).toEqual(expected);
});

it('puts the parts of a message together, whatever comes between them', () => {
  const frames = [
    clientFrame('a', { isFinal: false }),
    clientFrame('b', { opcode: ping }),
    clientFrame('', { opcode: continuation, isFinal: false }),
    clientFrame('c', { opcode: continuation }),
    clientFrame('d'),
  ];
  const expected = [{ ping: '62' }, { text: 'ac' }, { text: 'd' }];
  expect(readFrames([Buffer.concat(frames)])).toEqual(expected);
  expect(readFrames(frames)).toEqual(expected);
});

it('says goodbye once, and reads nothing behind it', () => {
  const goodbye = (payload: string | Buffer): FrameEvent[] =>
    readFrames([Buffer.concat([clientFrame(payload, { opcode: close }), clientFrame('more')])]);
  expect(goodbye('')).toEqual([{ goodbye: null }]);
  expect(goodbye(statusBytes(1000))).toEqual([{ goodbye: 1000 }]);
  expect(goodbye(statusBytes(4999, 'gone 😀'))).toEqual([{ goodbye: 4999 }]);
  expect(goodbye(statusBytes(1000, Buffer.from([0xff])))).toEqual([{ failed: 1007 }]);
  for (const status of [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]) {
    expect(goodbye(statusBytes(status))).toEqual([{ failed: 1002 }]);
  }
});

it.each<[string, string | Buffer, FrameOptions, number]>([
  ['not masked', 'x', { mask: null }, 1002],
  ['the first reserved bit: no extension was agreed on', 'x', { reserved: 4 }, 1002],
  ['the second reserved bit', 'x', { reserved: 2 }, 1002],
  ['the third reserved bit', 'x', { reserved: 1 }, 1002],
  ['an unknown opcode', 'x', { opcode: 3 }, 1002],
  ['an unknown control opcode', 'x', { opcode: 11 }, 1002],
  ['a continuation of nothing', 'x', { opcode: continuation }, 1002],
  ['binary', 'x', { opcode: binary }, 1003],
  ['a ping in parts', 'x', { opcode: ping, isFinal: false }, 1002],
  ['a ping of 126 bytes', 'x'.repeat(126), { opcode: ping }, 1002],
  ['a goodbye of one byte', 'x', { opcode: close }, 1002],
  ['a byte too many', 'x'.repeat(65_537), {}, 1009],
  ['a length of 32 bits', '', { claimed: 0xffff_ffffn }, 1009],
  ['a length of 63 bits', '', { claimed: 2n ** 63n - 1n }, 1009],
  ['a length of 64 bits', '', { claimed: 2n ** 64n - 1n }, 1009],
])('%s: fails, and nothing behind it is read', (_, payload, options, status) => {
  const bytes = Buffer.concat([
    clientFrame('before'),
    clientFrame(payload, options),
    clientFrame('behind'),
  ]);
  const expected = [{ text: 'before' }, { failed: status }];
  expect(readFrames([Buffer.from(bytes)])).toEqual(expected);
  expect(
    readFrames(
      cut(
        bytes,
        Array.from({ length: 40 }, () => 1),
      ),
    ),
  ).toEqual(expected);
});

it('a text within the parts of another fails', () => {
  const frames = [clientFrame('a', { isFinal: false }), clientFrame('b')];
  expect(readFrames(frames)).toEqual([{ failed: 1002 }]);
});

it('fails as soon as the length is known, and not when the bytes have come', () => {
  const head = clientFrame('', { claimed: 65_537n });
  expect(readFrames([head.subarray(0, 10)])).toEqual([{ failed: 1009 }]);
});

it('parts without an end are cut off at the size of a message', () => {
  const frames = [clientFrame('x'.repeat(1000), { isFinal: false })];
  for (let i = 0; i < 100; i += 1) {
    frames.push(clientFrame('x'.repeat(1000), { opcode: continuation, isFinal: false }));
  }
  expect(readFrames(frames)).toEqual([{ failed: 1009 }]);
});

it('holds no more than what has come, however much is announced', () => {
  const taker = {
    text: jest.fn(),
    ping: jest.fn(),
    pong: jest.fn(),
    goodbye: jest.fn(),
    fail: jest.fn(),
  };
  const allocate = jest.spyOn(Buffer, 'allocUnsafeSlow');
  try {
    const readers = Array.from({ length: 100 }, () => new FrameReader(taker));
    const head = clientFrame('', { claimed: 60_000n });
    for (const reader of readers) reader.take(Buffer.from(head));
    const bytes = allocate.mock.calls.reduce((sum, [size]) => sum + size, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(100 * 64);
  } finally {
    allocate.mockRestore();
  }
  expect(taker.fail).not.toHaveBeenCalled();
});
