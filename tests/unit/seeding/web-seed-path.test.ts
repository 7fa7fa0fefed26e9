import { parseWebSeedPath, pathBelow } from '../../../server/src/seeding/web-seed-path';

const HASH = '0123456789abcdef0123456789abcdef01234567';

describe('which URLs belong to the web seed', () => {
  it.each([
    ['/webseed', ''],
    ['/webseed/', '/'],
    ['/webseed?x=/webseed/', ''],
    ['/webseed/public/a?token=b', '/public/a'],
    ['http://cms.example/webseed/a', '/a'],
    ['HTTPS://cms.example:1337/webseed/a', '/a'],
  ])('%s does', (target, below) => {
    expect(pathBelow('/webseed', target)).toBe(below);
  });

  it.each([
    '',
    '/',
    '*',
    '/webseeds/a',
    '/webseed-2',
    '/Webseed/a',
    '/%77ebseed/a',
    '//webseed/a',
    '/api/webseed/a',
    '/?/webseed/a',
    'http://cms.example',
    'http://cms.example?/webseed/a',
    'cms.example:443',
  ])('%j does not', (target) => {
    expect(pathBelow('/webseed', target)).toBeUndefined();
  });
});

describe('what a web seed URL asks for', () => {
  const parsed = (path: string, token = 'public') => ({
    kind: 'request',
    request: { token, infoHash: HASH, path },
  });

  it.each([
    ['', ''],
    ['/', ''],
    ['/a.bin', 'a.bin'],
    ['/name/sub/a.bin', 'name/sub/a.bin'],
    ['/a%20b', 'a b'],
    ['/c+d&e', 'c+d&e'],
    ['/c%2Bd%26e', 'c+d&e'],
    ['/%C3%A9', 'é'],
    ['/%c3%a9', 'é'],
    [`/${Buffer.from('é').toString('latin1')}`, 'é'],
    ["/(a)'b',c;d=e@f:g!*~", "(a)'b',c;d=e@f:g!*~"],
    ['/%28a%29%27b%27', "(a)'b'"],
    ['/%25', '%'],
    ['/%2541', '%41'],
    ['/a%23b%3Fc', 'a#b?c'],
    ['/a#b', 'a#b'],
    ['/%EF%BB%BFbom', '\u{feff}bom'],
    ['/%F0%9F%98%80', '😀'],
    ['/...', '...'],
  ])('%j below the info-hash is the path %j', (raw, path) => {
    expect(parseWebSeedPath(`/public/${HASH}${raw}`)).toEqual(parsed(path));
  });

  it('takes the token from the path, decoded, and the info-hash in any case', () => {
    expect(parseWebSeedPath(`/tok%65n/${HASH.toUpperCase()}/a`)).toEqual(parsed('a', 'token'));
  });

  it.each([
    '/%',
    '/%4',
    '/%4g',
    '/%zz',
    '/%u00e9',
    '/%00',
    '/a%00b',
    '/%E9',
    '/\xe9',
    '/%C3',
    '/%ED%A0%80',
  ])('%j below the info-hash is malformed', (raw) => {
    expect(parseWebSeedPath(`/public/${HASH}${raw}`)).toEqual({ kind: 'malformed' });
  });

  it.each([
    '',
    '/',
    '/public',
    '/public/',
    '/public/abc',
    `/public/${HASH}0/a`,
    `/public/${HASH.slice(1)}g/a`,
    `//${HASH}/a`,
    `/../${HASH}/a`,
    `/public/${HASH}/..`,
    `/public/${HASH}/a/../b`,
    `/public/${HASH}/a/%2e%2E/b`,
    `/public/${HASH}/./a`,
    `/public/${HASH}/a%2Fb`,
    `/public/${HASH}/a%2fb`,
    `/public/${HASH}/a%5Cb`,
    `/public/${HASH}/a\\b`,
    `/public/${HASH}//a`,
    `/public/${HASH}/a//b`,
    `/public/${HASH}/a/`,
    `/public/${HASH}//`,
    `/pub%2Flic/${HASH}/a`,
  ])('%j names nothing', (below) => {
    expect(parseWebSeedPath(below)).toEqual({ kind: 'unknown' });
  });
});
