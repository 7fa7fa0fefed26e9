import {
  createTracker,
  MemorySwarmStore,
  TRACKER_DEFAULTS,
  type AnnounceReply,
  type AnnounceRequest,
  type InfoHash,
  type TrackerConfig,
  type TrackerDeps,
} from '../../../server/src/tracker';
import {
  endpoint4,
  endpointAt,
  handClock,
  hashNumber,
  name4,
  peersOf,
  seededRandom,
} from '../../contract/swarm-fixtures';

const HASH = hashNumber(1);
/** Seconds that a small swarm is told, before chance makes it a tenth more or less. */
const SMALL_SWARM = 360;

const request = (n: number, more: Partial<AnnounceRequest> = {}): AnnounceRequest => ({
  transport: 'http',
  infoHash: HASH,
  passkey: null,
  endpoint: endpoint4(n),
  family: 4,
  port: 6881,
  event: 'none',
  left: 5,
  uploaded: 0,
  downloaded: 0,
  numwant: -1,
  ...more,
});

function open(
  admit: (infoHash: InfoHash, passkey: string | null) => number = () => 0,
  config: Partial<TrackerConfig> = {},
  more: Partial<TrackerDeps> = {},
) {
  const clock = handClock();
  const deps = { gate: { admit }, clock, random: seededRandom(4), config };
  const tracker = createTracker({ ...deps, ...more });
  const announce = async (it: AnnounceRequest) => (await tracker.announce(it)) as AnnounceReply;
  return { tracker, clock, announce };
}

it('has sensible numbers when nothing is configured, within what tracker lists accept', () => {
  const { config } = open().tracker;
  expect(config).toEqual(TRACKER_DEFAULTS);
  expect(config.interval).toBeGreaterThanOrEqual(300);
  expect(config.interval).toBeLessThanOrEqual(10_800);
  expect(config.minInterval).toBeLessThanOrEqual(config.interval);
});

it('tells of what a client says that it has downloaded once, when it has finished', async () => {
  const told: [InfoHash, number][] = [];
  const onDownloaded = (infoHash: InfoHash, bytes: number) => told.push([infoHash, bytes]);
  const { tracker, announce } = open(undefined, {}, { onDownloaded });
  const twin = hashNumber(2);
  tracker.link(twin, HASH);
  await announce(request(1, { downloaded: 3, left: 2 }));
  expect(told).toEqual([]);
  await announce(request(1, { infoHash: twin, event: 'completed', downloaded: 5, left: 0 }));
  await announce(request(1, { event: 'completed', downloaded: 500, left: 0 }));
  await announce(request(1, { event: 'stopped', downloaded: 500, left: 0 }));
  tracker.countCompleted(twin, 7);
  expect(told).toEqual([
    [HASH, 5],
    [HASH, 7],
  ]);
});

it('forgets a peer that stays away for two of the longest intervals that it can be told', async () => {
  const { tracker, clock, announce } = open();
  await announce(request(1));
  clock.advance(2 * SMALL_SWARM * 1.1);
  tracker.sweep();
  expect(tracker.counts(HASH).leechers).toBe(1);
  clock.advance(1);
  expect(tracker.sweep()).toBe(true);
  expect(tracker.counts(HASH).leechers).toBe(0);
});

