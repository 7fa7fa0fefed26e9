import {
  createAnnouncePath,
  type TrackerTarget,
} from '../../../server/src/tracker/wire/announce-path';

const read = (url: string, path = '/announce'): string => {
  const announcePath = createAnnouncePath(path);
  const target: TrackerTarget = { action: 'announce', passkey: null, queryFrom: -1 };
  const isOurs = announcePath.read(url, target);
  expect(announcePath.owns(url)).toBe(isOurs);
  const fromBytes: TrackerTarget = { action: 'announce', passkey: null, queryFrom: -1 };
  const bytes = Buffer.from(`GET ${url} HTTP/1.1`, 'latin1');
  expect(announcePath.readBytes(bytes, 4, 4 + url.length, fromBytes)).toBe(isOurs);
  if (!isOurs) return 'foreign';
  expect(fromBytes).toEqual({ ...target, queryFrom: target.queryFrom + 4 });
  return [target.action, target.passkey ?? '-', url.slice(target.queryFrom)].join(' ');
};

it.each([
  ['/announce', 'announce - '],
  ['/announce?', 'announce - '],
  ['/announce?a=1', 'announce - a=1'],
  ['/announce/', 'announce - '],
  ['/announce/K', 'announce K '],
  ['/announce/K?a=1', 'announce K a=1'],
  ['/announce/a%2Db?a=1', 'announce a-b a=1'],
  // Below our path nothing is passed on: it would be logged with its key.
  ['/announce/K/announce?a', 'announce K/announce a'],
  ['/announce?a=/announce/x', 'announce - a=/announce/x'],
  ['/scrape?a=1', 'scrape - a=1'],
  ['/scrape/K?a=1', 'scrape K a=1'],
  ['http://host:80/announce?a=1', 'announce - a=1'],
  ['HTTPS://user@host/scrape/K', 'scrape K '],
])('reads %s', (url, expected) => {
  expect(read(url)).toBe(expected);
});

it.each([
  '',
  '/',
  '*',
  '/announcement',
  '/announces?x',
  '/announce.php',
  '/Announce',
  '/api/announce',
  '/scraper',
  '//announce',
  '/api/articles?x=/announce',
  'host:80',
  'http://announce',
  'http://h/x',
  'announce',
  '/%61nnounce',
  '/announce#x',
  'http://',
])('leaves %j to others', (url) => {
  expect(read(url)).toBe('foreign');
});

it('derives the scrape path of another announce path', () => {
  expect(read('/announce-site/K?a', '/announce-site')).toBe('announce K a');
  expect(read('/scrape-site/K?a', '/announce-site')).toBe('scrape K a');
  expect(read('/announce?a', '/announce-site')).toBe('foreign');
  expect(read('/scrape?a', '/announce-site')).toBe('foreign');
});

it('has no scrape path when the word is missing or stands there twice', () => {
  expect(read('/t?a', '/t')).toBe('announce - a');
  expect(read('/scrape/scrape', '/announce/announce')).toBe('foreign');
  expect(read('/scrape', '/t')).toBe('foreign');
});
