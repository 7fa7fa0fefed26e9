/** The readers of the matrix: in words, for the rule, and as they really come to a site's doors. */

import { createHash } from 'node:crypto';
import { createTorrentTokens } from '../../../../server/src/access';
import { createUser, get, roleId } from '../content';
import type { TestSite } from '../strapi';

const USER = 'plugin::users-permissions.user';
const PERMISSION = 'plugin::users-permissions.permission';

export type Action = 'find' | 'findOne';

/** Which actions a role has on which types. */
export type Grants = Record<string, Record<string, readonly Action[]>>;

/** A reader in words; `role` is what the rule goes by. */
export interface ReaderCase {
  name: string;
  kind: 'public' | 'user' | 'token';
  /** Of a user; `null`: without one. */
  role?: string | null;
  /** May not even log in any more. */
  isOut?: boolean;
  token?: { type: 'full-access' | 'read-only' | 'custom'; actions?: readonly string[] };
}

export const READERS: readonly ReaderCase[] = [
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

/** What a reader shows at the doors. */
export interface Identity {
  bearer?: string;
  passkey?: string;
  userId?: number;
}

/** Gives every role just its grants, and every reader what he needs to knock. */
export async function makeReaders(
  site: TestSite,
  readers: readonly ReaderCase[],
  grants: Grants,
): Promise<Map<ReaderCase, Identity>> {
  const identities = new Map<ReaderCase, Identity>();
  // While his role may read something, a user is given a passkey.
  const member = await roleId(site.strapi, 'member');
  const data = { action: 'api::secret.secret.find', role: member };
  await site.strapi.db.query(PERMISSION).create({ data });
  for (const reader of readers) identities.set(reader, await identify(site, reader));
  for (const [role, types] of Object.entries(grants)) await grant(site, role, types);
  for (const [reader, identity] of identities) await settle(site, reader, identity);
  const store = site.strapi.store({ type: 'plugin', name: 'users-permissions', key: 'advanced' });
  await store.set({ value: { ...((await store.get({})) as object), email_confirmation: true } });
  return identities;
}

async function identify(site: TestSite, reader: ReaderCase): Promise<Identity> {
  if (reader.kind === 'public') return {};
  if (reader.token !== undefined)
    return { bearer: await apiToken(site, reader.name, reader.token) };
  const { id, bearer } = await createUser(site.strapi, reader.name, 'member');
  const { body } = await get(`${site.url}/api/bittorrent/passkey`, bearer);
  return { bearer, userId: id, passkey: (body['data'] as { passkey: string }).passkey };
}

async function apiToken(
  { strapi }: TestSite,
  name: string,
  token: NonNullable<ReaderCase['token']>,
): Promise<string> {
  const tokens = strapi.service('admin::api-token-content-api') as unknown as {
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

async function grant({ strapi }: TestSite, role: string, types: Grants[string]): Promise<void> {
  const id = await roleId(strapi, role);
  await strapi.db.query(PERMISSION).deleteMany({ where: { role: { id } } });
  for (const [type, actions] of Object.entries(types)) {
    for (const action of actions) {
      const data = { action: `api::${type}.${type}.${action}`, role: id };
      await strapi.db.query(PERMISSION).create({ data });
    }
  }
}

/** Every user was a member when he got his passkey; now he becomes what he is in this matrix. */
async function settle(
  { strapi }: TestSite,
  reader: ReaderCase,
  { userId }: Identity,
): Promise<void> {
  if (userId === undefined) return;
  const role = reader.role == null ? null : await roleId(strapi, reader.role);
  const data = {
    role,
    blocked: reader.name === 'blocked',
    confirmed: reader.name !== 'unconfirmed',
  };
  await strapi.db.query(USER).update({ where: { id: userId }, data });
}

/** What the user's .torrent would hold, also for users who are not given one any more. */
export function tokenOf(
  { strapi }: TestSite,
  { passkey, userId }: Identity,
  infoHash: string,
): string {
  if (passkey === undefined || userId === undefined) return 'public';
  const tokens = createTorrentTokens({
    secrets: strapi.config.get<string[]>('server.app.keys'),
    store: { findAll: () => Promise.resolve([]), save: () => Promise.resolve() },
    passkeyHashOf: () => createHash('sha256').update(passkey).digest('hex'),
    onWithdrawn: () => undefined,
  });
  return tokens.issue(userId, infoHash)!;
}
