import fc from 'fast-check';
import { ByteWriter, bytesOf, createRequestPrefix } from '../../../server/src/tracker';

describe('a byte writer', () => {
  it('writes numbers in decimal', () => {
    const edges = [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 53];
    const number = fc.oneof(fc.constantFrom(...edges), fc.nat(), fc.maxSafeNat());
    const out = new ByteWriter();
    fc.assert(
      fc.property(fc.array(number, { maxLength: 20 }), (numbers) => {
        out.length = 0;
        for (const value of numbers) out.decimal(value);
        expect(out.text()).toBe(numbers.join(''));
      }),
    );
  });

  it('copies bytes of every length', () => {
    const all = Buffer.from(Array.from({ length: 300 }, (_, i) => i & 0xff));
    const out = new ByteWriter();
    for (let length = 0; length <= all.length; length += 1) {
      out.length = 0;
      out.latin1('ab');
      out.copy(all.subarray(0, length));
      out.copyFirst(all, length);
      const expected = Buffer.from(all.subarray(0, length)).toString('latin1');
      expect(out.text(2)).toBe(expected + expected);
    }
  });

  it('grows when room is reserved, and keeps what it holds', () => {
    const out = new ByteWriter();
    out.latin1('before');
    out.reserve(100_000);
    const long = 'x'.repeat(99_990);
    out.latin1(long);
    expect(out.text()).toBe(`before${long}`);
  });

  it('leaves the bytes alone that it has given away', () => {
    const out = new ByteWriter();
    out.latin1('given away');
    const given = out.bytes.subarray(0, out.length);
    out.abandon();
    expect(out.length).toBe(0);
    out.latin1('another one');
    expect(given.toString()).toBe('given away');
  });
});

describe('the first bytes of a request', () => {
  const mayBegin = createRequestPrefix('/announce');

  it.each(['GET /announce?x', 'GET /scrape?x HTTP/1.1', 'HEAD /announce', 'GET /announcement'])(
    'of %j may be the tracker’s, wherever they are cut',
    (text) => {
      for (let length = 0; length <= text.length; length += 1) {
        expect(mayBegin(bytesOf(`xy${text.slice(0, length)}`), 2)).toBe(true);
      }
    },
  );

  it.each([
    ['POST /announce', 1],
    ['GET /api', 7],
    ['GET http://h/announce', 5],
    ['get /announce', 1],
    ['HEAD /admin', 8],
    ['\r\nGET /announce', 1],
    ['GET  /announce', 5],
  ])('of %j are somebody else’s from byte %i on', (text, first) => {
    for (let length = 0; length <= text.length; length += 1) {
      expect([length, mayBegin(bytesOf(text.slice(0, length)), 0)]).toEqual([
        length,
        length < first,
      ]);
    }
  });

  it('know no scrape where none can be derived', () => {
    expect(createRequestPrefix('/t')(bytesOf('GET /scrape'), 0)).toBe(false);
  });
});
