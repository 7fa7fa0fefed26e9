import {
  mediaIdentity,
  mediaNames,
  moveItem,
  readStoredValue,
  toConfirmedValue,
  toSeededValue,
  toStoredValue,
} from '../../../admin/src/field/stored-value';

describe('the value that a form holds for a torrent field', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a text that is not JSON', '{"files":'],
    ['a JSON text of null', 'null'],
    ['a number', 42],
    ['a boolean', true],
    ['a list', ['a']],
    ['an empty object', {}],
    ['files that are no list', { files: 'a' }],
    ['files of odd kinds', { files: [null, 1, '', {}, { documentId: 7 }] }],
    ['a job of an odd kind', { job: 12 }],
  ])('counts as empty when it is %s', (_what, value) => {
    expect(readStoredValue(value)).toEqual({ files: [] });
  });

  it('gives the picked files in order, each once, and the job', () => {
    const value = { files: ['b', 'a', 'b'], job: 'k', revision: 3, infoHash: 'forged' };
    expect(readStoredValue(value)).toEqual({ files: ['b', 'a'], job: 'k' });
  });

  it('may be a JSON text', () => {
    expect(readStoredValue('{"files":["a"],"job":"k"}')).toEqual({ files: ['a'], job: 'k' });
  });

  it('may hold whole media in place of their ids', () => {
    expect(readStoredValue({ files: [{ documentId: 'a', name: 'x' }] })).toEqual({ files: ['a'] });
  });

  it('is written back as the choice of files alone', () => {
    expect(toStoredValue(['a', 'b'])).toEqual({ files: ['a', 'b'] });
  });

  it('is null when no file is left', () => {
    expect(toStoredValue([])).toBeNull();
    expect(toStoredValue([], { seed: false })).toBeNull();
  });

  it('keeps the other settings when one is changed, and forgets a confirmation of other files', () => {
    const stored = readStoredValue({ job: 'k', confirmUnprotected: true, seed: false });
    expect(toSeededValue(stored, true)).toEqual({ job: 'k', confirmUnprotected: true, seed: true });
    expect(toConfirmedValue(readStoredValue({ files: ['a'], seed: false }))).toEqual({
      files: ['a'],
      confirmUnprotected: true,
      seed: false,
    });
    expect(toConfirmedValue(readStoredValue({ job: 'k', seed: true }))).toEqual({
      confirmUnprotected: true,
      seed: true,
    });
    expect(toStoredValue(['b'], stored)).toEqual({ files: ['b'], seed: false });
    expect(readStoredValue({ job: 'k', seed: true })).toEqual({ files: [], job: 'k' });
  });
});

describe('moving a picked file', () => {
  it.each<[string, number, -1 | 1, string[]]>([
    ['up', 1, -1, ['b', 'a', 'c']],
    ['down', 1, 1, ['a', 'c', 'b']],
    ['above the first place', 0, -1, ['a', 'b', 'c']],
    ['below the last place', 2, 1, ['a', 'b', 'c']],
    ['that is not there', 9, -1, ['a', 'b', 'c']],
  ])('%s', (_where, index, step, expected) => {
    expect(moveItem(['a', 'b', 'c'], index, step)).toEqual(expected);
  });
});

describe('the media of a sibling attribute', () => {
  it.each<[string, unknown, string[], string]>([
    ['none', null, [], ''],
    ['none yet', undefined, [], ''],
    ['one', { id: 1, documentId: 'a', name: 'x.iso' }, ['x.iso'], 'a'],
    ['one without a document id', { id: 1, name: 'x.iso' }, ['x.iso'], '1'],
    [
      'many',
      [
        { documentId: 'a', name: 'x' },
        { documentId: 'b', name: 'y' },
      ],
      ['x', 'y'],
      'a,b',
    ],
    ['something else', 'text', [], ''],
  ])('can be %s', (_what, value, names, identity) => {
    expect(mediaNames(value)).toEqual(names);
    expect(mediaIdentity(value)).toBe(identity);
  });
});
