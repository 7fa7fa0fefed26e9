/**
 * What must not hurt the tracker over HTTP, request by request, with the answer that is right: the
 * checklist of abuse, and the malformed announces as they look on a wire.
 */
import type { TrackerErrorCode } from '../../../server/src/tracker';
import { ANNOUNCE, MALFORMED_ANNOUNCES } from '../tracker/malformed-announces';

export interface HttpAbuseCase {
  name: string;
  /** All that the client sends, one character per byte. */
  request: string;
  /**
   * The statuses of which one is right. Where `node:http` and our own parser differ, both are
   * within RFC 9112; `closed` is a connection that ends without an answer.
   */
  statuses: (number | 'closed')[];
  /** For status 200 and 405: the failure that the body tells; `null` for an announce that succeeds. */
  failure?: TrackerErrorCode | null;
}

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;
const announceWith = (fields: string): string =>
  `GET /announce?${ANNOUNCE} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

const failed = (target: string, failure: TrackerErrorCode): HttpAbuseCase => ({
  name: `${target.slice(0, 60)}: ${failure}`,
  request: get(target),
  statuses: [200],
  failure,
});

const succeeds = (name: string, request: string): HttpAbuseCase => ({
  name,
  request,
  statuses: [200],
  failure: null,
});

const refused = (
  name: string,
  request: string,
  ...statuses: HttpAbuseCase['statuses']
): HttpAbuseCase => ({ name, request, statuses });

const MALFORMED_QUERIES = MALFORMED_ANNOUNCES.filter(([query]) => !query.includes(' ')).map(
  ([query, code]) => failed(`/announce?${query}`, code),
);

const OTHER_TARGETS = [
  failed('/announce', 'missing-info-hash'),
  failed('/announce?', 'missing-info-hash'),
  failed(`/announce/K?${ANNOUNCE}&passkey=K`, 'repeated-parameter'),
  failed(`/announce?${ANNOUNCE.replace('6881', '25')}`, 'service-port'),
  failed('/scrape', 'missing-info-hash'),
  failed('/scrape?info_hash=abc', 'invalid-info-hash'),
  failed('/scrape?%', 'malformed-query'),
  failed('/scrape?passkey=a&passkey=b&info_hash=aaaaaaaaaaaaaaaaaaaa', 'repeated-parameter'),
];

const METHODS = ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'].map((method): HttpAbuseCase => ({
  name: `${method} with a body`,
  request: `${method} /announce?${ANNOUNCE} HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`,
  statuses: [405],
  failure: 'method-not-allowed',
}));

const LINES = [
  refused('no HTTP at all', 'nonsense\r\n\r\n', 400),
  refused('zeroes and high bytes', '\0\xff\0\xff\r\n\r\n', 400),
  refused('a TLS greeting', `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${'z'.repeat(32)}`, 400),
  refused('the greeting of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 400),
  refused(
    'a version yet to come',
    `GET /announce?${ANNOUNCE} HTTP/3.0\r\nHost: x\r\n\r\n`,
    505,
    400,
  ),
  refused('a version that is none', `GET /announce?${ANNOUNCE} HTTP/x\r\nHost: x\r\n\r\n`, 400),
  refused('a blank in the URL', get(`/announce?${ANNOUNCE} x`), 400),
  refused('NUL in the URL', get(`/announce?${ANNOUNCE}\0`), 400),
  refused('a tab for a blank', `GET\t/announce?${ANNOUNCE}\tHTTP/1.1\r\nHost: x\r\n\r\n`, 400),
];

const FIELDS = [
  refused('NUL in a value', announceWith('X: a\0b\r\n'), 400),
  refused('a bare carriage return in a value', announceWith('X: a\rb\r\n'), 400),
  refused('a blank before the colon', announceWith('X : a\r\n'), 400),
  refused('a field without a name', announceWith(': a\r\n'), 400),
  refused('a field without a colon', announceWith('nothing\r\n'), 400),
  refused('no Host', `GET /announce?${ANNOUNCE} HTTP/1.1\r\n\r\n`, 400),
  succeeds('forwarded garbage from a stranger', announceWith('X-Forwarded-For: \x80,,;a\r\n')),
  succeeds('Content-Length: 0', announceWith('Content-Length: 0\r\n')),
];

/** Two parsers on one way must not find different requests in the same bytes. */
const SMUGGLING = [
  refused('two lengths', announceWith('Content-Length: 0\r\nContent-Length: 5\r\n'), 400),
  refused('a negative length', announceWith('Content-Length: -1\r\n'), 400),
  refused('a length with a sign', announceWith('Content-Length: +0\r\n'), 400),
  refused('a hexadecimal length', announceWith('Content-Length: 0x0\r\n'), 400),
  refused('an empty length', announceWith('Content-Length:\r\n'), 400),
  refused(
    'a length and a coding',
    announceWith('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n') + '0\r\n\r\n',
    400,
  ),
  refused('a blank in a coding’s name', announceWith('Transfer-Encoding : chunked\r\n'), 400),
];

const SIZES = [
  refused('a URL of 20000 bytes', get(`/announce?${'x'.repeat(20_000)}`), 414, 431),
  refused('a URL of 64 KiB', get(`/announce?${'x'.repeat(64 * 1024)}`), 414, 431),
  refused('a field of 20000 bytes', announceWith(`X: ${'x'.repeat(20_000)}\r\n`), 431),
  refused('64 KiB without any line', 'G'.repeat(64 * 1024), 414, 431, 400),
  refused('12000 fields', announceWith('A: b\r\n'.repeat(12_000)), 431),
];

export const HTTP_ABUSE: HttpAbuseCase[] = [
  ...MALFORMED_QUERIES,
  ...OTHER_TARGETS,
  ...METHODS,
  ...LINES,
  ...FIELDS,
  ...SMUGGLING,
  ...SIZES,
];
