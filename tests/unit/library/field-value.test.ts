import fc from 'fast-check';
import { parseFieldInput, parseStored } from '../../../server/src/library/field-value';
import { jobKey, type JobFile, type JobOptions } from '../../../server/src/library/job';
import { createKeyedMutex } from '../../../server/src/library/keyed-mutex';

describe('what a client sends', () => {
  const USUAL = { confirmed: false, seed: true };

  test.each([
    [null, { kind: 'selection', files: [], settings: USUAL }],
    [{ files: [] }, { kind: 'selection', files: [], settings: USUAL }],
    [{ files: ['a', 7] }, { kind: 'selection', files: ['a', 7], settings: USUAL }],
    [
      { files: ['a'], confirmUnprotected: true },
      { kind: 'selection', files: ['a'], settings: { ...USUAL, confirmed: true } },
    ],
    [
      { files: ['a'], seed: false },
      { kind: 'selection', files: ['a'], settings: { ...USUAL, seed: false } },
    ],
    [
      { job: 'k', confirmUnprotected: true },
      { kind: 'settings', settings: { confirmed: true } },
    ],
    [{ confirmUnprotected: false }, { kind: 'settings', settings: { confirmed: false } }],
    [
      { job: 'k', seed: false },
      { kind: 'settings', settings: { seed: false } },
    ],
    [
      { seed: true, confirmUnprotected: true },
      { kind: 'settings', settings: { confirmed: true, seed: true } },
    ],
    [{ confirmUnprotected: 'yes' }, { kind: 'unchanged' }],
    [{}, { kind: 'unchanged' }],
    [{ infoHash: 'f'.repeat(40), job: 'x' }, { kind: 'unchanged' }],
    [{ status: 'ready', files: [{ path: 'x', size: 1 }] }, { kind: 'unchanged' }],
  ])('%j is %j', (value, expected) => {
    expect(parseFieldInput(value, 'torrent')).toEqual(expected);
  });

  test('is a selection, unchanged, or a validation error; nothing else', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          const { kind } = parseFieldInput(value, 'torrent');
          expect(['unchanged', 'settings', 'selection']).toContain(kind);
        } catch (error) {
          expect(error).toMatchObject({ name: 'ValidationError' });
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('what is stored', () => {
  test.each([
    [null, {}],
    [undefined, {}],
    ['an older shape', {}],
    [{ magnet: 'x' }, {}],
    [
      { files: ['a', 1], job: 'k', revision: 2, more: 1 },
      { files: ['a'], job: 'k', revision: 2 },
    ],
    [{ confirmUnprotected: true, files: 1 }, { confirmUnprotected: true }],
    [{ confirmUnprotected: 1 }, {}],
    [
      { seed: false, job: 'k' },
      { seed: false, job: 'k' },
    ],
    [{ seed: true }, {}],
  ])('%j is read as %j', (value, expected) => {
    expect(parseStored(value)).toEqual(expected);
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.anything(), (value) => expect(parseStored(value)).toBeDefined()));
  });
});

describe('the identity of a job', () => {
  const file: JobFile = { documentId: 'a', name: 'n', path: 'p', size: 1, fingerprint: '1-1' };
  const options: JobOptions = {
    format: 'v1',
    private: false,
    pieceLength: null,
    source: null,
    name: 'n',
  };
  const key = jobKey([file], options);

  test('does not depend on names', () => {
    const renamed = { ...file, name: 'other', path: 'other' };
    expect(jobKey([renamed], { ...options, name: 'other' })).toBe(key);
  });

  test.each<[string, JobFile[], JobOptions]>([
    ['other bytes', [{ ...file, fingerprint: '1-2' }], options],
    ['another file', [{ ...file, documentId: 'b' }], options],
    ['one more file', [file, { ...file, documentId: 'b' }], options],
    ['the private flag', [file], { ...options, private: true }],
    ['the piece length', [file], { ...options, pieceLength: 16_384 }],
    ['the source', [file], { ...options, source: 'x' }],
  ])('depends on %s', (_, files, other) => {
    expect(jobKey(files, other)).not.toBe(key);
  });
});

test('work on one key runs one after the other, also after a failure', async () => {
  const exclusively = createKeyedMutex();
  const log: string[] = [];
  const work =
    (name: string, fails = false) =>
    async () => {
      log.push(`${name} starts`);
      await Promise.resolve();
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
    };
  const first = exclusively('a', work('first', true));
  const second = exclusively('a', work('second'));
  const other = exclusively('b', work('other'));
  await expect(first).rejects.toThrow('first');
  await Promise.all([second, other]);
  expect(log.filter((line) => !line.startsWith('other'))).toEqual([
    'first starts',
    'first ends',
    'second starts',
    'second ends',
  ]);
});
