import { createTraffic } from '../../../server/src/library/traffic';
import type { Traffic, TrafficTable } from '../../../server/src/library/traffic-table';

const none = (): Traffic => ({ webSeed: 0, everseed: 0, downloaded: 0 });

/** A table in memory that can refuse. */
function tableOf(stored: Record<string, Traffic> = {}) {
  const rows = new Map(Object.entries(stored));
  const written: number[] = [];
  let isLocked = false;
  const peers = (row: Traffic) => Math.max(0, row.downloaded - row.webSeed - row.everseed);
  const table: TrafficTable = {
    add(changes) {
      if (isLocked) return Promise.reject(new Error('locked'));
      written.push(changes.length);
      for (const [infoHash, change] of changes) {
        const row = rows.get(infoHash) ?? none();
        rows.set(infoHash, {
          webSeed: row.webSeed + change.webSeed,
          everseed: row.everseed + change.everseed,
          downloaded: row.downloaded + change.downloaded,
        });
      }
      return Promise.resolve();
    },
    find: (infoHashes) =>
      Promise.resolve(
        new Map(infoHashes.flatMap((key) => (rows.has(key) ? [[key, rows.get(key)!]] : []))),
      ),
    totals: () =>
      Promise.resolve({
        webSeed: [...rows.values()].reduce((sum, row) => sum + row.webSeed, 0),
        everseed: [...rows.values()].reduce((sum, row) => sum + row.everseed, 0),
        peers: [...rows.values()].reduce((sum, row) => sum + peers(row), 0),
      }),
  };
  return { table, rows, written, lock: (locked: boolean) => (isLocked = locked) };
}

const background = {} as never;
const counters = (table: TrafficTable, sizes: Record<string, number> = { a: 1000, b: 100 }) =>
  createTraffic({ table, background, sizeOf: (infoHash) => sizes[infoHash] ?? null });

test('bytes are added in memory and written in one go', async () => {
  const { table, rows, written } = tableOf({ a: { webSeed: 5, everseed: 0, downloaded: 7 } });
  const traffic = counters(table);
  for (let i = 0; i < 1000; i += 1) traffic.served('webSeed', 'a', 3);
  traffic.served('everseed', 'b', 50);
  expect(await traffic.totals()).toEqual({ webSeed: 3005, everseed: 50, peers: 0 });
  expect(written).toEqual([]);
  await traffic.flush();
  expect(written).toEqual([2]);
  expect(rows.get('a')).toEqual({ webSeed: 3005, everseed: 0, downloaded: 7 });
  expect(await traffic.totals()).toEqual({ webSeed: 3005, everseed: 50, peers: 0 });
  await traffic.flush();
  expect(written).toEqual([2]);
});

test('nothing is lost or counted twice when the database refuses', async () => {
  const { table, rows, lock } = tableOf();
  const traffic = counters(table);
  traffic.served('webSeed', 'a', 10);
  lock(true);
  await expect(traffic.flush()).rejects.toThrow('locked');
  traffic.served('webSeed', 'a', 1);
  expect((await traffic.of(['a'])).get('a')).toEqual({ webSeed: 11, everseed: 0, peers: 0 });
  lock(false);
  await traffic.flush();
  expect(rows.get('a')).toEqual({ webSeed: 11, everseed: 0, downloaded: 0 });
});

test('peers have given what clients had in the end and not from the site, torrent by torrent', async () => {
  const { table } = tableOf({ c: { webSeed: 500, everseed: 0, downloaded: 100 } });
  const traffic = counters(table);
  for (let i = 0; i < 4; i += 1) traffic.downloaded('a', 1000);
  traffic.served('webSeed', 'a', 600);
  traffic.served('everseed', 'a', 400);
  expect((await traffic.of(['a'])).get('a')).toEqual({ webSeed: 600, everseed: 400, peers: 3000 });
  // What the site gave of another one to who never finished takes nothing away.
  expect(await traffic.totals()).toEqual({ webSeed: 1100, everseed: 400, peers: 3000 });
});

test.each([
  ['more than the torrent holds', 'a', 2 ** 60, 1000],
  ['less, as one who had the rest already', 'a', 10, 10],
  ['nothing', 'a', 0, 0],
  ['of what is no torrent of ours', 'unknown', 1000, 0],
])('a client that says %s', async (_what, infoHash, says, counted) => {
  const traffic = counters(tableOf().table);
  traffic.downloaded(infoHash, says);
  expect((await traffic.of([infoHash])).get(infoHash)?.peers).toBe(counted);
  expect(traffic.sinceStart.downloaded).toBe(counted);
});
