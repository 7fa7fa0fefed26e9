import type { Core } from '@strapi/strapi';
import { createTorrentFields } from '../../../server/src/library/torrent-fields';
import { fieldInstances, populateOf, type Row } from '../../../server/src/library/field-instances';

const torrent = (options: object = {}) => ({
  type: 'json',
  customField: 'plugin::bittorrent.torrent',
  options,
});

/** Schemas are plain data: this is all of Strapi that is asked for. */
const strapi = {
  contentTypes: {
    'api::page.page': {
      attributes: {
        title: { type: 'string' },
        media: { type: 'media' },
        torrent: torrent({ source: 'media', roles: 'member, editor ,', private: 'always' }),
        hero: { type: 'component', component: 'c.section' },
        list: { type: 'component', repeatable: true, component: 'c.download' },
        zone: { type: 'dynamiczone', components: ['c.download', 'c.text'] },
      },
    },
    'api::plain.plain': { attributes: { title: { type: 'string' } } },
    'api::wrong.wrong': {
      attributes: { file: { type: 'media' }, torrent: torrent({ source: 'title' }) },
    },
    'api::linked.linked': {
      attributes: { page: { type: 'relation', relation: 'oneToOne', target: 'api::page.page' } },
    },
    'api::twice.twice': {
      attributes: { l: { type: 'relation', relation: 'oneToOne', target: 'api::linked.linked' } },
    },
    'api::morph.morph': { attributes: { any: { type: 'relation', relation: 'morphToMany' } } },
  },
  components: {
    'c.section': { attributes: { download: { type: 'component', component: 'c.download' } } },
    'c.download': { attributes: { file: { type: 'media' }, torrent: torrent({ source: 'file' }) } },
    'c.text': { attributes: { body: { type: 'text' } } },
    'c.loop': { attributes: { again: { type: 'component', component: 'c.loop' }, t: torrent() } },
  },
} as unknown as Core.Strapi;

const fields = createTorrentFields(strapi);

test('finds the content types that hold a torrent field at any depth', () => {
  expect(fields.contentTypes()).toEqual(['api::page.page', 'api::wrong.wrong']);
  expect(fields.treeOf('api::plain.plain')).toBeNull();
});

test('reads options with their defaults', () => {
  expect(fields.treeOf('api::page.page')?.fields).toEqual([
    {
      attribute: 'torrent',
      source: 'media',
      format: 'v1',
      private: 'always',
      webSeed: true,
      seed: true,
      roles: ['member', 'editor'],
    },
  ]);
});

test('says which source names no media attribute', () => {
  expect(fields.problems()).toEqual([
    {
      schema: 'api::wrong.wrong',
      attribute: 'torrent',
      message: 'its source "title" is not a media attribute of api::wrong.wrong (it has file)',
    },
  ]);
});

test('knows from where a torrent can be reached, so that nothing else is traversed', () => {
  const reachable = (uid: string) => fields.isReachableFrom(uid);
  expect(reachable('api::page.page')).toBe(true);
  expect(reachable('api::linked.linked')).toBe(true);
  expect(reachable('api::twice.twice')).toBe(true);
  expect(reachable('api::morph.morph')).toBe(true);
  expect(reachable('api::plain.plain')).toBe(false);
});

test('without any torrent field nothing is reachable, not even through morphs', () => {
  const unused = createTorrentFields({
    contentTypes: { 'api::morph.morph': strapi.contentTypes['api::morph.morph' as never] },
    components: {},
  } as unknown as Core.Strapi);
  expect(unused.isReachableFrom('api::morph.morph')).toBe(false);
});

test('loads what it needs and nothing more', () => {
  const tree = fields.treeOf('api::page.page')!;
  const download = { select: ['id', 'torrent'], populate: { file: {} } };
  expect(populateOf(tree, ['id'])).toEqual({
    select: ['id', 'torrent'],
    populate: {
      media: {},
      hero: { select: ['id'], populate: { download } },
      list: download,
      zone: { on: { 'c.download': download } },
    },
  });
});

test('lists the fields of a row with their place and holder', () => {
  const row: Row = {
    id: 1,
    torrent: { job: 'x' },
    media: { documentId: 'm', id: 9 },
    hero: { id: 2, download: { id: 3, torrent: null, file: null } },
    list: [{ id: 4 }, { id: 5, file: { documentId: 'n', id: 8 } }],
    zone: [
      { id: 6, __component: 'c.text' },
      { id: 7, __component: 'c.download' },
      { id: 8, __component: 'c.gone' },
    ],
  };
  const tree = fields.treeOf('api::page.page')!;
  const found = [...fieldInstances(tree, 'api::page.page', row)];
  expect(found.map(({ path, holder, sourceMedia }) => [path, holder, sourceMedia.length])).toEqual([
    ['torrent', { uid: 'api::page.page', id: 1 }, 1],
    ['hero.download.torrent', { uid: 'c.download', id: 3 }, 0],
    ['list.0.torrent', { uid: 'c.download', id: 4 }, 0],
    ['list.1.torrent', { uid: 'c.download', id: 5 }, 1],
    ['zone.1.torrent', { uid: 'c.download', id: 7 }, 0],
  ]);
});

test('tolerates rows whose parts are missing', () => {
  const tree = fields.treeOf('api::page.page')!;
  const found = [...fieldInstances(tree, 'api::page.page', { id: 1 })];
  expect(found.map(({ path }) => path)).toEqual(['torrent']);
});
