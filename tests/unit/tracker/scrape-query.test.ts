import fc from 'fast-check';
import { MAX_SCRAPE, parseScrapeQuery } from '../../../server/src/tracker/wire/scrape-query';

const parse = (query: string, pathKey: string | null = null) => {
  const result = parseScrapeQuery(query, 0, pathKey);
  return result.kind === 'failure' ? result.code : result;
};
const hash = (n: number): string =>
  `%${Math.floor(n / 256)
    .toString(16)
    .padStart(2, '0')}%${(n % 256).toString(16).padStart(2, '0')}`.padEnd(24, 'x');

it('reads one hash and many, sorted by bytes and each once', () => {
  const query = [300, 5, 255, 5, 128].map((n) => `info_hash=${hash(n)}`).join('&');
  expect(parse(query)).toEqual({
    kind: 'scrape',
    passkey: null,
    infoHashes: [5, 128, 255, 300].map(
      (n) => String.fromCharCode(Math.floor(n / 256), n % 256) + 'x'.repeat(18),
    ),
  });
});

it('answers the first hundred of more', () => {
  const query = Array.from({ length: 300 }, (_, i) => `info_hash=${hash(i)}`).join('&');
  const result = parse(query);
  expect(result).toMatchObject({ kind: 'scrape' });
  expect(typeof result === 'string' ? [] : result.infoHashes).toHaveLength(MAX_SCRAPE);
});

it('takes the passkey of query or path, but not of both', () => {
  const query = `info_hash=${hash(1)}`;
  expect(parse(`${query}&passkey=k`)).toMatchObject({ passkey: 'k' });
  expect(parse(query, 'k')).toMatchObject({ passkey: 'k' });
  expect(parse(`${query}&passkey=k`, 'k')).toBe('repeated-parameter');
  expect(parse(`passkey=k&${query}&passkey=k`)).toBe('repeated-parameter');
});

it.each([
  ['', 'missing-info-hash'],
  ['passkey=k', 'missing-info-hash'],
  ['&a&=b', 'missing-info-hash'],
  ['info_hash=', 'invalid-info-hash'],
  ['info_hash', 'invalid-info-hash'],
  ['info_hash=short', 'invalid-info-hash'],
  [`info_hash=${hash(1)}y`, 'invalid-info-hash'],
  [`info_hash=${'ab'.repeat(20)}`, 'invalid-info-hash'],
  ['info_hash=%ZZ', 'invalid-info-hash'],
  [`info_hash=${hash(1)}&info_hash=%`, 'invalid-info-hash'],
  [`info_hash=${hash(1)}&x=%`, 'malformed-query'],
])('refuses %j: %s', (query, code) => {
  expect(parse(query)).toBe(code);
});

it('never throws', () => {
  const alphabet = fc.constantFrom(
    '&',
    '=',
    '%',
    '+',
    'a',
    '\u0100',
    'info_hash=',
    'passkey=',
    'b'.repeat(20),
    '%fe',
  );
  fc.assert(
    fc.property(fc.array(alphabet, { maxLength: 60 }), (pieces) => {
      const result = parse(pieces.join(''));
      if (typeof result === 'string') return;
      for (const infoHash of result.infoHashes) expect(infoHash).toMatch(/^[\u0000-\u00ff]{20}$/);
      expect([...result.infoHashes].sort()).toEqual(result.infoHashes);
    }),
    { numRuns: 10_000 },
  );
});
