/** Entry states of a site with rules of its own: a policy and a middleware on the route of one entry. */

import { documents } from '../content';
import type { TestSite } from '../strapi';
import { create, dig, GRANTS, place, TORRENT, type EntryCase } from './entries';
import { READERS, type Grants, type ReaderCase } from './readers';
import type { Place, SiteWords } from './rule';

const BOTH = ['find', 'findOne'] as const;

export const GUARDED_GRANTS: Grants = {
  ...GRANTS,
  public: { ...GRANTS['public'], guarded: BOTH, lobby: ['find'] },
  member: { ...GRANTS['member'], guarded: BOTH, lobby: ['find'] },
  finder: { ...GRANTS['finder'], guarded: ['find'] },
  onefinder: { ...GRANTS['onefinder'], guarded: ['findOne'] },
};

const custom = (name: string, actions: readonly string[]): ReaderCase => ({
  name,
  kind: 'token',
  token: { type: 'custom', actions: actions.map((action) => `api::guarded.guarded.${action}`) },
});

export const GUARDED_READERS: readonly ReaderCase[] = [
  ...READERS,
  custom('custom token for guardeds', BOTH),
  custom('custom token that lists guardeds', ['find']),
];

const EVERYBODY = GUARDED_READERS.map(({ name }) => name);

const GUESTS: Record<string, readonly string[]> = {
  nobody: [],
  'one member': ['member'],
  'some of each kind': ['anonymous', 'onefinder', 'read-only token', 'custom token for guardeds'],
  everybody: EVERYBODY,
};

type Words = Pick<SiteWords, 'guests' | 'embargo'>;

const guarded = (words: Words, isPublished = true): Place => ({
  ...place('guarded', isPublished),
  site: { action: 'findOne', ...words },
});

const stored = ({ guests, embargo = false }: Words) => ({ guests: guests.join(), embargo });

const generated = Object.entries(GUESTS).flatMap(([whom, guests]): EntryCase[] => {
  const words = { guests };
  const embargoed = { guests, embargo: true };
  return [
    {
      name: `a guarded entry for ${whom}`,
      type: 'guarded',
      places: [guarded(words)],
      make: (site, file) => create(site, 'guarded', { ...stored(words), file }),
    },
    {
      name: `a guarded entry for ${whom}, but not yet`,
      type: 'guarded',
      places: [guarded(embargoed)],
      make: (site, file) => create(site, 'guarded', { ...stored(embargoed), file }),
    },
    {
      name: `a guarded entry for ${whom} that shows it in a component`,
      type: 'guarded',
      places: [guarded(words)],
      populate: 'populate=download',
      pick: (data) => dig(data, 'download', 'torrent'),
      selection: `download { ${TORRENT} }`,
      make: (site, file) => create(site, 'guarded', { ...stored(words), download: { file } }),
    },
    {
      name: `a guarded entry for ${whom} whose torrent a release shows as well`,
      type: 'guarded',
      places: [guarded(words), place('release')],
      async make(site, file) {
        await create(site, 'release', { files: [file] });
        return create(site, 'guarded', { ...stored(words), file });
      },
    },
  ];
});

export const GUARDED_ENTRIES: readonly EntryCase[] = [
  ...generated,
  {
    name: 'a guarded draft for everybody',
    type: 'guarded',
    places: [guarded({ guests: EVERYBODY }, false)],
    make: (site, file) =>
      create(site, 'guarded', { ...stored({ guests: EVERYBODY }), file }, 'draft'),
  },
  {
    name: 'a guarded entry whose French is for members and whose English for others',
    type: 'guarded',
    places: [guarded({ guests: ['member'] }), guarded({ guests: ['onefinder', 'anonymous'] })],
    locale: 'fr',
    make: makeInTwoLocales,
  },
  {
    name: 'a guarded entry that was for everybody, and is for a member by now',
    type: 'guarded',
    places: [guarded({ guests: ['member'] })],
    async make(site, file) {
      const documentId = await create(site, 'guarded', { ...stored({ guests: EVERYBODY }), file });
      const data = stored({ guests: ['member'] });
      await documents(site.strapi, 'guarded').update({ documentId, data, status: 'published' });
      return documentId;
    },
  },
  {
    name: 'a single type with a policy',
    type: 'lobby',
    isSingle: true,
    places: [{ ...place('lobby'), site: { action: 'find', guests: ['member'] } }],
    make: (site, file) => create(site, 'lobby', { guests: 'member', file }),
  },
];

async function makeInTwoLocales({ strapi }: TestSite, file: number): Promise<string> {
  const guardeds = documents(strapi, 'guarded');
  const english = { guests: 'onefinder,anonymous', file };
  const { documentId } = await guardeds.create({ data: english, status: 'published' });
  const french = { guests: 'member', file };
  await guardeds.update({ documentId, locale: 'fr', data: french, status: 'published' });
  return documentId;
}
