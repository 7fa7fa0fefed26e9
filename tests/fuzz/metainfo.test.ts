/**
 * Parsers and writers of text that others choose, where no other fuzz test is: metainfo, names, web-seed
 * paths, ranges, addresses, forwarded headers. FUZZ_RUNS inputs each (`npm run fuzz`: a million).
 */
import { isIP } from 'node:net';
import bencodeLibrary from 'bencode';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { encodeTorrentFile, safeName, uniqueSafeNames } from '../../server/src/metainfo';
import { bencode, type Bencodable } from '../../server/src/metainfo/bencode';
import { MAX_RANGES, selectByteRanges } from '../../server/src/seeding/byte-range';
import { parseWebSeedPath, pathBelow } from '../../server/src/seeding/web-seed-path';
import { webSeedUrl } from '../../server/src/seeding/web-seed-url';
import { formatAddress, parseAddress } from '../../server/src/tracker';
import { createClientAddress } from '../../server/src/transports';
import { fuzz, holds } from './property';

/** Text near the grammar: its own words in any order, sometimes with noise between them. */
const near = (words: readonly string[], maxLength = 14): fc.Arbitrary<string> =>
  fc
    .array(
      fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom(...words) },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
      ),
      { maxLength },
    )
    .map((pieces) => pieces.join(''));

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('bencoding', () => {
  const { value } = fc.letrec<{ value: Bencodable }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      fc.maxSafeInteger(),
      fc.string({ maxLength: 12 }),
      fc.uint8Array({ maxLength: 12 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string({ maxLength: 6 }), tie('value'), { maxKeys: 4 }),
    ),
  }));

  it('is read to its last byte by an independent, strict reader', () => {
    fuzz(value, (input) => {
      const bytes = bencode(input);
      holds(readStrictly(bytes, 0) === bytes.length, 'not one sound value');
    });
  });

  it('puts an info dictionary into a .torrent byte for byte, whatever the texts around it', () => {
    const parts = fc.record({
      info: fc.dictionary(fc.string({ maxLength: 4 }), fc.uint8Array({ maxLength: 40 })),
      trackers: fc.array(fc.array(anyText, { minLength: 1, maxLength: 2 }), { maxLength: 3 }),
      webSeeds: fc.array(anyText, { maxLength: 3 }),
      comment: anyText,
    });
    fuzz(parts, ({ info: content, ...rest }) => {
      const info = bencode(content);
      const file = encodeTorrentFile({ ...rest, info, createdBy: 'x', createdAt: new Date(0) });
      holds(readStrictly(file, 0) === file.length, 'not one sound value');
      holds(file.includes(Buffer.concat([Buffer.from('4:info'), info])), 'info was changed');
      const decoded = bencodeLibrary.decode(file);
      holds(
        Buffer.from(decoded['comment'] as Uint8Array).equals(Buffer.from(rest.comment)),
        'comment',
      );
    });
  });
});

