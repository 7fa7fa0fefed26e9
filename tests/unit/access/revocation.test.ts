import fc from 'fast-check';
import {
  createRevocation,
  createTransfers,
  createUserTable,
  createRoleTable,
} from '../../../server/src/access';

type Key = string;

/** Swarms as sets of owners; a clock that the test moves. */
function site(swarms: Record<Key, number[]>, lost: (infoHash: Key, owner: number) => boolean) {
  const peers = new Map(Object.entries(swarms).map(([key, owners]) => [key, new Set(owners)]));
  const transfers = createTransfers();
  const faults: unknown[] = [];
  let now = 0;
  const drop = (key: Key, hasLost: (owner: number) => boolean): number => {
    const owners = peers.get(key) ?? new Set();
    const gone = [...owners].filter(hasLost);
    gone.forEach((owner) => owners.delete(owner));
    return gone.length;
  };
  const revocation = createRevocation<Key>({
    swarms: {
      forEachSwarm: (visit) => [...peers.keys()].forEach(visit),
      dropOwnersWhere: drop,
      dropOwner: (owner) =>
        [...peers.keys()].reduce((n, key) => n + drop(key, (o) => o === owner), 0),
    },
    transfers,
    mayStay: (infoHash, owner) => !lost(infoHash, owner),
    clock: () => (now += 1), // every look costs a millisecond
    onFault: (error) => faults.push(error),
  });
  const present = () => Object.fromEntries([...peers].map(([key, owners]) => [key, [...owners]]));
  return { revocation, transfers, faults, present };
}

const turns = async (n: number): Promise<void> => {
  for (let i = 0; i < n; i += 1) await new Promise((resolve) => setImmediate(resolve));
};

test('a changed torrent loses the peers and transfers of those who may not have it, and no others', () => {
  const { revocation, transfers, present } = site(
    { a: [0, 1, 2], b: [1] },
    (_, owner) => owner === 1,
  );
  const [mine, theirs, elsewhere] = [
    transfers.open(1, 'a'),
    transfers.open(2, 'a'),
    transfers.open(1, 'b'),
  ];
  revocation.torrentChanged('a');
  expect(present()).toEqual({ a: [0, 2], b: [1] });
  expect([mine, theirs, elsewhere].map(({ isCut }) => isCut)).toEqual([true, false, false]);
});

test('changed rights are looked for in every swarm, in slices that leave announces their turn', async () => {
  const swarms = Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`t${n}`, [1, 2]]));
  const { revocation, transfers, present } = site(swarms, (_, owner) => owner === 1);
  const transfer = transfers.open(1, 't49');
  revocation.rightsChanged();
  expect(transfer.isCut).toBe(true);
  expect(Object.values(present()).filter((owners) => owners.includes(1)).length).toBeGreaterThan(
    40,
  );
  await turns(50);
  expect(Object.values(present()).every((owners) => owners.join() === '2')).toBe(true);
});

test('rights that change during a walk lead to one more walk', async () => {
  const swarms = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`t${n}`, [1, 2]]));
  const lost = new Set([1]);
  const { revocation, present } = site(swarms, (_, owner) => lost.has(owner));
  revocation.rightsChanged();
  await turns(3);
  lost.add(2);
  revocation.rightsChanged();
  await turns(60);
  expect(Object.values(present()).flat()).toEqual([]);
});

test('a withdrawn key takes its owner out, though he may come back with another', () => {
  const { revocation, transfers, present } = site({ a: [1, 2], b: [1] }, () => false);
  const [a, b] = [transfers.open(1, 'a'), transfers.open(1, 'b')];
  revocation.keyWithdrawn(1, 'a');
  expect(present()).toEqual({ a: [2], b: [1] });
  expect([a.isCut, b.isCut]).toEqual([true, false]);
  revocation.keyWithdrawn(1, null);
  expect(present()).toEqual({ a: [2], b: [] });
  expect(b.isCut).toBe(true);
});

test('an error while one torrent is looked at is told, and harms no other', async () => {
  const { revocation, faults, present } = site({ a: [1], b: [1] }, (infoHash) => {
    if (infoHash === 'a') throw new Error('broken');
    return true;
  });
  revocation.rightsChanged();
  await turns(4);
  expect(present()).toEqual({ a: [1], b: [] });
  expect(faults).toHaveLength(1);
});

test('transfers are remembered as long as they run, whatever their order', () => {
  const action = fc.record({
    kind: fc.constantFrom('open', 'release', 'cut'),
    owner: fc.nat(3),
    torrent: fc.constantFrom('a', 'b'),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const transfers = createTransfers();
      const open: {
        owner: number;
        torrent: string;
        cut: boolean;
        transfer: ReturnType<typeof transfers.open>;
      }[] = [];
      for (const { kind, owner, torrent } of actions) {
        if (kind === 'open') {
          open.push({ owner, torrent, cut: false, transfer: transfers.open(owner, torrent) });
        } else if (kind === 'release') {
          const [first] = open.splice(0, 1);
          first?.transfer.release();
          first?.transfer.release();
        } else {
          transfers.cut((key, of) => key === torrent && of === owner);
          for (const one of open) one.cut ||= one.torrent === torrent && one.owner === owner;
        }
        expect(open.map(({ transfer }) => transfer.isCut)).toEqual(open.map(({ cut }) => cut));
        const running = open.filter(({ cut }) => !cut).map((one) => `${one.owner} ${one.torrent}`);
        expect(transfers.size).toBe(running.length);
      }
    }),
  );
});

test('tables say whether a reload brought news', () => {
  const roles = createRoleTable();
  const rows = [{ id: 1, type: 'public' }];
  const find = { action: 'api::a.a.find', roleId: 1 };
  const findOne = { action: 'api::b.b.findOne', roleId: 1 };
  expect(roles.replace(rows, [find, findOne])).toBe(true);
  expect(roles.replace(rows, [findOne, find])).toBe(false);
  expect(roles.replace(rows, [find])).toBe(true);
  const users = createUserTable();
  const user = { id: 1, roleId: 1, blocked: false, confirmed: true };
  const options = { confirmationRequired: false };
  expect(users.replace([user], options)).toBe(true);
  expect(users.replace([user], options)).toBe(false);
  expect(users.replace([{ ...user, confirmed: false }], options)).toBe(false);
  expect(users.replace([{ ...user, roleId: 2 }], options)).toBe(true);
  expect(users.replace([{ ...user, blocked: true }], options)).toBe(true);
  expect(users.replace([], options)).toBe(false);
});
