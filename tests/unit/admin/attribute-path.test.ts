import {
  attributeAt,
  hasTorrentField,
  parentPath,
  readablePath,
  siblingPath,
} from '../../../admin/src/field/attribute-path';
import type { ComponentSchemas, Schema } from '../../../admin/src/field/attribute-path';

const torrent = { type: 'json', customField: 'plugin::bittorrent.torrent' };
const part: Schema = { attributes: { asset: { type: 'media' }, torrent } };
const note: Schema = { attributes: { asset: { type: 'string' } } };
const components: ComponentSchemas = {
  'media.part': part,
  'media.note': note,
  'media.wrapper': { attributes: { parts: { type: 'component', component: 'media.part' } } },
};
const release: Schema = {
  attributes: {
    file: { type: 'media' },
    parts: { type: 'component', component: 'media.part' },
    wrapper: { type: 'component', component: 'media.wrapper' },
    blocks: { type: 'dynamiczone', components: ['media.part', 'media.note'] },
  },
};

describe('the place of a field in the form', () => {
  it.each([
    ['torrent', 'file', 'file'],
    ['parts.0.torrent', 'asset', 'parts.0.asset'],
  ])('%s has the sibling %s at %s', (path, sibling, expected) => {
    expect(siblingPath(path, sibling)).toBe(expected);
  });

  it.each([
    ['torrent', null],
    ['blocks.1.torrent', 'blocks.1'],
  ])('%s lies in %s', (path, expected) => {
    expect(parentPath(path)).toBe(expected);
  });

  it('is shown counting from one', () => {
    expect(readablePath('blocks.0.torrent')).toEqual(['blocks', '1', 'torrent']);
  });
});

describe('the attribute at a path', () => {
  const zone = (path: string) =>
    ({ 'blocks.0': 'media.part', 'blocks.1': 'media.note', 'blocks.2': 'gone' })[path];

  it.each([
    ['file', 'media'],
    ['parts.asset', 'media'],
    ['parts.3.asset', 'media'],
    ['wrapper.parts.0.asset', 'media'],
    ['blocks.0.asset', 'media'],
    ['blocks.1.asset', 'string'],
    ['blocks.2.asset', undefined],
    ['nothing', undefined],
    ['parts.0.nothing', undefined],
    ['file.deeper', undefined],
  ])('%s is %s', (path, type) => {
    expect(attributeAt(release, components, path, zone)?.type).toBe(type);
  });
});

describe('a content type', () => {
  it.each<[string, Schema, boolean]>([
    ['of plain fields', note, false],
    ['with the field itself', part, true],
    [
      'with it in a component of a component',
      { attributes: { w: { component: 'media.wrapper' } } },
      true,
    ],
    ['with it in a dynamic zone', { attributes: { z: { components: ['media.part'] } } }, true],
    ['with a component that is gone', { attributes: { c: { component: 'gone' } } }, false],
  ])('%s is known for it', (_what, schema, expected) => {
    expect(hasTorrentField(schema, components)).toBe(expected);
  });

  it('may hold components that hold themselves', () => {
    const loop: ComponentSchemas = { 'a.loop': { attributes: { again: { component: 'a.loop' } } } };
    expect(hasTorrentField({ attributes: { c: { component: 'a.loop' } } }, loop)).toBe(false);
  });
});
