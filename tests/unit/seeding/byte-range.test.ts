import { MAX_RANGES, selectByteRanges } from '../../../server/src/seeding/byte-range';

const ranges = (...pairs: [number, number][]) => ({
  kind: 'ranges',
  ranges: pairs.map(([start, end]) => ({ start, end })),
});
const WHOLE = { kind: 'whole' };
const UNSATISFIABLE = { kind: 'unsatisfiable' };

describe('a Range header on a file of 1000 bytes', () => {
  it.each<[string, unknown]>([
    ['bytes=0-0', ranges([0, 0])],
    ['bytes=0-999', ranges([0, 999])],
    ['bytes=999-999', ranges([999, 999])],
    ['bytes=500-', ranges([500, 999])],
    ['bytes=-1', ranges([999, 999])],
    ['bytes=-1000', ranges([0, 999])],
    ['BYTES=1-2', ranges([1, 2])],
  ])('%s selects exactly that part', (header, expected) => {
    expect(selectByteRanges(header, 1000)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['bytes=990-1000', ranges([990, 999])],
    ['bytes=0-18446744073709551616', ranges([0, 999])],
    [`bytes=0-${'9'.repeat(400)}`, ranges([0, 999])],
    ['bytes=-5000', ranges([0, 999])],
  ])('%s is clamped to the end of the file', (header, expected) => {
    expect(selectByteRanges(header, 1000)).toEqual(expected);
  });

  it.each(['bytes=1000-', 'bytes=1000-1001', `bytes=${'9'.repeat(400)}-`, 'bytes=-0'])(
    '%s cannot be satisfied',
    (header) => {
      expect(selectByteRanges(header, 1000)).toEqual(UNSATISFIABLE);
    },
  );

  it.each([
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes= , ,',
    'bytes=-',
    'bytes=abc',
    'bytes=0-a',
    'bytes=5-4',
    'bytes=0 - 4',
    'bytes =0-4',
    'bytes= = 0-4',
    'bytes=0-4;',
    'bytes=--4',
    'bytes=0-4-8',
    'bytes=+0-4',
    'bytes=0x0-4',
    'bytes=0-4, five',
    'bytes=0-4, bytes=6-8',
    'seconds=0-4',
    '',
  ])('%j is malformed or in another unit and is ignored', (header) => {
    expect(selectByteRanges(header, 1000)).toEqual(WHOLE);
  });

  it('without a header the whole file is meant', () => {
    expect(selectByteRanges(undefined, 1000)).toEqual(WHOLE);
  });

  it.each<[string, unknown]>([
    ['bytes=0-1,5-6', ranges([0, 1], [5, 6])],
    ['bytes=5-6, 0-1', ranges([5, 6], [0, 1])],
    ['bytes= \t0-1 ,\t, 5-6,', ranges([0, 1], [5, 6])],
    ['bytes=0-1,-2,998-', ranges([0, 1], [998, 999], [998, 999])],
    ['bytes=0-1,2000-2001', ranges([0, 1])],
    ['bytes=2000-2001,3000-', UNSATISFIABLE],
  ])(
    '%s selects several parts in the order asked, without those beyond the end',
    (header, expected) => {
      expect(selectByteRanges(header, 1000)).toEqual(expected);
    },
  );

  it('serves as many parts as allowed and refuses one more', () => {
    const header = (count: number) =>
      `bytes=${Array.from({ length: count }, (_, at) => `${at * 2}-${at * 2}`).join(',')}`;
    expect(selectByteRanges(header(MAX_RANGES), 1000)).toMatchObject({ kind: 'ranges' });
    expect(selectByteRanges(header(MAX_RANGES + 1), 1000)).toEqual(UNSATISFIABLE);
  });

  it.each(['bytes=0-,0-', 'bytes=0-,-500', 'bytes=0-600,300-999'])(
    '%s asks for more bytes than there are and gets the whole file instead',
    (header) => {
      expect(selectByteRanges(header, 1000)).toEqual(WHOLE);
    },
  );
});

describe('a Range header on an empty file', () => {
  it.each<[string, unknown]>([
    ['bytes=0-', UNSATISFIABLE],
    ['bytes=0-0', UNSATISFIABLE],
    ['bytes=-0', UNSATISFIABLE],
    ['bytes=-5', WHOLE],
    ['bytes=nonsense', WHOLE],
  ])('%s: %j', (header, expected) => {
    expect(selectByteRanges(header, 0)).toEqual(expected);
  });
});

it('counts beyond 2^32 exactly', () => {
  const size = 5 * 2 ** 40 + 3;
  expect(selectByteRanges(`bytes=${size - 1}-`, size)).toEqual(ranges([size - 1, size - 1]));
  expect(selectByteRanges('bytes=-100', size)).toEqual(ranges([size - 100, size - 1]));
});