describe('the interval', () => {
  const fill = async (announce: ReturnType<typeof open>['announce'], from: number, to: number) => {
    for (let n = from; n < to; n += 1) await announce(request(n, { numwant: 0 }));
  };

  it('is short in a small swarm and grows with it up to the configured one', async () => {
    const { announce } = open();
    const within = async (base: number) => {
      const { interval } = await announce(request(1, { event: 'started' }));
      expect(interval).toBeGreaterThanOrEqual(base * 0.9);
      expect(interval).toBeLessThanOrEqual(base * 1.1);
    };
    await within(SMALL_SWARM);
    await fill(announce, 0, 51);
    await within(2 * SMALL_SWARM);
    await fill(announce, 51, 501);
    await within(4 * SMALL_SWARM);
    await fill(announce, 501, 5001);
    await within(TRACKER_DEFAULTS.interval);
  });

  it.each([
    { interval: 300, minInterval: 30 },
    { interval: 10_800, minInterval: 60 },
    { interval: 400, minInterval: 3_000 },
  ])('stays within what tracker lists accept and above the minimum for %j', async (config) => {
    const { announce } = open(undefined, config);
    for (let n = 0; n < 700; n += 1) {
      const reply = await announce(request(n, { numwant: 0 }));
      expect(reply.interval).toBeGreaterThanOrEqual(Math.max(300, config.minInterval));
      expect(reply.interval).toBeLessThanOrEqual(10_800);
      expect(reply.minInterval).toBe(config.minInterval);
    }
  });

  it('differs between peers, so that they do not come in waves, and stays for one peer', async () => {
    const { announce } = open();
    const told = new Set<number>();
    for (let n = 0; n < 40; n += 1) {
      const { interval } = await announce(request(n));
      told.add(interval);
      expect((await announce(request(n))).interval).toBe(interval);
    }
    expect(told.size).toBeGreaterThan(20);
  });

  it('never makes a peer disappear that comes when it was told, however the swarm grows', async () => {
    const { tracker, clock, announce } = open();
    let due: { n: number; at: number }[] = [];
    let now = 0;
    for (let n = 0; n < 600; n += 1) {
      const { interval } = await announce(request(n, { numwant: 0 }));
      due.push({ n, at: interval });
    }
    for (let step = 0; step < 3000; step += 1) {
      due = due.sort((a, b) => a.at - b.at);
      const next = due[0]!;
      clock.advance(next.at - now);
      now = next.at;
      while (!tracker.sweep());
      const { interval } = await announce(request(next.n, { numwant: 0 }));
      next.at += interval;
    }
    expect(tracker.totals().peers4).toBe(600);
  });
});

describe('both hashes of a hybrid', () => {
  const V2 = hashNumber(2);

  it('are one swarm for announces, scrapes, counts and drops', async () => {
    const asked: InfoHash[] = [];
    const { tracker, announce } = open((infoHash) => {
      asked.push(infoHash);
      return 0;
    });
    tracker.link(V2, HASH);
    await announce(request(1));
    expect((await announce(request(2, { infoHash: V2 }))).swarm).toMatchObject({
      leechers: 2,
      count4: 1,
    });
    expect(tracker.scrape(V2, null)).toMatchObject({ leechers: 2 });
    expect(asked).toEqual([HASH, V2, V2]);
    expect(tracker.counts(V2)).toEqual(tracker.counts(HASH));
    expect(tracker.canonical(V2)).toBe(HASH);
    tracker.restoreCompleted(V2, 4);
    await announce(request(1, { infoHash: V2, left: 0, event: 'completed' }));
    expect([...tracker.takeChangedCompleted()]).toEqual([[HASH, 5]]);
    const seen: InfoHash[] = [];
    tracker.forEachSwarm((infoHash) => seen.push(infoHash));
    expect(seen).toEqual([HASH]);
    expect(tracker.dropOwnersWhere(V2, (owner) => owner === 0)).toBe(2);
    expect(tracker.totals()).toEqual({ swarms: 0, peers4: 0, peers6: 0 });
  });

  it('meet when they are linked after peers have come', async () => {
    const merged: InfoHash[][] = [];
    const onMerged = (...hashes: InfoHash[]) => void merged.push(hashes);
    const { tracker, announce } = open(undefined, {}, { onMerged });
    await announce(request(1));
    await announce(request(2, { infoHash: V2 }));
    for (let i = 0; i < 2; i += 1) tracker.link(V2, HASH);
    expect(tracker.counts(HASH).leechers).toBe(2);
    expect(tracker.totals().swarms).toBe(1);
    expect(merged).toEqual([[V2, HASH]]);
  });

  it('part again', async () => {
    const { tracker, announce } = open();
    tracker.link(V2, HASH);
    await announce(request(2, { infoHash: V2 }));
    tracker.unlink(V2);
    expect(tracker.counts(V2).leechers).toBe(0);
    expect(tracker.counts(HASH).leechers).toBe(1);
  });

  it('make no ring', async () => {
    const { tracker, announce } = open();
    const other = hashNumber(3);
    tracker.link(V2, HASH);
    tracker.link(HASH, V2);
    tracker.link(HASH, HASH);
    tracker.link(HASH, other);
    tracker.link(other, V2);
    await announce(request(1, { infoHash: V2 }));
    for (const infoHash of [HASH, V2, other]) expect(tracker.counts(infoHash).leechers).toBe(1);
  });
});

