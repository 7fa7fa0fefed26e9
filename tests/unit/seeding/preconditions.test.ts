import { evaluatePreconditions, ifRangeHolds } from '../../../server/src/seeding/preconditions';

const validators = { etag: '"v1"', lastModified: new Date('1994-11-06T08:49:37.500Z') };
const SAME = 'Sun, 06 Nov 1994 08:49:37 GMT';
const EARLIER = 'Sun, 06 Nov 1994 08:49:36 GMT';
const LATER = 'Sun, 06 Nov 1994 08:49:38 GMT';

describe('preconditions', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'proceed'],
    [{ 'if-none-match': '"v1"' }, 'not-modified'],
    [{ 'if-none-match': 'W/"v1"' }, 'not-modified'],
    [{ 'if-none-match': '"v0", "v1"' }, 'not-modified'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"v2"' }, 'proceed'],
    [{ 'if-none-match': 'v1' }, 'proceed'],
    [{ 'if-modified-since': SAME }, 'not-modified'],
    [{ 'if-modified-since': LATER }, 'not-modified'],
    [{ 'if-modified-since': EARLIER }, 'proceed'],
    [{ 'if-modified-since': 'Sunday, 06-Nov-94 08:49:37 GMT' }, 'not-modified'],
    [{ 'if-modified-since': 'Sun Nov  6 08:49:37 1994' }, 'not-modified'],
    [{ 'if-modified-since': 'yesterday' }, 'proceed'],
    [{ 'if-modified-since': '1994-11-06T08:49:37Z' }, 'proceed'],
    [{ 'if-none-match': '"v2"', 'if-modified-since': SAME }, 'proceed'],
    [{ 'if-match': '"v1"' }, 'proceed'],
    [{ 'if-match': '*' }, 'proceed'],
    [{ 'if-match': '"v2"' }, 'failed'],
    [{ 'if-match': 'W/"v1"' }, 'failed'],
    [{ 'if-match': '"v2"', 'if-none-match': '"v1"' }, 'failed'],
    [{ 'if-unmodified-since': SAME }, 'proceed'],
    [{ 'if-unmodified-since': EARLIER }, 'failed'],
    [{ 'if-unmodified-since': 'never' }, 'proceed'],
    [{ 'if-match': '"v1"', 'if-unmodified-since': EARLIER }, 'proceed'],
  ])('%j: %s', (headers, expected) => {
    expect(evaluatePreconditions(headers, validators)).toBe(expected);
  });
});

describe('If-Range', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, true],
    ['"v1"', true],
    ['W/"v1"', false],
    ['"v2"', false],
    ['v1', false],
    [SAME, true],
    [EARLIER, false],
    [LATER, false],
    ['', false],
  ])('%j holds: %s', (value, expected) => {
    expect(ifRangeHolds(value, validators)).toBe(expected);
  });

  it('never holds for a weak validator', () => {
    expect(ifRangeHolds('W/"v1"', { ...validators, etag: 'W/"v1"' })).toBe(false);
  });
});
