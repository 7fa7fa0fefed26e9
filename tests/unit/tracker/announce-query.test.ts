import fc from 'fast-check';
import {
  emptyHttpAnnounce,
  parseAnnounceQuery,
  type HttpAnnounce,
} from '../../../server/src/tracker/wire/announce-query';
import { ANNOUNCE, HASH_PARAMETER, MALFORMED_ANNOUNCES } from './malformed-announces';

const BASE = ANNOUNCE;

const parseInto = (request: HttpAnnounce, query: string, pathKey: string | null = null) => {
  // As on a wire: in the middle of other bytes.
  const bytes = Buffer.from(`GET ${query} HTTP/1.1`, 'latin1');
  return parseAnnounceQuery(bytes, 4, 4 + query.length, pathKey, request);
};

const parse = (query: string, pathKey: string | null = null): HttpAnnounce | string => {
  const request = emptyHttpAnnounce();
  const error = parseInto(request, query, pathKey);
  return error === null ? request : error.code;
};

describe('a readable announce', () => {
  it('needs only info_hash, peer_id and port', () => {
    expect(parse(BASE)).toMatchObject({
      infoHash: 'a'.repeat(20),
      port: 6881,
      event: 'none',
      left: Infinity,
      uploaded: 0,
      downloaded: 0,
      numwant: -1,
      compact: true,
      passkey: null,
    });
  });

  it.each<[string, Partial<HttpAnnounce>]>([
    ['left=0', { left: 0 }],
    ['left=2147483648', { left: 2 ** 31 }],
    ['left=4294967296', { left: 2 ** 32 }],
    ['left=9007199254740993', { left: 2 ** 53 }],
    ['left=18446744073709551615', { left: 2 ** 64 }],
    ['uploaded=5&downloaded=6', { uploaded: 5, downloaded: 6 }],
    ['event=', { event: 'none' }],
    ['event', { event: 'none' }],
    ['event=empty', { event: 'none' }],
    ['event=started', { event: 'started' }],
    ['event=completed', { event: 'completed' }],
    ['event=stopped', { event: 'stopped' }],
    ['event=paused', { event: 'paused' }],
    ['numwant=-1', { numwant: -1 }],
    ['numwant=-5', { numwant: -1 }],
    ['numwant=0', { numwant: 0 }],
    ['numwant=1000000000', { numwant: 1e9 }],
    ['compact=1', { compact: true }],
    ['compact=0', { compact: false }],
    ['passkey=k3y', { passkey: 'k3y' }],
    ['passkey=', { passkey: null }],
    // Means nothing to us, and must not disturb.
    ['ip=1.2.3.4&ipv4=1.2.3.4&ipv6=::1', {}],
    ['key=0a0b&supportcrypto=1&no_peer_id=1&redundant=0&corrupt=0&trackerid=x', {}],
    ['&&=&=b&c&d=e=f&%41=1', {}],
    ['Port=1&PORT=2&ports=3&por=4', { port: 6881 }],
  ])('reads %s', (more, expected) => {
    expect(parse(`${BASE}&${more}`)).toMatchObject(expected);
    expect(parse(`${more}&${BASE}`)).toMatchObject(expected);
  });

  it('takes port 0 of a peer that says goodbye', () => {
    expect(parse(BASE.replace('6881', '0') + '&event=stopped')).toMatchObject({ port: 0 });
  });

  it('takes the passkey of the path', () => {
    expect(parse(BASE, 'k3y')).toMatchObject({ passkey: 'k3y' });
  });

  it('forgets the announce before it', () => {
    const request = emptyHttpAnnounce();
    const all = `${BASE}&left=0&uploaded=1&downloaded=2&event=completed&numwant=9&compact=0&passkey=k`;
    expect(parseInto(request, all)).toBeNull();
    expect(parseInto(request, BASE)).toBeNull();
    expect(request).toEqual(parse(BASE));
  });

  it('gives back each byte of an info-hash, escaped and raw', () => {
    for (let byte = 0; byte < 256; byte += 1) {
      const hex = byte.toString(16).padStart(2, '0');
      const raw = '%&'.includes(String.fromCharCode(byte)) ? `%${hex}` : String.fromCharCode(byte);
      const expected = String.fromCharCode(byte).repeat(20);
      for (const text of [`%${hex}`, `%${hex.toUpperCase()}`, raw]) {
        const query = BASE.replace(HASH_PARAMETER, () => `info_hash=${text.repeat(20)}`);
        expect(parse(query)).toMatchObject({ infoHash: expected });
      }
    }
  });
});

