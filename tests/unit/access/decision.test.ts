import {
  createAccess,
  createRoleTable,
  PUBLIC,
  readerFromAuth,
  type Exposure,
  type Reader,
  type Subject,
} from '../../../server/src/access';

const RELEASE = 'api::release.release';
const SECRET = 'api::secret.secret';
const [PUBLIC_ROLE, MEMBER, EDITOR] = [1, 2, 3];

function table() {
  const roles = createRoleTable();
  roles.replace(
    [
      { id: PUBLIC_ROLE, type: 'public' },
      { id: MEMBER, type: 'member' },
      { id: EDITOR, type: 'editor' },
    ],
    [
      { action: `${RELEASE}.find`, roleId: PUBLIC_ROLE },
      { action: `${SECRET}.findOne`, roleId: MEMBER },
      { action: `${SECRET}.update`, roleId: EDITOR },
      { action: 'plugin::upload.content-api.find', roleId: EDITOR },
    ],
  );
  return roles;
}

const exposure = (contentType: string, more: Partial<Exposure> = {}): Exposure => ({
  contentType,
  entryId: 'entry',
  locale: null,
  published: true,
  roles: [],
  ...more,
});

const subject = (...exposures: Exposure[]): Subject => ({
  infoHash: 'a'.repeat(40),
  name: 'release.iso',
  size: 1,
  exposures,
});

const user = (roleId: number | null): Reader => ({ kind: 'user', userId: 7, roleId });
const token = (type: 'full-access' | 'read-only'): Reader => ({ kind: 'api-token', id: 1, type });
const custom = (...actions: string[]): Reader => ({
  kind: 'api-token',
  id: 2,
  type: 'custom',
  actions: new Set(actions),
});

describe('who may read', () => {
  const access = createAccess({ roles: table() });

  test.each<[string, Reader, Exposure[], boolean]>([
    ['anybody, what Public may find', PUBLIC, [exposure(RELEASE)], true],
    ['nobody, a draft of it', PUBLIC, [exposure(RELEASE, { published: false })], false],
    [
      'anybody, what is shown once as a draft and once published',
      PUBLIC,
      [exposure(RELEASE, { published: false }), exposure(RELEASE)],
      true,
    ],
    ['nobody without a permission', PUBLIC, [exposure(SECRET)], false],
    ['nobody, what is shown nowhere', PUBLIC, [], false],
    ['a member, what his role may findOne', user(MEMBER), [exposure(SECRET)], true],
    [
      'not a member, what only Public may: Strapi’s roles do not inherit',
      user(MEMBER),
      [exposure(RELEASE)],
      false,
    ],
    ['not who may only update', user(EDITOR), [exposure(SECRET)], false],
    ['not a user without a role', user(null), [exposure(RELEASE)], false],
    ['not a user of a role that is gone', user(99), [exposure(RELEASE)], false],
    ['a member, one of two places', user(MEMBER), [exposure(RELEASE), exposure(SECRET)], true],
    [
      'a member, where the field is narrowed to his role',
      user(MEMBER),
      [exposure(SECRET, { roles: ['member'] })],
      true,
    ],
    [
      'not a member, where it is narrowed to another',
      user(MEMBER),
      [exposure(SECRET, { roles: ['editor'] })],
      false,
    ],
    [
      'not an editor without the permission, though the field names his role',
      user(EDITOR),
      [exposure(SECRET, { roles: ['editor'] })],
      false,
    ],
    [
      'a full-access token, everything published',
      token('full-access'),
      [exposure(SECRET, { roles: ['member'] })],
      true,
    ],
    [
      'not a full-access token, a draft',
      token('full-access'),
      [exposure(SECRET, { published: false })],
      false,
    ],
    ['a read-only token, what is not narrowed', token('read-only'), [exposure(SECRET)], true],
    [
      'not a read-only token, what is narrowed to roles',
      token('read-only'),
      [exposure(SECRET, { roles: ['member'] })],
      false,
    ],
    ['a custom token, what it may find', custom(`${SECRET}.find`), [exposure(SECRET)], true],
    ['not a custom token, other types', custom(`${RELEASE}.find`), [exposure(SECRET)], false],
    [
      'not a custom token, what it may only update',
      custom(`${SECRET}.update`),
      [exposure(SECRET)],
      false,
    ],
  ])('%s', async (_, reader, exposures, expected) => {
    const torrent = subject(...exposures);
    expect(await access.mayRead(reader, torrent)).toBe(expected);
    expect(access.judge(reader, torrent)).toBe(expected ? 'yes' : 'no');
  });

  test('a type is public when the Public role may read it, narrowed or not', () => {
    expect(access.isPublicType(RELEASE, [])).toBe(true);
    expect(access.isPublicType(RELEASE, ['public'])).toBe(true);
    expect(access.isPublicType(RELEASE, ['member'])).toBe(false);
    expect(access.isPublicType(SECRET, [])).toBe(false);
  });

  test('without users-permissions nothing is public', async () => {
    const alone = createAccess({ roles: createRoleTable() });
    const torrent = subject(exposure(RELEASE));
    expect(await alone.mayRead(PUBLIC, torrent)).toBe(false);
    expect(await alone.mayRead(token('read-only'), torrent)).toBe(true);
  });
});

describe('the reader behind a request', () => {
  const strategy = (name: string) => ({ name });

  test.each<[string, unknown, Reader]>([
    ['nothing', undefined, PUBLIC],
    ['null', null, PUBLIC],
    ['anonymous', { strategy: strategy('users-permissions'), credentials: null }, PUBLIC],
    [
      'a user',
      { strategy: strategy('users-permissions'), credentials: { id: 5, role: { id: 2 } } },
      { kind: 'user', userId: 5, roleId: 2 },
    ],
    [
      'a user without a role',
      { strategy: strategy('users-permissions'), credentials: { id: 5, role: null } },
      { kind: 'user', userId: 5, roleId: null },
    ],
    ['a user without an id', { strategy: strategy('users-permissions'), credentials: {} }, PUBLIC],
    [
      'a token',
      { strategy: strategy('content-api-token'), credentials: { id: 3, type: 'read-only' } },
      { kind: 'api-token', id: 3, type: 'read-only' },
    ],
    [
      'a custom token',
      {
        strategy: strategy('content-api-token'),
        credentials: { id: 4, type: 'custom', permissions: ['a.find', 7] },
      },
      { kind: 'api-token', id: 4, type: 'custom', actions: new Set(['a.find']) },
    ],
    ['a strategy nobody knows', { strategy: strategy('x'), credentials: { id: 1 } }, PUBLIC],
    ['no strategy', { credentials: { id: 1 } }, PUBLIC],
  ])('%s', (_, auth, expected) => {
    expect(readerFromAuth(auth)).toEqual(expected);
  });
});
