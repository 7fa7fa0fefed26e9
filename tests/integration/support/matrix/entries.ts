/** The entry states of the matrix that a site without rules of its own can have. */

import { documents, eventually } from '../content';
import type { TestSite } from '../strapi';
import type { Grants } from './readers';
import type { Place } from './rule';

export interface EntryCase {
  name: string;
  /** The entry that is asked for. */
  type: string;
  isSingle?: boolean;
  /** Everywhere its torrent is shown, itself first. */
  places: readonly Place[];
  locale?: string;
  /** Where the value sits, in REST and in GraphQL. */
  populate?: string;
  pick?: (data: Record<string, unknown>) => unknown;
  selection?: string;
  /** Returns the `documentId`. */
  make: (site: TestSite, media: number) => Promise<string>;
}

export const GRANTS: Grants = {
  public: { release: ['find', 'findOne'], article: ['find', 'findOne'] },
  member: {
    secret: ['find', 'findOne'],
    narrow: ['find', 'findOne'],
    page: ['find', 'findOne'],
    article: ['find', 'findOne'],
  },
  finder: { secret: ['find'], narrow: ['find'] },
  onefinder: { secret: ['findOne'], page: ['findOne'] },
  empty: {},
};

export const TORRENT = 'torrent { infoHash }';
export const place = (type: string, isPublished = true): Place => ({ type, isPublished });

export function dig(value: unknown, ...path: string[]): unknown {
  return path.reduce((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}

export async function create(
  { strapi }: TestSite,
  type: string,
  data: object,
  status = 'published',
): Promise<string> {
  const all = { title: type, ...data };
  return (await documents(strapi, type).create({ data: all, status })).documentId;
}

const IN_HERO = {
  populate: 'populate[hero][populate]=download',
  pick: (data: Record<string, unknown>) => dig(data, 'hero', 'download', 'torrent'),
  selection: `hero { download { ${TORRENT} } }`,
};

export const ENTRIES: readonly EntryCase[] = [
  {
    name: 'a published release',
    type: 'release',
    places: [place('release')],
    make: (site, media) => create(site, 'release', { files: [media] }),
  },
  {
    name: 'a published secret',
    type: 'secret',
    places: [place('secret')],
    make: (site, media) => create(site, 'secret', { file: media }),
  },
  {
    name: 'a draft release',
    type: 'release',
    places: [place('release', false)],
    make: (site, media) => create(site, 'release', { files: [media] }, 'draft'),
  },
  {
    name: 'a secret that was published once',
    type: 'secret',
    places: [place('secret', false)],
    async make(site, media) {
      const documentId = await create(site, 'secret', { file: media });
      await documents(site.strapi, 'secret').unpublish({ documentId });
      return documentId;
    },
  },
  {
    name: 'a deleted release',
    type: 'release',
    places: [],
    async make(site, media) {
      const documentId = await create(site, 'release', { files: [media] });
      await eventually(() => expectTorrent(site, 'release', documentId));
      await documents(site.strapi, 'release').delete({ documentId });
      return documentId;
    },
  },
  {
    name: 'a secret whose torrent a page shows as well',
    type: 'secret',
    places: [place('secret'), place('page')],
    async make(site, media) {
      await create(site, 'page', { hero: { download: { file: media } } });
      return create(site, 'secret', { file: media });
    },
  },
  {
    name: 'a page whose torrent a secret shows as well',
    type: 'page',
    places: [place('page'), place('secret')],
    ...IN_HERO,
    async make(site, media) {
      await create(site, 'secret', { file: media });
      return create(site, 'page', { hero: { download: { file: media } } });
    },
  },
  {
    name: 'a draft secret whose torrent a page shows as well',
    type: 'secret',
    places: [place('secret', false), place('page')],
    async make(site, media) {
      await create(site, 'page', { hero: { download: { file: media } } });
      return create(site, 'secret', { file: media }, 'draft');
    },
  },
  {
    name: 'a type without drafts whose field is for members',
    type: 'narrow',
    places: [{ ...place('narrow'), only: ['member'] }],
    make: (site, media) => create(site, 'narrow', { file: media }, undefined),
  },
  {
    name: 'a page that shows it in a component only',
    type: 'page',
    places: [place('page')],
    ...IN_HERO,
    make: (site, media) =>
      create(site, 'page', { hero: { heading: 'H', download: { file: media } } }),
  },
  {
    name: 'a page that shows it in a dynamic zone only',
    type: 'page',
    places: [place('page')],
    populate: 'populate[blocks][populate]=*',
    pick: (data) => dig((data['blocks'] as unknown[] | undefined)?.[0], 'torrent'),
    selection: `blocks { ... on ComponentSharedDownload { ${TORRENT} } }`,
    make: (site, media) =>
      create(site, 'page', { blocks: [{ __component: 'shared.download', file: media }] }),
  },
  {
    name: 'an article that is published in French only',
    type: 'article',
    places: [place('article'), place('article', false)],
    locale: 'fr',
    async make(site, media) {
      const articles = documents(site.strapi, 'article');
      const { documentId } = await articles.create({ data: { title: 'Draft' } });
      const data = { title: 'Publié', file: media };
      await articles.update({ documentId, locale: 'fr', data, status: 'published' });
      return documentId;
    },
  },
];

/** Throws until it is there. From the plugin's own tables: no door is asked. */
async function expectTorrent({ strapi }: TestSite, type: string, entryId: string): Promise<void> {
  const where = { entryId, contentType: `api::${type}.${type}` };
  const placement = (await strapi.db.query('plugin::bittorrent.placement').findOne({ where })) as {
    jobKey: string;
  } | null;
  const key = placement?.jobKey ?? '';
  const job = (await strapi.db.query('plugin::bittorrent.job').findOne({ where: { key } })) as {
    infoHash: string | null;
  } | null;
  if (job?.infoHash == null) throw new Error(`${type} ${entryId} has no torrent yet`);
}