describe('the site’s own seeder', () => {
  const ipv4 = Buffer.from([93, 184, 216, 34, 26, 225]);
  const ipv6 = endpointAt('2606:2800::7').subarray(0, 18);
  const named = ({ swarm }: AnnounceReply) => peersOf(swarm);

  it('comes behind the peers of a downloader who has room, in both families', async () => {
    const { tracker, announce } = open();
    tracker.setOwnSeeder({ ipv4, ipv6, has: (infoHash) => infoHash === HASH });
    await announce(request(1, { left: 0 }));
    const reply = await announce(request(2));
    expect(named(reply)).toEqual([name4(endpoint4(1)), name4(ipv4), ipv6.toString('hex')]);
    expect(reply.swarm).toMatchObject({ seeders: 1, leechers: 1 });
    expect(named(await announce(request(1, { left: 0, infoHash: hashNumber(2) })))).toEqual([]);
    expect(named(await announce(request(3, { infoHash: hashNumber(2) })))).not.toContain(
      name4(ipv4),
    );
    tracker.setOwnSeeder(null);
    expect(named(await announce(request(2)))).toEqual([name4(endpoint4(1))]);
  });

  it('is nothing to seeders, to who leaves and to who wants nobody', async () => {
    const { tracker, announce } = open();
    tracker.setOwnSeeder({ ipv4, has: () => true });
    expect(named(await announce(request(1, { left: 0 })))).toEqual([]);
    expect(named(await announce(request(2, { numwant: 0 })))).toEqual([]);
    expect(named(await announce(request(2, { event: 'stopped' })))).toEqual([]);
  });

  it('stays away from a full answer, unless nobody else seeds', async () => {
    const { tracker, announce } = open();
    tracker.setOwnSeeder({ ipv4, has: () => true });
    for (let n = 0; n < 5; n += 1) await announce(request(n));
    const orphaned = named(await announce(request(1, { numwant: 3 })));
    expect(orphaned).toHaveLength(3);
    expect(orphaned.at(-1)).toBe(name4(ipv4));
    await announce(request(9, { left: 0 }));
    const healthy = named(await announce(request(1, { numwant: 3 })));
    expect(healthy).toHaveLength(3);
    expect(healthy).not.toContain(name4(ipv4));
  });

  it('is asked with the number of others that have it all', async () => {
    const { tracker, announce } = open();
    tracker.setOwnSeeder({ ipv4, has: (_, seeders) => seeders < 2 });
    await announce(request(1, { left: 0 }));
    expect(named(await announce(request(9)))).toContain(name4(ipv4));
    await announce(request(2, { left: 0 }));
    expect(named(await announce(request(9)))).not.toContain(name4(ipv4));
    await announce(request(2, { event: 'stopped', left: 0 }));
    expect(named(await announce(request(9)))).toContain(name4(ipv4));
  });

  it('on a private address is named only to those who can reach it', async () => {
    const { tracker, announce } = open();
    const own = endpointAt('192.168.0.2').subarray(0, 6);
    tracker.setOwnSeeder({ ipv4: own, has: () => true });
    expect(named(await announce(request(1)))).toEqual([]);
    const near = await announce(request(2, { endpoint: endpointAt('192.168.0.9') }));
    expect(named(near)).toEqual([name4(endpoint4(1)), own.toString('hex')]);
  });
});

describe('the same answer for who comes too early', () => {
  it('has the same peers and interval, byte for byte', async () => {
    const { clock, announce } = open();
    for (let n = 0; n < 200; n += 1) await announce(request(n));
    const shown = async (event: 'none' | 'started') => {
      const { interval, swarm } = await announce(request(7, { event, numwant: 20 }));
      return [interval, peersOf(swarm)];
    };
    const first = await shown('started');
    clock.advance(20);
    expect(await shown('none')).toEqual(first);
  });
});

it('removes the peers of a reader who lost his rights, and nobody else', async () => {
  const { tracker, announce } = open((_, passkey) => (passkey === null ? 0 : Number(passkey)));
  await announce(request(1));
  await announce(request(2, { passkey: '7' }));
  await announce(request(3, { passkey: '7', infoHash: hashNumber(2) }));
  await announce(request(4, { passkey: '8' }));
  expect(tracker.dropOwnersWhere(HASH, (owner) => owner === 7)).toBe(1);
  expect(tracker.counts(hashNumber(2)).leechers).toBe(1);
  expect(tracker.dropOwner(7)).toBe(1);
  expect(tracker.totals()).toEqual({ swarms: 1, peers4: 2, peers6: 0 });
  const { swarm } = await announce(request(9));
  expect(swarm.count4).toBe(2);
});

