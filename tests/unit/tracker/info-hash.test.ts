import fc from 'fast-check';
import { infoHashFromBytes, infoHashFromHex, infoHashToHex } from '../../../server/src/tracker';

it('goes from hex to one character per byte and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (bytes) => {
      const hex = Buffer.from(bytes).toString('hex');
      const infoHash = infoHashFromBytes(bytes);
      expect(infoHash).toHaveLength(20);
      expect(infoHashFromHex(hex)).toBe(infoHash);
      expect(infoHashFromHex(hex.toUpperCase())).toBe(infoHash);
      expect(infoHashToHex(infoHash)).toBe(hex);
    }),
  );
});

it.each([
  '',
  'ab',
  'g'.repeat(40),
  'a'.repeat(39),
  'a'.repeat(41),
  ` ${'a'.repeat(39)}`,
  'é'.repeat(40),
])('has no info-hash for %j', (text) => {
  expect(infoHashFromHex(text)).toBeNull();
});

it('takes the first 20 bytes from an offset, as of a v2 hash cut short (BEP 52)', () => {
  const sha256 = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  expect(infoHashToHex(infoHashFromBytes(sha256))).toBe(sha256.toString('hex', 0, 20));
  expect(infoHashToHex(infoHashFromBytes(sha256, 3))).toBe(sha256.toString('hex', 3, 23));
});

it('refuses fewer bytes', () => {
  expect(() => infoHashFromBytes(Buffer.alloc(19))).toThrow('20 bytes');
  expect(() => infoHashFromBytes(Buffer.alloc(22), 3)).toThrow('20 bytes');
});
