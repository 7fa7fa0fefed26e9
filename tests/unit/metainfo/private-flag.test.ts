import { createHash } from 'node:crypto';
import { encodeInfo, infoHashOf, withPrivate } from '../../../server/src/metainfo';
import { bencode } from '../../../server/src/metainfo/bencode';

const MANY_FILES = ['a', 'b'].map((path) => ({ path: `dir/${path}`, size: 20_000 }));
const INFO = {
  name: 'é.iso',
  files: [{ path: 'é.iso', size: 40_000 }],
  pieceLength: 16_384,
  pieces: Buffer.concat([1, 2, 3].map((n) => createHash('sha1').update(`${n}`).digest())),
  source: 'site',
};

test.each([
  ['one file', INFO],
  ['many files', { ...INFO, files: MANY_FILES }],
  ['no source', { ...INFO, source: undefined }],
])('is what hashing again would have given, there and back: %s', (_, info) => {
  const open = encodeInfo({ ...info, private: false });
  const closed = encodeInfo({ ...info, private: true });
  expect(withPrivate(open, true)).toEqual(closed);
  expect(withPrivate(closed, false)).toEqual(open);
  expect(withPrivate(open, false)).toEqual(open);
  expect(withPrivate(closed, true)).toEqual(closed);
  expect(infoHashOf(withPrivate(withPrivate(open, true), false))).toBe(infoHashOf(open));
});

test('keeps what it does not know', () => {
  const info = { 'file tree': { a: { '': { length: 5 } } }, 'meta version': 2, zz: [1, [-2], 'x'] };
  expect(withPrivate(bencode(info), true)).toEqual(bencode({ ...info, private: 1 }));
});

test.each(['', 'd', 'le', 'd1:ae', 'd9:ai1ee', 'd1:ai1e', 'd1:a5:bce', 'd1:axe', 'd-1:ai1ee'])(
  'refuses what is no dictionary: %s',
  (text) => {
    expect(() => withPrivate(Buffer.from(text), true)).toThrow(RangeError);
  },
);
