import { createHash, randomBytes } from 'node:crypto';
import bencodeLibrary from 'bencode';
import {
  encodeInfo,
  encodeTorrentFile,
  infoHashOf,
  magnetLink,
  pieceLengthFor,
} from '../../../server/src/metainfo';
import { bencode } from '../../../server/src/metainfo/bencode';

/** Decoded by the library, byte strings as text. */
function decode(bytes: Buffer): unknown {
  const text = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString();
    if (Array.isArray(value)) return value.map(text);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, text(item)]));
  };
  return text(bencodeLibrary.decode(bytes));
}

const MIB = 1024 ** 2;

describe('bencode', () => {
  test.each([
    [0, 'i0e'],
    [-7, 'i-7e'],
    [2 ** 40, 'i1099511627776e'],
    ['é', '2:é'],
    [['a', 1], 'l1:ai1ee'],
    [{ b: 1, a: 'x', skipped: undefined }, 'd1:a1:x1:bi1ee'],
  ])('of %j', (value, expected) => {
    expect(bencode(value).toString()).toBe(expected);
  });

  test('sorts keys by their bytes, where UTF-16 order is another one', () => {
    // U+FFFD sorts after U+1F600 in UTF-16, and before it in UTF-8.
    expect(bencode({ '\u{1F600}': 1, '\uFFFD': 2 }).toString()).toBe('d3:\uFFFDi2e4:\u{1F600}i1ee');
  });

  test('refuses numbers that bencode cannot hold', () => {
    expect(() => bencode(1.5)).toThrow(RangeError);
    expect(() => bencode(NaN)).toThrow(RangeError);
  });
});

describe('the piece length', () => {
  test.each([
    [1, 16 * 1024],
    [100 * MIB, 128 * 1024],
    [700 * MIB, 512 * 1024],
    [1024 * MIB, 512 * 1024],
    [4 * 1024 * MIB, MIB],
    [32 * 1024 * MIB, 2 * MIB],
    [100 * 1024 * MIB, 4 * MIB],
    [2 ** 50, 16 * MIB],
  ])('for %i bytes is %i', (size, expected) => {
    expect(pieceLengthFor(size)).toBe(expected);
  });
});

describe('a .torrent file', () => {
  const payload = randomBytes(100_000);
  const pieceLength = 16_384;
  const pieces = Buffer.concat(
    Array.from({ length: Math.ceil(payload.length / pieceLength) }, (_, n) =>
      createHash('sha1')
        .update(payload.subarray(n * pieceLength, (n + 1) * pieceLength))
        .digest(),
    ),
  );
  const info = encodeInfo({
    name: 'ä.bin',
    files: [{ path: 'ä.bin', size: payload.length }],
    pieceLength,
    pieces,
    private: false,
  });
  const parts = {
    info,
    trackers: [['http://site.example/announce']],
    webSeeds: ['http://site.example/webseed/public/x/%C3%A4.bin'],
    createdBy: 'test',
    createdAt: new Date(1_700_000_000_000),
  };

  test('has the info-hash that create-torrent computes', async () => {
    const { default: createTorrent } = await import('create-torrent');
    const { default: parseTorrent } = await import('parse-torrent');
    const theirs = await new Promise<Uint8Array>((resolve, reject) => {
      const options = { name: 'ä.bin', pieceLength, announceList: [] };
      createTorrent(payload, options, (error: Error | null, torrent: Uint8Array) => {
        if (error === null) resolve(torrent);
        else reject(error);
      });
    });
    expect(infoHashOf(info)).toBe((await parseTorrent(theirs)).infoHash);
  });

  test('is read by others as it was meant', async () => {
    const { default: parseTorrent } = await import('parse-torrent');
    const parsed = await parseTorrent(encodeTorrentFile(parts));
    expect(parsed).toMatchObject({
      infoHash: infoHashOf(info),
      name: 'ä.bin',
      length: payload.length,
      announce: ['http://site.example/announce'],
      urlList: parts.webSeeds,
      created: parts.createdAt,
    });
  });

  test('holds no DHT node, no foreign tracker and no private key unless asked', () => {
    const keys = Object.keys(bencodeLibrary.decode(encodeTorrentFile(parts)));
    expect(keys).toEqual(['announce', 'created by', 'creation date', 'info', 'url-list']);
    expect(info.toString('latin1')).not.toContain('private');
    const closed = encodeInfo({
      name: 'x',
      files: [{ path: 'x', size: 1 }],
      pieceLength,
      pieces,
      private: true,
    });
    expect(closed.toString('latin1')).toContain('7:privatei1e');
  });

  test('lists several trackers and web seeds', () => {
    const trackers = [['http://a/announce'], ['http://b/announce', 'http://c/announce']];
    const webSeeds = ['http://a/', 'http://b/'];
    expect(decode(encodeTorrentFile({ ...parts, trackers, webSeeds }))).toMatchObject({
      announce: 'http://a/announce',
      'announce-list': trackers,
      'url-list': webSeeds,
    });
  });

  test('of several files splits their paths', () => {
    const several = encodeInfo({
      name: 'set',
      files: [
        { path: 'a/b.txt', size: 1 },
        { path: 'c.txt', size: 2 },
      ],
      pieceLength,
      pieces,
      private: false,
      source: 'site',
    });
    const decoded = decode(several);
    expect(decoded).toMatchObject({
      files: [
        { length: 1, path: ['a', 'b.txt'] },
        { length: 2, path: ['c.txt'] },
      ],
      source: 'site',
    });
    expect(decoded).not.toHaveProperty('length');
  });
});

test('a magnet link escapes what shells and chat programs cut at', () => {
  const link = magnetLink({
    infoHash: 'a'.repeat(40),
    name: "it's (a) file & more",
    size: 5,
    trackers: ['http://s/announce?passkey=k'],
    webSeeds: ['http://s/webseed/t/h/'],
    exactSource: 'http://s/x.torrent',
  });
  expect(link).toBe(
    `magnet:?xt=urn:btih:${'a'.repeat(40)}&dn=it%27s%20%28a%29%20file%20%26%20more&xl=5` +
      '&tr=http%3A%2F%2Fs%2Fannounce%3Fpasskey%3Dk&ws=http%3A%2F%2Fs%2Fwebseed%2Ft%2Fh%2F' +
      '&xs=http%3A%2F%2Fs%2Fx.torrent',
  );
});