describe('an unreadable announce', () => {
  it.each(MALFORMED_ANNOUNCES)('%.70s is refused: %s', (query, code) => {
    expect(parse(query)).toBe(code);
  });

  it('is one with a passkey in the path and another in the query', () => {
    expect(parse(`${BASE}&passkey=a`, 'b')).toBe('repeated-parameter');
  });

  // Parts without `=` or `%` make a search run to the end; it must not do so again and again.
  it.each(['&', 'a&', '=', '%41&', 'a=%41&', 'key&'])(
    'made of many %j is read in linear time',
    (unit) => {
      const query = unit.repeat(2000);
      let looks = 0;
      const bytes = new Proxy(Buffer.from(query, 'latin1'), {
        get(target, key) {
          looks += 1;
          return target[Number(key)];
        },
      });
      const request = emptyHttpAnnounce();
      const error = parseAnnounceQuery(bytes, 0, query.length, null, request);
      expect(error?.code).toBe('missing-info-hash');
      expect(looks).toBeGreaterThanOrEqual(query.length);
      expect(looks).toBeLessThan(6 * query.length);
    },
  );
});

describe('whatever it is given', () => {
  const alphabet = fc.constantFrom(
    ...Array.from('&&&===%%%;+?#/ .-0123456789abcdefzA\u0000\u0080\u00ff\u0100\ud800'),
    'info_hash=',
    'peer_id=',
    'port=',
    'left=',
    'event=',
    'numwant=',
    'compact=',
    'passkey=',
    'uploaded=',
    'downloaded=',
    'started',
    'a'.repeat(20),
    '%ff',
    '%00',
    '6881',
  );

  it('neither throws nor lets anything unclean through', () => {
    fc.assert(
      fc.property(fc.array(alphabet, { maxLength: 60 }), (pieces) => {
        const request = parse(pieces.join(''));
        if (typeof request === 'string') return;
        expect(request.infoHash).toMatch(/^[\u0000-\u00ff]{20}$/);
        expect(Number.isInteger(request.port) && request.port >= 0 && request.port < 65536).toBe(
          true,
        );
        expect(request.port > 0 || request.event === 'stopped').toBe(true);
        for (const amount of [request.left, request.uploaded, request.downloaded]) {
          expect(amount).toBeGreaterThanOrEqual(0);
        }
        expect(request.numwant).toBeGreaterThanOrEqual(-1);
        expect(request.passkey?.length ?? 1).toBeGreaterThan(0);
        expect(request.passkey?.length ?? 1).toBeLessThan(130);
      }),
      { numRuns: 20_000 },
    );
  });

  it('says the same of a well-formed announce in whatever order and escaping', () => {
    const escape = (byte: number, style: number): string => {
      const text = String.fromCharCode(byte);
      if (style === 0 && !'%&'.includes(text)) return text;
      const hex = byte.toString(16).padStart(2, '0');
      return `%${style === 1 ? hex : hex.toUpperCase()}`;
    };
    const bytes = fc.uint8Array({ minLength: 20, maxLength: 20 });
    const styles = fc.array(fc.nat(2), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(
        bytes,
        bytes,
        styles,
        fc.integer({ min: 1, max: 65535 }),
        fc.nat(5),
        (hash, id, style, port, turn) => {
          const write = (value: Uint8Array) =>
            Array.from(value, (byte, i) => escape(byte, style[i]!)).join('');
          const pieces = [
            `info_hash=${write(hash)}`,
            `peer_id=${write(id)}`,
            `port=${port}`,
            'left=5',
            'x',
          ];
          const turned = [...pieces.slice(turn), ...pieces.slice(0, turn)].join('&');
          expect(parse(turned)).toMatchObject({
            infoHash: Buffer.from(hash).toString('latin1'),
            port,
            left: 5,
          });
        },
      ),
      { numRuns: 1000 },
    );
  });
});
