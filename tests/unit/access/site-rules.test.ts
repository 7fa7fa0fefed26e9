/** `access.allow`: a rule of the site's own, asked at every door, that can only narrow. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import {
  createAccess,
  createGate,
  createRegistry,
  createRoleTable,
  createSiteRules,
  createUserTable,
  type Reader,
  type SiteRulesDeps,
  type Subject,
} from '../../../server/src/access';
import { infoHashFromHex, infoHashToHex, REFUSAL } from '../../../server/src/tracker';

const RELEASE = 'api::release.release';
const HEX = randomBytes(20).toString('hex');
const HASH = infoHashFromHex(HEX)!;

const torrent: Subject & { state: 'current' } = {
  state: 'current',
  infoHash: HEX,
  name: 'release.iso',
  size: 5,
  exposures: [
    { contentType: RELEASE, entryId: 'entry', locale: null, published: true, roles: [] },
    { contentType: RELEASE, entryId: 'draft', locale: null, published: false, roles: [] },
  ],
};

type Rule = (reader: Reader, entryId: string) => boolean | Promise<boolean>;

function setUp(allow: Rule, more: Pick<SiteRulesDeps, 'isReady' | 'mustNotWait'> = {}) {
  const roles = createRoleTable();
  roles.replace(
    [
      { id: 1, type: 'public' },
      { id: 2, type: 'member' },
    ],
    [{ action: `${RELEASE}.find`, roleId: 2 }],
  );
  const users = createUserTable();
  users.replace([{ id: 7, roleId: 2, blocked: false, confirmed: true }], {
    confirmationRequired: false,
  });
  const registry = createRegistry();
  registry.set(HASH, torrent);
  const clock = { now: 0 };
  const calls: string[] = [];
  const faults: unknown[] = [];
  const lost: Reader[] = [];
  const rules = createSiteRules({
    rules: [
      (reader, { entryId }) => {
        calls.push(entryId);
        return allow(reader, entryId);
      },
    ],
    clock: () => clock.now,
    onFault: (error) => faults.push(error),
    onLost: (reader) => lost.push(reader),
    ...more,
  });
  const access = createAccess({ roles, rules });
  const gate = createGate({
    registry: registry,
    access,
    users,
    userOf: () => 7,
    hexOf: infoHashToHex,
    isOpen: () => true,
    refusal: REFUSAL,
  });
  return { access, gate, rules, clock, calls, faults, lost };
}

const member: Reader = { kind: 'user', userId: 7, roleId: 2 };

/** Until promises that wait for nothing else have settled. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the rule narrows what Strapi permits, and is not asked about anything else', async () => {
  const { access, calls } = setUp(() => true);
  expect(await access.mayRead(member, torrent)).toBe(true);
  expect(calls).toEqual(['entry']);
  expect(await access.mayRead({ kind: 'public' }, torrent)).toBe(false);
  expect(calls).toEqual(['entry']);
  expect(await setUp(() => Promise.resolve(false)).access.mayRead(member, torrent)).toBe(false);
});

test.each<[string, Rule]>([
  [
    'throws',
    () => {
      throw new Error('no');
    },
  ],
  ['rejects', () => Promise.reject(new Error('no'))],
  ['answers something else than true', () => 'yes' as unknown as boolean],
])('a rule that %s refuses', async (_, allow) => {
  const { access, faults } = setUp(allow);
  expect(await access.mayRead(member, torrent)).toBe(false);
  expect(faults.length).toBeLessThanOrEqual(1);
});

test('an announce is told to come back while the rule is being asked, and is admitted then', async () => {
  const { gate } = setUp(() => Promise.resolve(true));
  expect(gate.admit(HASH, 'key')).toBe(REFUSAL.checking);
  await settled();
  expect(gate.admit(HASH, 'key')).toBe(7);
});

test('answers are remembered for ten seconds; then announces get the last one while a new one comes', async () => {
  const allowed = { value: true };
  const { gate, access, clock, calls, lost } = setUp(() => allowed.value);
  expect(await access.mayRead(member, torrent)).toBe(true);
  allowed.value = false;
  clock.now = 9_999;
  expect(await access.mayRead(member, torrent)).toBe(true);
  expect(calls).toHaveLength(1);
  clock.now = 10_001;
  expect(gate.admit(HASH, 'key')).toBe(7);
  await settled();
  expect(gate.admit(HASH, 'key')).toBe(REFUSAL.forbidden);
  expect(gate.mayStay(HASH, 7)).toBe(false);
  expect(calls).toHaveLength(2);
  expect(lost).toEqual([member]);
});

test('a change of the site makes answers old at once', async () => {
  const allowed = { value: true };
  const { access, rules } = setUp(() => allowed.value);
  expect(await access.mayRead(member, torrent)).toBe(true);
  allowed.value = false;
  rules.expire();
  expect(await access.mayRead(member, torrent)).toBe(false);
});

test('questions asked at the same moment are one, and no more than eight run at once', async () => {
  const running = { now: 0, most: 0 };
  const { access, calls } = setUp(async () => {
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    await settled();
    running.now -= 1;
    return true;
  });
  const same = await Promise.all(
    [member, member, member].map((one) => access.mayRead(one, torrent)),
  );
  expect(same).toEqual([true, true, true]);
  expect(calls).toHaveLength(1);
  const many = Array.from({ length: 100 }, (_, n): Reader => ({ ...member, userId: 100 + n }));
  const answers = await Promise.all(many.map((one) => access.mayRead(one, torrent)));
  expect(answers.every((one) => one)).toBe(true);
  expect(running.most).toBe(8);
});

test('before the rules can be asked nobody passes, nobody is put out, and nothing is remembered', async () => {
  const ready = { value: false };
  const { access, gate, calls, lost } = setUp(() => true, { isReady: () => ready.value });
  expect(await access.mayRead(member, torrent)).toBe(false);
  expect(gate.admit(HASH, 'key')).toBe(REFUSAL.checking);
  expect(gate.mayStay(HASH, 7)).toBe(true);
  await settled();
  expect(calls).toEqual([]);
  ready.value = true;
  expect(await access.mayRead(member, torrent)).toBe(true);
  expect(lost).toEqual([]);
});

test('inside of a transaction nobody waits: the last answer counts, and without one it is no', async () => {
  const inside = { value: true };
  const { access, rules } = setUp(() => Promise.resolve(true), {
    mustNotWait: () => inside.value,
  });
  expect(await access.mayRead(member, torrent)).toBe(false);
  await settled();
  expect(await access.mayRead(member, torrent)).toBe(true);
  rules.expire();
  expect(await access.mayRead(member, torrent)).toBe(true);
  inside.value = false;
  expect(await access.mayRead(member, torrent)).toBe(true);
});

test('a rule is asked outside of the request or transaction that the question came from', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const { access } = setUp(() => {
    seen.push(storage.getStore());
    return true;
  });
  await storage.run('a transaction', () => access.mayRead(member, torrent));
  expect(seen).toEqual([undefined]);
});
