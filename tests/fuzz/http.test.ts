/** Junk for the parsers of the HTTP tracker: FUZZ_RUNS inputs for each, thousands by default. */
import fc from 'fast-check';
import {
  createHttpEndpoint,
  createTracker,
  emptyHttpHead,
  HTTP_LIMITS,
  readHttpHead,
  type HttpHead,
} from '../../server/src/tracker';
import { handClock, seededRandom } from '../contract/swarm-fixtures';
import { ANNOUNCE } from '../unit/tracker/malformed-announces';
import { decodeDictionary } from '../unit/tracker/strict-bencode';
import { fuzz, holds, same } from './property';

/** Bytes, and pieces that lead a parser further in than bytes do. */
function junk(pieces: string[], maxLength: number): fc.Arbitrary<string> {
  const byte = fc.nat(255).map((code) => String.fromCharCode(code));
  const piece = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...pieces) }, byte);
  return fc.array(piece, { maxLength }).map((parts) => parts.join(''));
}

const HEADS = junk(
  [
    ...[
      'GET',
      'HEAD',
      'POST',
      ' ',
      '/announce?x',
      'http://h/scrape',
      ' HTTP/1.1\r\n',
      ' HTTP/1.0\r\n',
    ],
    ...['GET / HTTP/1.1\r\nHost: x\r\n', '\r\n', '\r\n\r\n', '\n', '\r', ':', ',', '\t', '\0'],
    ...['Host: x\r\n', 'Connection:', 'close', 'keep-alive', 'Content-Length: ', '0', '7'],
    ...['Transfer-Encoding: chunked', 'X-Forwarded-For: ', '1.2.3.4', 'x'.repeat(5000)],
  ],
  30,
);

const QUERIES = junk(
  [
    ...['/announce', '/scrape', '?', '&', '=', '%', '%61', '%ff', '%zz', '+', ';', '/', '://'],
    ...ANNOUNCE.split(/(?<=[&=])/),
    ...[
      'info_hash=',
      'a'.repeat(20),
      'passkey=',
      'left=',
      'event=stopped',
      'numwant=',
      'compact=0',
    ],
    ...['-1', '0', '18446744073709551616', '9'.repeat(30), `/announce?${ANNOUNCE}`],
  ],
  25,
);

const STATUSES = [400, 414, 431, 505];

/** What it remembers of others is not what it says. */
const saidBy = (head: HttpHead) => ({ ...head, knownFields: null });

test('a request’s head is read the same however its bytes arrive', () => {
  const whole = emptyHttpHead();
  const parts = emptyHttpHead();
  const inputs = fc.tuple(HEADS, fc.double({ min: 0, max: 1, noNaN: true }));
  fuzz(inputs, ([text, share]) => {
    const bytes = Buffer.from(text, 'latin1');
    const end = readHttpHead(bytes, 0, whole);
    holds(end >= 0 || STATUSES.includes(-end), `the end ${end}`);
    holds(end <= Math.min(text.length, HTTP_LIMITS.headBytes), 'behind the end');
    // Less of it says the same, or that more is needed; never another request.
    const cut = Math.floor(text.length * share);
    const early = readHttpHead(bytes.subarray(0, cut), 0, parts);
    if (early > 0) same([early, saidBy(parts)], [end, saidBy(whole)], 'less of it');
    // Behind other bytes it says the same: requests are pipelined.
    const later = readHttpHead(Buffer.concat([Buffer.from('xyz'), bytes]), 3, parts);
    same(later, end > 0 ? end + 3 : end, 'behind other bytes');
    const { urlFrom, urlTo } = whole;
    const shifted = { ...saidBy(whole), urlFrom: urlFrom + 3, urlTo: urlTo + 3 };
    if (end > 0) same(saidBy(parts), shifted, 'behind others');
    // Fields that are known say what they say to somebody who knows none.
    const fresh = emptyHttpHead();
    same(readHttpHead(bytes, 0, fresh), end, 'for the first time');
    if (end > 0) same(saidBy(fresh), saidBy(whole), 'for the first time');
  });
});

test('a URL is answered with bencode, or is not the tracker’s', () => {
  const tracker = createTracker({
    gate: { admit: () => 0 },
    clock: handClock(),
    random: seededRandom(1),
  });
  const endpoint = createHttpEndpoint({ tracker });
  const inputs = fc.tuple(QUERIES, fc.constantFrom('11.0.0.1', '2001:db8::1', ''));
  fuzz(inputs, ([url, from]) => {
    const body = endpoint.answer(url, from);
    if (typeof body !== 'string') throw new Error('a store in memory answers at once');
    const reply = decodeDictionary(body);
    const hasFailed = 'failure reason' in reply;
    holds(hasFailed || 'peers' in reply || 'files' in reply, 'no answer');
    holds(hasFailed || endpoint.owns(url), 'an answer to somebody else’s URL');
  });
});
