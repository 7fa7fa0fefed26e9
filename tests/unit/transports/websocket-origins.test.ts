import {
  createOriginPolicy,
  ORIGIN_PATTERN,
} from '../../../server/src/transports/websocket-origins';

it.each([
  ['*', 'https://any.example', true],
  ['https://app.example', 'https://app.example', true],
  ['https://app.example', 'https://APP.example', true],
  ['https://app.example', 'http://app.example', false],
  ['https://app.example', 'https://app.example:8443', false],
  ['https://app.example', 'https://app.example.evil', false],
  ['https://app.example', 'https://evil-app.example', false],
  ['https://app.example', 'null', false],
  ['http://localhost:5173', 'http://localhost:5173', true],
  ['http://localhost:5173', 'http://localhost:5174', false],
  ['https://*.example.com', 'https://a.b.example.com', true],
  ['https://*.example.com', 'https://example.com', false],
  ['https://*.example.com', 'https://evilexample.com', false],
  ['*.example.com', 'http://a.example.com:8080', true],
  ['*.example.com', 'https://a.example.com.evil', false],
  ['app.example', 'https://app.example:444', true],
])('%s and %s: %s', (pattern, origin, expected) => {
  expect(pattern).toMatch(ORIGIN_PATTERN);
  expect(createOriginPolicy([pattern])(origin)).toBe(expected);
});

it('has nothing to say about programs that are no browsers', () => {
  expect(createOriginPolicy(['https://app.example'])(undefined)).toBe(true);
  expect(createOriginPolicy([])(undefined)).toBe(true);
  expect(createOriginPolicy([])('https://app.example')).toBe(false);
});

it.each([
  '',
  'https://',
  'ftp://a.example',
  'https://a.example/',
  'a.*.example',
  '*.',
  'https://*',
])('%p is no pattern', (pattern) => expect(pattern).not.toMatch(ORIGIN_PATTERN));
