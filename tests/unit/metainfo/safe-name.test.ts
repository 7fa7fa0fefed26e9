import fc from 'fast-check';
import { folderNameFor, safeName, uniqueSafeNames } from '../../../server/src/metainfo';

describe('a safe name', () => {
  test.each([
    ['release.iso', 'release.iso'],
    ['a b é.bin', 'a b é.bin'],
    ['c+d&e.bin', 'c+d&e.bin'],
    ['50% of #1?.txt', '50_ of _1_.txt'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['..', 'file'],
    ['.hidden', 'hidden'],
    ['trailing. . ', 'trailing'],
    ['C:\\temp\\x', 'C__temp_x'],
    ['line\nbreak\u0000.bin', 'linebreak.bin'],
    ['txt.\u202Eexe.gpj', 'txt.exe.gpj'],
    ['👩‍💻 code.zip', '👩‍💻 code.zip'],
    ['\uD800lone.bin', 'lone.bin'],
    ['e\u0301.bin', 'é.bin'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['', 'file'],
    ['???', '___'],
  ])('%j becomes %j', (name, expected) => {
    expect(safeName(name)).toBe(expected);
  });

  test('keeps its extension when it is too long for a file system', () => {
    const name = safeName(`${'é'.repeat(300)}.tar`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name.endsWith('é.tar')).toBe(true);
  });

  test('is one segment that every file system takes, whatever the input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        const safe = safeName(name);
        expect(Buffer.byteLength(safe)).toBeGreaterThan(0);
        expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(255);
        expect(safe).not.toMatch(/[\\/:*?"<>|#%\p{Cc}\p{Cs}]|^[.\s]|[.\s]$/u);
        expect(safeName(safe)).toBe(safe);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('names of one folder', () => {
  test('are told apart, also where case does not count', () => {
    expect(uniqueSafeNames(['a.bin', 'A.bin', 'a.bin', 'b'])).toEqual([
      'a.bin',
      'A (2).bin',
      'a (3).bin',
      'b',
    ]);
  });

  test('never collide', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 3 }), { maxLength: 30 }), (names) => {
        const unique = uniqueSafeNames(names).map((name) => name.toLowerCase());
        expect(new Set(unique).size).toBe(names.length);
      }),
    );
  });

  test('stay within 255 bytes when a number is added', () => {
    const long = `${'x'.repeat(251)}.bin`;
    const [, second = ''] = uniqueSafeNames([long, long]);
    expect(Buffer.byteLength(second)).toBeLessThanOrEqual(255);
    expect(second.endsWith(' (2).bin')).toBe(true);
  });
});

describe('the folder of a torrent', () => {
  test.each([
    [['disc 1.iso', 'disc 2.iso', 'disc 10.iso'], 'disc'],
    [['readings 2025.csv', 'readings 2026 – café.csv', 'readings.bin'], 'readings'],
    [['a.iso', 'b.iso', 'c.iso'], 'a and 2 more'],
    [['ünïcode-a.txt', 'ünïcode-b.txt'], 'ünïcode'],
  ])('of %j is %j', (names, expected) => {
    expect(folderNameFor(names)).toBe(expected);
  });
});