it('keeps the counter of a torrent whose peers are gone', async () => {
  const { tracker, announce } = open();
  tracker.restoreCompleted(HASH, 5);
  await announce(request(1));
  tracker.dropOwnersWhere(HASH, () => true);
  expect(tracker.counts(HASH)).toMatchObject({ leechers: 0, completed: 5 });
});

it('tells aria2 with a magnet of seeders, though it says that nothing is left; other seeders are not', async () => {
  const { announce } = open();
  await announce(request(1, { left: 0 }));
  const peersOf = async (more: object): Promise<number> =>
    (await announce(request(2, { left: 0, event: 'started', ...more }))).swarm.count4;
  expect(await peersOf({})).toBe(1);
  expect(await peersOf({ event: 'none' })).toBe(0);
  expect(await peersOf({ uploaded: 1 })).toBe(0);
  expect(await peersOf({ downloaded: 1 })).toBe(0);
});

it('counts aria2 with a magnet: nothing left at first, then all, and a goodbye at the end', async () => {
  const { tracker, announce } = open();
  await announce(request(1, { event: 'started', left: 0 }));
  await announce(request(1, { event: 'started', left: 500 }));
  await announce(request(1, { event: 'stopped', left: 0, downloaded: 500 }));
  expect(tracker.counts(HASH)).toMatchObject({ seeders: 0, completed: 1 });
});

it('hands out changed counters for saving', async () => {
  const { tracker, announce } = open();
  await announce(request(1));
  await announce(request(1, { event: 'completed', left: 0 }));
  expect([...tracker.takeChangedCompleted()]).toEqual([[HASH, 1]]);
});

it('visits living swarms for sorting', async () => {
  const { tracker, announce } = open();
  await announce(request(1, { left: 0 }));
  await announce(request(2));
  const seen: unknown[] = [];
  tracker.forEachSwarm((...swarm) => seen.push(swarm));
  expect(seen).toEqual([[HASH, 1, 1, 0]]);
});

it('takes a goodbye even from where it would refuse a peer', async () => {
  const { tracker, announce } = open();
  await announce(request(1));
  expect(await announce(request(1, { port: 80 }))).toMatchObject({ code: 'service-port' });
  expect(await announce(request(1, { port: 80, event: 'stopped' }))).toMatchObject({
    kind: 'peers',
  });
  expect(tracker.totals().peers4).toBe(0);
});

describe('the sweeping timer', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('sweeps from start to stop, once however often it was started', async () => {
    const { tracker, clock, announce } = open();
    await announce(request(1));
    clock.advance(2 * TRACKER_DEFAULTS.interval + 1);
    tracker.start();
    tracker.start();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1000);
    expect(tracker.counts(HASH).leechers).toBe(0);
    tracker.stop();
    tracker.stop();
    expect(jest.getTimerCount()).toBe(0);
    await announce(request(1));
    clock.advance(2 * TRACKER_DEFAULTS.interval + 1);
    jest.advanceTimersByTime(5000);
    expect(tracker.counts(HASH).leechers).toBe(1);
  });

  it('tells of an error and goes on', () => {
    const clock = handClock();
    const random = seededRandom(1);
    const store = new MemorySwarmStore({ clock, random, limits: TRACKER_DEFAULTS });
    const sweep = jest.spyOn(store, 'sweep').mockImplementation(() => {
      throw new Error('torn');
    });
    const onFault = jest.fn();
    const tracker = createTracker({ gate: { admit: () => 0 }, clock, random, store, onFault });
    tracker.start();
    jest.advanceTimersByTime(3000);
    tracker.stop();
    expect(sweep).toHaveBeenCalledTimes(3);
    expect(onFault.mock.calls.map(([error]: [Error]) => error.message)).toEqual([
      'torn',
      'torn',
      'torn',
    ]);
  });
});

it('does not keep the process alive by its timer', () => {
  const { tracker } = open();
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  tracker.start();
  const during = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  tracker.stop();
  expect(during).toBe(before); // unref'd timers are not listed
});
