import { createSourceCheck, mediaAttributes } from '../../../admin/src/builder/source-check';

describe('the media attributes of a type under edit', () => {
  it('are those that stay, saved or not', () => {
    const attributes = [
      { name: 'title', type: 'string' },
      { name: 'file', type: 'media' },
      { name: 'cover', type: 'media', status: 'REMOVED' },
      { name: 'audio', type: 'media', status: 'NEW' },
    ];
    expect(mediaAttributes(attributes)).toEqual(['file', 'audio']);
  });

  it('are none where there is no type', () => {
    expect(mediaAttributes(undefined)).toEqual([]);
  });
});

describe('the source of a torrent field', () => {
  it.each<[string, unknown, boolean]>([
    ['a media attribute', 'file', true],
    ['nothing chosen', undefined, true],
    ['files picked in the field', '', true],
    ['an attribute of another type', 'title', false],
    ['no text at all', 7, false],
  ])('may it be %s', (_what, source, accepted) => {
    const check = createSourceCheck();
    check.tell(['file']);
    expect(check.accepts(source)).toBe(accepted);
  });

  it('is judged by the type that was told last', () => {
    const check = createSourceCheck();
    check.tell(['file']);
    check.tell(['cover']);
    expect(check.accepts('file')).toBe(false);
  });
});
