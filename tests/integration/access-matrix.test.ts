/**
 * Readers × entry states × doors. What is expected comes from a model that is written from the
 * words of the rule, and shares no code with what it judges.
 */

import { createHash, randomBytes } from 'node:crypto';
import { createTorrentTokens } from '../../server/src/access';
import {
  allow,
  createUser,
  documents,
  eventually,
  get,
  roleId,
  upload,
  type TestUser,
} from './support/content';
import { announce, isAdmitted, scrape } from './support/doors';
import { startSite, type TestSite } from './support/strapi';

const USER = 'plugin::users-permissions.user';
const PERMISSION = 'plugin::users-permissions.permission';

/** Which actions a role has on which types. */
const GRANTS: Record<string, Record<string, readonly ('find' | 'findOne')[]>> = {
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

/** A reader in words; `role` is what the rule goes by. */
interface ReaderCase {
  name: string;
  kind: 'public' | 'user' | 'token';
  /** Of a user; `null`: without one. */
  role?: string | null;
  /** May not even log in any more. */
  isOut?: boolean;
  token?: { type: 'full-access' | 'read-only' | 'custom'; actions?: readonly string[] };
}

const READERS: readonly ReaderCase[] = [
  { name: 'anonymous', kind: 'public' },
  { name: 'member', kind: 'user', role: 'member' },
  { name: 'finder', kind: 'user', role: 'finder' },
  { name: 'onefinder', kind: 'user', role: 'onefinder' },
  { name: 'empty', kind: 'user', role: 'empty' },
  { name: 'roleless', kind: 'user', role: null, isOut: true },
  { name: 'blocked', kind: 'user', role: 'member', isOut: true },
  { name: 'unconfirmed', kind: 'user', role: 'member', isOut: true },
  { name: 'full-access token', kind: 'token', token: { type: 'full-access' } },
  { name: 'read-only token', kind: 'token', token: { type: 'read-only' } },
  {
    name: 'custom token for secrets',
    kind: 'token',
    token: { type: 'custom', actions: ['api::secret.secret.find', 'api::secret.secret.findOne'] },
  },
  {
    name: 'custom token for uploads',
    kind: 'token',
    token: { type: 'custom', actions: ['plugin::upload.content-api.find'] },
  },
];

/** One place of a torrent: what the rule's words speak of. */
interface Place {
  type: string;
  isPublished: boolean;
  /** The field's own roles. */
  only?: readonly string[];
}

interface EntryCase {
  name: string;
  /** The entry that is asked for. */
  type: string;
  /** Everywhere its torrent is shown, itself first. */
  places: readonly Place[];
  locale?: string;
  /** Where the value sits, in REST and in GraphQL. */
  pick?: (data: Record<string, unknown>) => unknown;
  selection?: string;
  make: (media: number) => Promise<string>;
}

const TORRENT = 'torrent { infoHash }';
const place = (type: string, isPublished = true): Place => ({ type, isPublished });

const ENTRIES: readonly EntryCase[] = [
  {
    name: 'a published release',
    type: 'release',
    places: [place('release')],
    make: (media) => create('release', { files: [media] }),
  },
  {
    name: 'a published secret',
    type: 'secret',
    places: [place('secret')],
    make: (media) => create('secret', { file: media }),
  },
  {
    name: 'a draft release',
    type: 'release',
    places: [place('release', false)],
    make: (media) => create('release', { files: [media] }, 'draft'),
  },
  {
    name: 'a secret that was published once',
    type: 'secret',
    places: [place('secret', false)],
    async make(media) {
      const documentId = await create('secret', { file: media });
      await documents(site.strapi, 'secret').unpublish({ documentId });
      return documentId;
    },
  },
  {
    name: 'a deleted release',
    type: 'release',
    places: [],
    async make(media) {
      const documentId = await create('release', { files: [media] });
      await eventually(() => infoHashOf('release', documentId));
      await documents(site.strapi, 'release').delete({ documentId });
      return documentId;
    },
  },
  {
    name: 'a secret whose torrent a page shows as well',
    type: 'secret',
    places: [place('secret'), place('page')],
    async make(media) {
      await create('page', { hero: { download: { file: media } } });
      return create('secret', { file: media });
    },
  },
  {
    name: 'a page whose torrent a secret shows as well',
    type: 'page',
    places: [place('page'), place('secret')],
    pick: (data) => dig(data, 'hero', 'download', 'torrent'),
    selection: `hero { download { ${TORRENT} } }`,
    async make(media) {
      await create('secret', { file: media });
      return create('page', { hero: { download: { file: media } } });
    },
  },
  {
    name: 'a draft secret whose torrent a page shows as well',
    type: 'secret',
    places: [place('secret', false), place('page')],
    async make(media) {
      await create('page', { hero: { download: { file: media } } });
      return create('secret', { file: media }, 'draft');
    },
  },
  {
    name: 'a type without drafts whose field is for members',
    type: 'narrow',
    places: [{ ...place('narrow'), only: ['member'] }],
    make: (media) => create('narrow', { file: media }, undefined),
  },
  {
    name: 'a page that shows it in a component only',
    type: 'page',
    places: [place('page')],
    pick: (data) => dig(data, 'hero', 'download', 'torrent'),
    selection: `hero { download { ${TORRENT} } }`,
    make: (media) => create('page', { hero: { heading: 'H', download: { file: media } } }),
  },
  {
    name: 'a page that shows it in a dynamic zone only',
    type: 'page',
    places: [place('page')],
    pick: (data) => dig((data['blocks'] as unknown[] | undefined)?.[0], 'torrent'),
    selection: `blocks { ... on ComponentSharedDownload { ${TORRENT} } }`,
    make: (media) => create('page', { blocks: [{ __component: 'shared.download', file: media }] }),
  },
  {
    name: 'an article that is published in French only',
    type: 'article',
    places: [place('article'), place('article', false)],
    locale: 'fr',
    async make(media) {
      const articles = documents(site.strapi, 'article');
      const { documentId } = await articles.create({ data: { title: 'Draft' } });
      const data = { title: 'Publié', file: media };
      await articles.update({ documentId, locale: 'fr', data, status: 'published' });
      return documentId;
    },
  },
];

const DOORS = [
  'torrentFile',
  'details',
  'list',
  'rest',
  'graphql',
  'announce',
  'scrape',
  'webSeed',
] as const;
type Door = (typeof DOORS)[number];

/** The rule in words: published there, the type readable, and not narrowed away. */
function mayHaveAt(reader: ReaderCase, { type, isPublished, only = [] }: Place): boolean {
  if (!isPublished || reader.isOut === true) return false;
  if (reader.token !== undefined) {
    if (reader.token.type === 'full-access') return true;
    if (only.length > 0) return false;
    if (reader.token.type === 'read-only') return true;
    return (reader.token.actions ?? []).some((action) => action.startsWith(`api::${type}.`));
  }
  const role = reader.kind === 'public' ? 'public' : (reader.role ?? '');
  if (only.length > 0 && !only.includes(role)) return false;
  return (GRANTS[role]?.[type] ?? []).length > 0;
}

/** `null`: this reader has no way to knock at this door. */
function expected(reader: ReaderCase, entry: EntryCase, door: Door): boolean | null {
  const mayHave = entry.places.some((one) => mayHaveAt(reader, one));
  const isPeer = door === 'announce' || door === 'scrape' || door === 'webSeed';
  if (isPeer) return reader.kind === 'token' ? null : mayHave;
  if (door !== 'rest' && door !== 'graphql') return mayHave;
  // There it is in the entry, which Strapi itself must show: all of it goes by the entry's own place.
  const [own] = entry.places;
  if (own === undefined || !own.isPublished || reader.isOut === true) return false;
  const readsEntry = mayHaveAt(reader, { ...own, only: [] });
  return (
    readsEntry &&
    entry.places.filter((one) => one.type === own.type).some((one) => mayHaveAt(reader, one))
  );
}

interface Identity {
  bearer?: string;
  passkey?: string;
  userId?: number;
}

interface Made {
  documentId: string;
  infoHash: string;
  name: string;
}

let site: TestSite;
const identities = new Map<ReaderCase, Identity>();
const made = new Map<EntryCase, Made>();

async function create(type: string, data: object, status = 'published'): Promise<string> {
  const all = { title: type, ...data };
  return (await documents(site.strapi, type).create({ data: all, status })).documentId;
}

function dig(value: unknown, ...path: string[]): unknown {
  return path.reduce((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], value);
}

/** From the plugin's own tables: no door is asked. */
async function infoHashOf(type: string, entryId: string): Promise<string> {
  const placement = (await site.strapi.db
    .query('plugin::bittorrent.placement')
    .findOne({ where: { entryId, contentType: `api::${type}.${type}` } })) as {
    jobKey: string;
  } | null;
  const job = (await site.strapi.db
    .query('plugin::bittorrent.job')
    .findOne({ where: { key: placement?.jobKey ?? '' } })) as { infoHash: string | null } | null;
  if (job?.infoHash == null) throw new Error(`${type} ${entryId} has no torrent yet`);
  return job.infoHash;
}

async function makeEntry(entry: EntryCase, index: number): Promise<Made> {
  const name = `matrix ${index}.iso`;
  const media = await upload(site.strapi, name, randomBytes(20_000 + index));
  const documentId = await entry.make(media.id);
  const rows = async () => {
    const torrent = (await site.strapi.db
      .query('plugin::bittorrent.torrent')
      .findOne({ where: { name } })) as { infoHash: string } | null;
    if (torrent === null) throw new Error(`${entry.name} has no torrent yet`);
    return torrent.infoHash;
  };
  return { documentId, infoHash: await eventually(rows), name };
}

async function makeReader(reader: ReaderCase, index: number): Promise<Identity> {
  if (reader.kind === 'public') return {};
  if (reader.token !== undefined) return { bearer: await apiToken(reader.name, reader.token) };
  const user = await createUser(site.strapi, `reader${index}`, 'member');
  return { bearer: user.bearer, userId: user.id, passkey: await passkeyOf(user) };
}

async function passkeyOf({ bearer }: TestUser): Promise<string> {
  const { body } = await get(`${site.url}/api/bittorrent/passkey`, bearer);
  return (body['data'] as { passkey: string }).passkey;
}

async function apiToken(name: string, token: NonNullable<ReaderCase['token']>): Promise<string> {
  const tokens = site.strapi.service('admin::api-token-content-api') as unknown as {
    create(token: object): Promise<{ accessKey: string }>;
  };
  const { accessKey } = await tokens.create({
    name,
    description: '',
    type: token.type,
    kind: 'content-api',
    lifespan: null,
    ...(token.actions === undefined ? {} : { permissions: token.actions }),
  });
  return `Bearer ${accessKey}`;
}

/** What the user's .torrent would hold, also for users who are not given one any more. */
function tokenOf({ passkey, userId }: Identity, infoHash: string): string {
  if (passkey === undefined || userId === undefined) return 'public';
  const tokens = createTorrentTokens({
    secrets: site.strapi.config.get<string[]>('server.app.keys'),
    store: { findAll: () => Promise.resolve([]), save: () => Promise.resolve() },
    passkeyHashOf: () => createHash('sha256').update(passkey).digest('hex'),
    onWithdrawn: () => undefined,
  });
  return tokens.issue(userId, infoHash)!;
}

beforeAll(async () => {
  site = await startSite();
  const locale = site.strapi.db.query('plugin::i18n.locale');
  await locale.create({ data: { code: 'fr', name: 'French' } });
  await allow(site.strapi, 'member', 'secret');
  for (const [index, reader] of READERS.entries()) {
    identities.set(reader, await makeReader(reader, index));
  }
  for (const [role, types] of Object.entries(GRANTS)) {
    const id = await roleId(site.strapi, role);
    await site.strapi.db.query(PERMISSION).deleteMany({ where: { role: { id } } });
    for (const [type, actions] of Object.entries(types)) {
      for (const action of actions) {
        const data = { action: `api::${type}.${type}.${action}`, role: id };
        await site.strapi.db.query(PERMISSION).create({ data });
      }
    }
  }
  for (const reader of READERS) await settleReader(reader);
  const store = site.strapi.store({ type: 'plugin', name: 'users-permissions', key: 'advanced' });
  await store.set({ value: { ...((await store.get({})) as object), email_confirmation: true } });
  for (const [index, entry] of ENTRIES.entries()) made.set(entry, await makeEntry(entry, index));
  await new Promise((resolve) => setTimeout(resolve, 1000)); // the allowed second
}, 120_000);

afterAll(() => site.stop());

/** Every user was a member when he got his passkey; now he becomes what he is in this matrix. */
async function settleReader(reader: ReaderCase): Promise<void> {
  const { userId } = identities.get(reader)!;
  if (userId === undefined) return;
  const role = reader.role == null ? null : await roleId(site.strapi, reader.role);
  const data = {
    role,
    blocked: reader.name === 'blocked',
    confirmed: reader.name !== 'unconfirmed',
  };
  await site.strapi.db.query(USER).update({ where: { id: userId }, data });
}

const status = async (url: string, headers: Record<string, string>): Promise<number> =>
  (await fetch(url, { headers })).status;

async function isOpen(reader: ReaderCase, entry: EntryCase, door: Door): Promise<boolean> {
  const identity = identities.get(reader)!;
  const { documentId, infoHash, name } = made.get(entry)!;
  const headers: Record<string, string> =
    identity.bearer === undefined ? {} : { authorization: identity.bearer };
  const torrents = `${site.url}/api/bittorrent/torrents`;
  switch (door) {
    case 'torrentFile':
      return (await status(`${torrents}/${infoHash}.torrent`, headers)) === 200;
    case 'details':
      return (await status(`${torrents}/${infoHash}`, headers)) === 200;
    case 'list':
      return (await (await fetch(`${torrents}?search=${infoHash}`, { headers })).text()).includes(
        `"infoHash":"${infoHash}"`,
      );
    case 'rest':
      return restShows(entry, documentId, infoHash, headers);
    case 'graphql':
      return graphqlShows(entry, documentId, infoHash, headers);
    case 'announce':
      return isAdmitted(await announce(site.url, infoHash, identity.passkey));
    case 'scrape':
      return (await scrape(site.url, infoHash, identity.passkey)).includes('complete');
    case 'webSeed': {
      const token = tokenOf(identity, infoHash);
      const url = `${site.url}/webseed/${token}/${infoHash}/${encodeURIComponent(name)}`;
      return (await status(url, { range: 'bytes=0-9' })) === 206;
    }
  }
}

/** By its own route or in the list: a role may have one of the two actions only. */
async function restShows(
  { type, locale, pick = ({ torrent }) => torrent }: EntryCase,
  documentId: string,
  infoHash: string,
  headers: Record<string, string>,
): Promise<boolean> {
  const populate =
    type === 'page' ? 'populate[hero][populate]=download&populate[blocks][populate]=*' : '';
  const query = `${populate}${locale === undefined ? '' : `&locale=${locale}`}`;
  const one = await fetch(`${site.url}/api/${type}s/${documentId}?${query}`, { headers });
  const list = await fetch(`${site.url}/api/${type}s?filters[documentId]=${documentId}&${query}`, {
    headers,
  });
  const rows = [one, list].map(async (response) => {
    const { data } = (await response.json()) as { data: unknown };
    return Array.isArray(data) ? (data as unknown[]) : [data];
  });
  return (await Promise.all(rows))
    .flat()
    .filter((row) => row !== null && row !== undefined)
    .some((row) => dig(pick(row as Record<string, unknown>), 'infoHash') === infoHash);
}

async function graphqlShows(
  { type, locale, selection = TORRENT }: EntryCase,
  documentId: string,
  infoHash: string,
  headers: Record<string, string>,
): Promise<boolean> {
  const where = locale === undefined ? '' : `, locale: "${locale}"`;
  const queries = [
    `{ ${type}(documentId: "${documentId}"${where}) { ${selection} } }`,
    `{ ${type}s(filters: { documentId: { eq: "${documentId}" } }${where}) { ${selection} } }`,
  ];
  const answers = queries.map(async (query) => {
    const response = await fetch(`${site.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    return response.text();
  });
  return (await Promise.all(answers)).some((text) => text.includes(`"infoHash":"${infoHash}"`));
}

describe.each(ENTRIES)('$name', (entry) => {
  test.each(READERS)('for $name', async (reader) => {
    const actual: Record<string, boolean | null> = {};
    const wanted: Record<string, boolean | null> = {};
    for (const door of DOORS) {
      wanted[door] = expected(reader, entry, door);
      actual[door] = wanted[door] === null ? null : await isOpen(reader, entry, door);
    }
    expect(actual).toEqual(wanted);
  });
});

test('the matrix opens and closes every door', () => {
  for (const door of DOORS) {
    const all = ENTRIES.flatMap((entry) => READERS.map((reader) => expected(reader, entry, door)));
    expect(new Set(all.filter((one) => one !== null))).toEqual(new Set([true, false]));
  }
});
