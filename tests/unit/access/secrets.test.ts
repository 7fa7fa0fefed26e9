import fc from 'fast-check';
import {
  createPasskeys,
  createWebSeedTokens,
  type PasskeyRow,
  type PasskeyStore,
} from '../../../server/src/access';

const HASH = 'a'.repeat(40);

function memoryStore(): PasskeyStore & { rows: Map<number, PasskeyRow> } {
  const rows = new Map<number, PasskeyRow>();
  return {
    rows,
    find: (userId) => Promise.resolve(rows.get(userId) ?? null),
    findAll: () => Promise.resolve([...rows.values()]),
    save: (row) => Promise.resolve(void rows.set(row.userId, row)),
  };
}

function passkeys(store = memoryStore(), secret = 'secret') {
  let issued = 0;
  const withdrawn: number[] = [];
  const onIssue = () => Promise.resolve(void (issued += 1));
  const onWithdrawn = (userId: number) => void withdrawn.push(userId);
  const keys = createPasskeys({ store, secret, onIssue, onWithdrawn });
  return Object.assign(keys, { issued: () => issued, withdrawn, store });
}

describe('passkeys', () => {
  test('are made at the first call and stay the same', async () => {
    const keys = passkeys();
    const first = await keys.ensure(1);
    expect(first).toMatch(/^[0-9a-f]{32}$/);
    expect(await keys.ensure(1)).toBe(first);
    expect(await keys.ensure(2)).not.toBe(first);
    expect(keys.userOf(first)).toBe(1);
    expect(keys.issued()).toBe(2);
  });

  test('are one, also when asked for at the same moment', async () => {
    const keys = passkeys();
    const all = await Promise.all(Array.from({ length: 10 }, () => keys.ensure(1)));
    expect(new Set(all).size).toBe(1);
    expect(keys.issued()).toBe(1);
  });

  test('end when they are rotated, also for who has announced with them', async () => {
    const keys = passkeys();
    const old = await keys.ensure(1);
    expect(keys.userOf(old)).toBe(1);
    const fresh = await keys.rotate(1);
    expect(fresh).not.toBe(old);
    expect(keys.userOf(old)).toBeUndefined();
    expect(keys.userOf(fresh)).toBe(1);
    expect(keys.withdrawn).toEqual([1]);
  });

  test('that another process has rotated or removed are withdrawn when they are read again', async () => {
    const store = memoryStore();
    const keys = passkeys(store);
    await keys.load();
    const [first, second, third] = [
      await keys.ensure(1),
      await keys.ensure(2),
      await keys.ensure(3),
    ];
    const fresh = await passkeys(store).rotate(1);
    store.rows.delete(2);
    await keys.load();
    expect(keys.userOf(first)).toBeUndefined();
    expect(keys.userOf(fresh)).toBe(1);
    expect(keys.userOf(second)).toBeUndefined();
    expect(keys.userOf(third)).toBe(3);
    expect(keys.withdrawn).toEqual([1, 2]);
  });

  test('issued while the rows were being read are kept', async () => {
    const store = memoryStore();
    const findAll = store.findAll.bind(store);
    const keys = passkeys(store);
    let issued = '';
    store.findAll = async () => {
      const rows = await findAll();
      if (issued === '') issued = await keys.ensure(1);
      return rows;
    };
    await keys.load();
    expect(keys.userOf(issued)).toBe(1);
    expect(keys.withdrawn).toEqual([]);
  });

  test('survive a restart', async () => {
    const store = memoryStore();
    const key = await passkeys(store).ensure(1);
    const restarted = passkeys(store);
    await restarted.load();
    expect(restarted.userOf(key)).toBe(1);
    expect(await restarted.ensure(1)).toBe(key);
    expect(restarted.userIds()).toEqual([1]);
  });

  test('work on under another secret, and are replaced when they must be shown', async () => {
    const store = memoryStore();
    const key = await passkeys(store, 'old').ensure(1);
    const moved = passkeys(store, 'new');
    await moved.load();
    expect(moved.userOf(key)).toBe(1);
    const fresh = await moved.ensure(1);
    expect(fresh).not.toBe(key);
    expect(moved.userOf(key)).toBeUndefined();
  });

  test('are not in what is stored', async () => {
    const keys = passkeys();
    const key = await keys.ensure(1);
    const stored = JSON.stringify([...keys.store.rows.values()]);
    expect(stored).not.toContain(key);
    expect(stored).not.toContain(Buffer.from(key, 'hex').toString('base64url'));
  });

  test('that nobody has are nobody’s, whatever their shape', async () => {
    const keys = passkeys();
    await keys.ensure(1);
    const texts = fc.oneof(fc.string({ maxLength: 129 }), fc.stringMatching(/^[0-9a-f]{32}$/));
    fc.assert(fc.property(texts, (text) => expect(keys.userOf(text)).toBeUndefined()));
  });

  test('sealed rows that somebody has edited lead to a new key, not to an error', async () => {
    const keys = passkeys();
    const key = await keys.ensure(1);
    const row = keys.store.rows.get(1)!;
    for (const sealed of ['', 'x', row.sealed.slice(0, 20), `${row.sealed.slice(0, -2)}AA`]) {
      keys.store.rows.set(1, { ...row, sealed });
      expect(await keys.ensure(1)).not.toBe(key);
    }
  });
});

describe('web-seed tokens', () => {
  const tokens = createWebSeedTokens({ secret: 'secret' });
  const passkeyHashOf = (userId: number) => (userId === 36 ? 'hash' : undefined);

  test('open one torrent to one user', () => {
    const token = tokens.issue(36, 'hash', HASH);
    expect(token).toMatch(/^10\.[\w-]{22}$/);
    expect(tokens.verify(token, HASH, passkeyHashOf)).toBe(36);
    expect(tokens.verify(token, 'b'.repeat(40), passkeyHashOf)).toBeNull();
  });

  test('end with the passkey, with the user, and with the secret', () => {
    const token = tokens.issue(36, 'hash', HASH);
    expect(tokens.verify(token, HASH, () => 'rotated')).toBeNull();
    expect(tokens.verify(token, HASH, () => undefined)).toBeNull();
    const other = createWebSeedTokens({ secret: 'other' });
    expect(other.verify(token, HASH, passkeyHashOf)).toBeNull();
  });

  test('cannot be made by changing one', () => {
    const token = tokens.issue(36, 'hash', HASH);
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom('0', '9', 'a', 'z', 'A', 'Z', '-', '_', '.'),
        (at, character) => {
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          // The last character of 16 bytes in base64 has unused bits: several spell the same token.
          fc.pre(changed !== token && at < token.length - 1);
          expect(tokens.verify(changed, HASH, () => 'hash')).toBeNull();
        },
      ),
    );
  });

  test('of any text are refused without an exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) =>
        expect(tokens.verify(text, HASH, () => 'hash')).toBeNull(),
      ),
    );
  });
});
