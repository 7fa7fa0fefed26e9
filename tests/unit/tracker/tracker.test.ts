import {
  createTracker,
  MemorySwarmStore,
  TRACKER_DEFAULTS,
  type AnnounceReply,
  type AnnounceRequest,
  type InfoHash,
} from '../../../server/src/tracker';
import { endpoint4, handClock, hashNumber, seededRandom } from '../../contract/swarm-fixtures';

const HASH = hashNumber(1);

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

function open(admit: (infoHash: InfoHash, passkey: string | null) => number = () => 0) {
  const clock = handClock();
  const tracker = createTracker({ gate: { admit }, clock, random: seededRandom(4) });
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

it('forgets a peer that stays away for two intervals', async () => {
  const { tracker, clock, announce } = open();
  await announce(request(1));
  clock.advance(2 * TRACKER_DEFAULTS.interval);
  tracker.sweep();
  expect(tracker.counts(HASH).leechers).toBe(1);
  clock.advance(1);
  expect(tracker.sweep()).toBe(true);
  expect(tracker.counts(HASH).leechers).toBe(0);
});

it('removes the peers of a reader who lost his rights, and nobody else', async () => {
  const { tracker, announce } = open((_, passkey) => (passkey === null ? 0 : Number(passkey)));
  await announce(request(1));
  await announce(request(2, { passkey: '7' }));
  await announce(request(3, { passkey: '7', infoHash: hashNumber(2) }));
  await announce(request(4, { passkey: '8' }));
  expect(tracker.dropOwnerFrom(HASH, 7)).toBe(1);
  expect(tracker.counts(hashNumber(2)).leechers).toBe(1);
  expect(tracker.dropOwner(7)).toBe(1);
  expect(tracker.totals()).toEqual({ swarms: 1, peers4: 2, peers6: 0 });
  const { swarm } = await announce(request(9));
  expect(swarm.count4).toBe(2);
});

it('closes a torrent and keeps its counter, or forgets both', async () => {
  const { tracker, announce } = open();
  tracker.restoreCompleted(HASH, 5);
  await announce(request(1));
  tracker.dropPeers(HASH);
  expect(tracker.counts(HASH)).toMatchObject({ leechers: 0, completed: 5 });
  await announce(request(1));
  tracker.dropSwarm(HASH);
  expect(tracker.counts(HASH)).toMatchObject({ leechers: 0, completed: 0 });
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