describe('safe names', () => {
  it('are one segment that every file system takes, and safe already when made safe again', () => {
    const words = [
      '..',
      '.',
      '/',
      '\\',
      'con',
      'NUL',
      '.txt',
      ' ',
      '\u202e',
      '\u200d',
      'é',
      '\ud800',
    ];
    fuzz(fc.oneof(near(words, 40), anyText), (name) => {
      const safe = safeName(name);
      const bytes = Buffer.byteLength(safe);
      holds(bytes > 0 && bytes <= 255, `${bytes} bytes`);
      holds(!/[\\/:*?"<>|#%\p{Cc}\p{Cs}]|^[.\s]|[.\s]$/u.test(safe), 'unsafe');
      holds(safeName(safe) === safe, 'not stable');
    });
  });

  it('never collide in one folder', () => {
    const words = ['a', 'A', '.bin', ' (2)', '?', 'x'.repeat(250)];
    fuzz(fc.array(near(words, 4), { maxLength: 8 }), (names) => {
      const safe = uniqueSafeNames(names).map((name) => name.toLowerCase());
      holds(new Set(safe).size === names.length, 'two of one name');
    });
  });
});

describe('web-seed paths', () => {
  const HASH = 'ab'.repeat(20);
  const base = '/webseed';

  it('name a file below their torrent or nothing', () => {
    const words = [
      '/',
      '/webseed',
      HASH,
      '/public',
      '%2e',
      '%2F',
      '%5c',
      '..',
      '.',
      '%',
      '%00',
      '?',
      '%c3%a9',
      'x',
      'http://h',
    ];
    fuzz(
      fc.oneof(
        near(words),
        near(words).map((text) => `/webseed/public/${HASH}${text}`),
      ),
      (target) => {
        const below = pathBelow(base, target);
        if (below === undefined) return;
        const parsed = parseWebSeedPath(below);
        if (parsed.kind !== 'request') return;
        const { token, infoHash, path } = parsed.request;
        holds(/^[0-9a-f]{40}$/.test(infoHash), 'no info-hash');
        const segments = path === '' ? [] : path.split('/');
        holds(
          [token, ...segments].every(
            (name) => !['', '.', '..'].includes(name) && !/[\\\0]/.test(name),
          ),
          'a segment that climbs',
        );
      },
    );
  });

  it('come back from the URL that was made for them', () => {
    fuzz(fc.tuple(anyText, fc.boolean()), ([text, multiFile]) => {
      const name = safeName(text);
      const url = webSeedUrl({
        publicUrl: 'https://cms.example',
        token: 'public',
        infoHash: HASH,
        name,
        multiFile,
      });
      const below = pathBelow(base, url) ?? 'elsewhere';
      const parsed = parseWebSeedPath(below);
      holds(parsed.kind === 'request', 'not understood');
      if (parsed.kind === 'request')
        holds(parsed.request.path === (multiFile ? '' : name), 'changed');
    });
  });
});

describe('byte ranges', () => {
  it('lie inside the file, are few, and ask for no more than it has', () => {
    const words = [
      'bytes=',
      'Bytes=',
      '0',
      '1',
      '9',
      '-',
      ',',
      ' ',
      '\t',
      '99999999999999999999',
      'items=',
    ];
    const header = fc.oneof(
      near(words),
      near(words).map((text) => `bytes=${text}`),
    );
    fuzz(fc.tuple(header, fc.oneof(fc.nat(30), fc.maxSafeNat())), ([text, size]) => {
      const selection = selectByteRanges(text, size);
      if (selection.kind !== 'ranges') return;
      const { ranges } = selection;
      holds(ranges.length > 0 && ranges.length <= MAX_RANGES, `${ranges.length} ranges`);
      for (const { start, end } of ranges) {
        holds(Number.isSafeInteger(start) && Number.isSafeInteger(end), 'no integers');
        holds(0 <= start && start <= end && end < size, 'outside of the file');
      }
      const asked = ranges.reduce((sum, { start, end }) => sum + end - start + 1, 0);
      holds(asked <= size || ranges.length === 1, 'more than the file');
    });
  });

  it('are those that were asked for', () => {
    fuzz(fc.tuple(fc.nat(1000), fc.nat(1000), fc.integer({ min: 1, max: 500 })), ([a, b, size]) => {
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      const selection = selectByteRanges(`bytes=${first}-${last}`, size);
      const expected = first >= size ? 'unsatisfiable' : `${first}-${Math.min(last, size - 1)}`;
      const [range] = selection.kind === 'ranges' ? selection.ranges : [];
      const found = range === undefined ? selection.kind : `${range.start}-${range.end}`;
      holds(found === expected, `${found} instead of ${expected}`);
    });
  });
});

describe('addresses', () => {
  const out = new Uint8Array(16);
  const words = [
    '0',
    '1',
    '255',
    '256',
    'ffff',
    'FFFF',
    '1234',
    '12345',
    ':',
    '::',
    '.',
    '%',
    'eth0',
    '::ffff:',
    'g',
  ];

  it('are never read where ipaddr.js or Node sees none, and always where Node sees one', () => {
    fuzz(near(words), (text) => {
      const family = parseAddress(text, out);
      const bare = text.split('%', 1)[0] ?? '';
      const theirs = isIP(bare);
      const isZoned = text.includes('%');
      if (family === 0) holds(theirs === 0 || (isZoned && theirs === 4), `refused ${text}`);
      else {
        holds(theirs !== 0, `accepted ${text}`);
        holds(ownBytes(family) === bytesOf(bare), `misread ${text}`);
      }
    });
  });

  it('survive being written and read again', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      // Long runs of zeroes are what `::` is about.
      fc.array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 }),
    );
    fuzz(bytes, (input) => {
      const raw = Uint8Array.from(input);
      const written = formatAddress(raw, 0, raw.length === 4 ? 4 : 6);
      const theirs = ipaddr.fromByteArray([...raw]);
      for (const text of [written, theirs.toString(), theirs.toNormalizedString()]) {
        const family = parseAddress(text, out);
        holds(family !== 0, `refused ${text}`);
        if (family !== 0) holds(ownBytes(family) === bytesOf(theirs.toString()), `misread ${text}`);
      }
    });
  });

  const ownBytes = (family: 4 | 6): string =>
    Buffer.from(out.subarray(0, family === 4 ? 4 : 16)).toString('hex');

  /** IPv4 in IPv6 is the IPv4 address. */
  const bytesOf = (text: string): string =>
    Buffer.from(ipaddr.process(text).toByteArray()).toString('hex');
});

