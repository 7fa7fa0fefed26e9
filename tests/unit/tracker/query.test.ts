import fc from 'fast-check';
import {
  decodeBytes,
  decodePasskey,
  QueryCursor,
  readDecimal,
} from '../../../server/src/tracker/wire/query';

const parts = (query: string): [string, string][] => {
  const cursor = new QueryCursor();
  cursor.open(query, 0);
  const found: [string, string][] = [];
  while (cursor.next()) {
    found.push([
      query.slice(cursor.keyFrom, cursor.keyTo),
      query.slice(cursor.valueFrom, cursor.valueTo),
    ]);
  }
  return found;
};

describe('the walk over a query', () => {
  it.each([
    ['', []],
    ['a', [['a', '']]],
    ['a=b=c', [['a', 'b=c']]],
    ['=', [['', '']]],
    ['&', [['', '']]],
    [
      'a=1&&b=2',
      [
        ['a', '1'],
        ['', ''],
        ['b', '2'],
      ],
    ],
    [
      '&a=1&=b?&',
      [
        ['', ''],
        ['a', '1'],
        ['', 'b?'],
      ],
    ],
    ['a=1;b=2', [['a', '1;b=2']]],
    ['a+b=c+d', [['a+b', 'c+d']]],
    [
      'a&b=c',
      [
        ['a', ''],
        ['b', 'c'],
      ],
    ],
    [
      'a=%26%3d&b=',
      [
        ['a', '%26%3d'],
        ['b', ''],
      ],
    ],
  ])('finds in %j the parts %j', (query, expected) => {
    expect(parts(query)).toEqual(expected);
  });

  it('finds what splitting finds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', '&', '%', '2', '+') }), (query) => {
        const naive = query.split('&').map((part): [string, string] => {
          const at = part.indexOf('=');
          return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
        });
        if (query === '' || query.endsWith('&')) naive.pop();
        expect(parts(query)).toEqual(naive);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows parts with broken escapes, each by itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', '&', '%', '4', 'g') }), (query) => {
        const cursor = new QueryCursor();
        cursor.open(query, 0);
        while (cursor.next()) {
          const part = query.slice(cursor.keyFrom, cursor.valueTo);
          const valid = !/%(?![0-9a-fA-F]{2})/.test(part);
          expect([part, cursor.hasValidEscapes()]).toEqual([part, valid]);
          if (!valid) return; // a caller stops there
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('decoding bytes', () => {
  const decode = (text: string, room = 20): number[] | number => {
    const out = Buffer.alloc(room);
    const length = decodeBytes(text, 0, text.length, out);
    return length < 0 ? length : [...out.subarray(0, length)];
  };

  it('gives back all 256 byte values, escaped in either case or raw', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const hex = byte.toString(16).padStart(2, '0');
      expect(decode(`%${hex}`)).toEqual([byte]);
      expect(decode(`%${hex.toUpperCase()}`)).toEqual([byte]);
      const raw = String.fromCharCode(byte);
      if (raw !== '%') expect(decode(raw)).toEqual([byte]);
    }
  });

  it('takes a plus for a plus', () => {
    expect(decode('a+b%2b')).toEqual([0x61, 0x2b, 0x62, 0x2b]);
  });

  it.each(['%', '%0', '%zz', '%0g', '%g0', '%%41', 'a%', '%u0041', '%-1', '% 1'])(
    'refuses %j',
    (text) => {
      expect(decode(text)).toBe(-1);
    },
  );

  it('refuses more bytes than there is room for, and characters that are no byte', () => {
    expect(decode('12345', 5)).toHaveLength(5);
    expect(decode('123456', 5)).toBe(-1);
    expect(decode('\u0100')).toBe(-1);
  });

  it('does not read an escape across the end of its part', () => {
    expect(decodeBytes('ab%41', 0, 4, Buffer.alloc(9))).toBe(-1);
  });
});

describe('decimals', () => {
  it.each([
    ['0', 0],
    ['7', 7],
    ['65535', 65535],
    ['4294967296', 2 ** 32],
    ['9007199254740993', 2 ** 53],
    ['18446744073709551615', 2 ** 64],
    ['', -1],
    ['-1', -1],
    ['+1', -1],
    ['07', -1],
    ['00', -1],
    ['1.5', -1],
    ['1e3', -1],
    ['0x10', -1],
    ['NaN', -1],
    ['Infinity', -1],
    [' 1', -1],
    ['1%30', -1],
    ['٣', -1],
  ])('reads %j as %d', (text, value) => {
    expect(readDecimal(text, 0, text.length)).toBe(value);
  });

  it('never wraps a large number to a small one', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 400n }), (n) => {
        const text = String(n);
        expect(readDecimal(text, 0, text.length)).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe('passkeys', () => {
  const decode = (text: string) => decodePasskey(text, 0, text.length);

  it('are taken as they stand, and unescaped', () => {
    expect(decode('AbC-_9')).toBe('AbC-_9');
    expect(decode('a%2Db%5fc')).toBe('a-b_c');
  });

  it('are none when empty', () => {
    expect(decode('')).toBeNull();
  });

  it('are cut before a gate has to hash kilobytes', () => {
    expect(decode('k'.repeat(16_000))).toHaveLength(129);
    expect(decode('%41'.repeat(5000))!.length).toBeLessThanOrEqual(129);
  });
});
