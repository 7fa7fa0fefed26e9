import fc from 'fast-check';
import {
  createPasskeys,
  createTorrentTokens,
  type PasskeyRow,
  type PasskeyStore,
  type Withdrawal,
  type WithdrawalStore,
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

describe('tokens of one torrent', () => {
  const OTHER = 'b'.repeat(40);

  function setUp(secrets: string[] = ['secret'], store = withdrawals()) {
    const hashes = new Map([
      [36, 'hash'],
      [37, 'other'],
    ]);
    const withdrawn: [number, string][] = [];
    const tokens = createTorrentTokens({
      secrets,
      store,
      passkeyHashOf: (userId) => hashes.get(userId),
      onWithdrawn: (userId, infoHash) => void withdrawn.push([userId, infoHash]),
    });
    return { tokens, hashes, withdrawn, store };
  }

  function withdrawals(): WithdrawalStore {
    let rows: Withdrawal[] = [];
    return {
      findAll: () => Promise.resolve([...rows]),
      save(row) {
        rows = rows.filter((r) => r.userId !== row.userId || r.infoHash !== row.infoHash);
        rows.push(row);
        return Promise.resolve();
      },
    };
  }

  test('open one torrent to one user, each time they are asked', () => {
    const { tokens } = setUp();
    const token = tokens.issue(36, HASH)!;
    expect(token).toMatch(/^10\.[\w-]{22}$/);
    for (let n = 0; n < 2; n += 1) {
      expect(tokens.userOf(token, HASH)).toBe(36);
      expect(tokens.userOf(token, OTHER)).toBeUndefined();
    }
    expect(tokens.issue(37, HASH)).not.toBe(token);
    expect(tokens.issue(38, HASH)).toBeNull();
  });

  test('fit into a URL that BEP 41 can carry in one option', () => {
    const { tokens, hashes } = setUp();
    hashes.set(2 ** 31 - 1, 'x');
    const query = `/announce?passkey=${tokens.issue(2 ** 31 - 1, HASH)!}`;
    expect(query.length).toBeLessThanOrEqual(255);
    expect(encodeURI(query)).toBe(query);
  });

  test('end with the passkey, with the user, and with the secret, also when they were seen before', () => {
    const { tokens, hashes } = setUp();
    const token = tokens.issue(36, HASH)!;
    expect(tokens.userOf(token, HASH)).toBe(36);
    hashes.set(36, 'rotated');
    expect(tokens.userOf(token, HASH)).toBeUndefined();
    const fresh = tokens.issue(36, HASH)!;
    expect(tokens.userOf(fresh, HASH)).toBe(36);
    hashes.delete(36);
    expect(tokens.userOf(fresh, HASH)).toBeUndefined();
    expect(setUp(['another']).tokens.userOf(token, HASH)).toBeUndefined();
  });

  test('outlive a new secret that is put before the old one', () => {
    const token = setUp(['old']).tokens.issue(36, HASH)!;
    const { tokens } = setUp(['new', 'old']);
    expect(tokens.userOf(token, HASH)).toBe(36);
    expect(tokens.issue(36, HASH)).not.toBe(token);
  });

  test('can be withdrawn alone, for good', async () => {
    const { tokens, store, withdrawn } = setUp();
    const [token, elsewhere, theirs] = [
      tokens.issue(36, HASH)!,
      tokens.issue(36, OTHER)!,
      tokens.issue(37, HASH)!,
    ];
    expect(tokens.userOf(token, HASH)).toBe(36);
    await tokens.withdraw(36, HASH);
    expect(withdrawn).toEqual([[36, HASH]]);
    expect(tokens.userOf(token, HASH)).toBeUndefined();
    expect(tokens.userOf(elsewhere, OTHER)).toBe(36);
    expect(tokens.userOf(theirs, HASH)).toBe(37);
    const second = tokens.issue(36, HASH)!;
    await tokens.withdraw(36, HASH);
    const restarted = setUp(['secret'], store);
    await restarted.tokens.load();
    for (const old of [token, second]) {
      expect(restarted.tokens.userOf(old, HASH)).toBeUndefined();
    }
    expect(restarted.tokens.userOf(tokens.issue(36, HASH)!, HASH)).toBe(36);
  });

  test('withdrawn in another process end here when the rows are read again', async () => {
    const { tokens, store, withdrawn } = setUp();
    const token = tokens.issue(36, HASH)!;
    expect(tokens.userOf(token, HASH)).toBe(36);
    await setUp(['secret'], store).tokens.withdraw(36, HASH);
    await tokens.load();
    expect(tokens.userOf(token, HASH)).toBeUndefined();
    expect(withdrawn).toEqual([[36, HASH]]);
  });

  test('are no links, and links are no tokens and have an end', async () => {
    const { tokens } = setUp();
    const link = tokens.issueLink(36, HASH, 1000)!;
    expect(tokens.linkUserOf(link, HASH, 999)).toBe(36);
    expect(tokens.linkUserOf(link, HASH, 1000)).toBeUndefined();
    expect(tokens.linkUserOf(link, OTHER, 999)).toBeUndefined();
    expect(tokens.userOf(link, HASH)).toBeUndefined();
    expect(tokens.linkUserOf(tokens.issue(36, HASH)!, HASH, 0)).toBeUndefined();
    const [user, , mac] = link.split('.');
    expect(tokens.linkUserOf(`${user!}.zzz.${mac!}`, HASH, 999)).toBeUndefined();
    await tokens.withdraw(36, HASH);
    expect(tokens.linkUserOf(link, HASH, 999)).toBeUndefined();
  });

  test('cannot be made by changing one', () => {
    const { tokens } = setUp();
    const token = tokens.issue(36, HASH)!;
    fc.assert(
      fc.property(
        fc.nat(token.length - 1),
        fc.constantFrom('0', '9', 'a', 'z', 'A', 'Z', '-', '_', '.'),
        (at, character) => {
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          // The last character of 16 bytes in base64 has unused bits: several spell the same token.
          fc.pre(changed !== token && at < token.length - 1);
          expect(tokens.userOf(changed, HASH)).toBeUndefined();
        },
      ),
    );
  });

  test('of any text are refused without an exception', () => {
    const { tokens } = setUp();
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(tokens.userOf(text, HASH)).toBeUndefined();
        expect(tokens.linkUserOf(text, HASH, 0)).toBeUndefined();
      }),
    );
  });
});