describe('the address of a client behind proxies', () => {
  const own = '10.1.2.3';
  const clientAddress = createClientAddress({ trustedProxies: ['10.0.0.0/8', 'fd00::/8'] });
  const of = (header: string): string =>
    clientAddress({ headers: { 'x-forwarded-for': header }, socket: { remoteAddress: own } });

  it('is an address, whatever the header holds', () => {
    const words = [
      '1.2.3.4',
      '10.0.0.1',
      '::1',
      '[',
      ']',
      ':80',
      ',',
      ', ',
      '%',
      '::ffff:1.2.3.4',
      'unknown',
      '"',
    ];
    fuzz(near(words), (header) => {
      holds(isIP(of(header)) !== 0, `${of(header)} from ${header}`);
    });
  });

  it('cannot be forged by what stands to the left of the first address that is not ours', () => {
    fuzz(fc.tuple(near([',', '9.9.9.9', ' ', 'x']), fc.ipV4()), ([forged, real]) => {
      const isOurs = real.startsWith('10.');
      if (isOurs) return;
      holds(of(`${forged}, ${real}, 10.9.9.9`) === real, `forged by ${forged}`);
    });
  });
});

/** End of the bencoded value at `from`. @throws Error for what BEP 3 does not allow */
function readStrictly(bytes: Buffer, from: number): number {
  const first = String.fromCharCode(bytes[from] ?? 0);
  if (first === 'i') {
    const match = /^i(0|-?[1-9]\d*)e/.exec(bytes.toString('latin1', from, from + 24));
    if (match === null) throw new Error('a bad integer');
    return from + match[0].length;
  }
  if (first === 'l') {
    let at = from + 1;
    while (bytes[at] !== 0x65) at = readStrictly(bytes, at);
    return at + 1;
  }
  if (first === 'd') return endOfDictionary(bytes, from + 1);
  const match = /^(0|[1-9]\d*):/.exec(bytes.toString('latin1', from, from + 12));
  if (match === null) throw new Error('a bad string');
  const end = from + match[0].length + Number(match[1]);
  if (end > bytes.length) throw new Error('a string that is too long');
  return end;
}

/** Keys in the order of their bytes, each once. */
function endOfDictionary(bytes: Buffer, from: number): number {
  let at = from;
  let last: Buffer | null = null;
  while (bytes[at] !== 0x65) {
    const keyEnd = readStrictly(bytes, at);
    const key = bytes.subarray(bytes.indexOf(0x3a, at) + 1, keyEnd);
    if (last !== null && Buffer.compare(last, key) >= 0) throw new Error('keys out of order');
    last = key;
    at = readStrictly(bytes, keyEnd);
  }
  return at + 1;
}
