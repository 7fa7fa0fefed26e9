import {
  createTally,
  createTracker,
  createRateLimiter,
  createHttpEndpoint,
  DROP_REASONS,
  LATENCY_SAMPLE,
  MemorySwarmStore,
  REFUSAL,
  TRACKER_ERRORS,
  type InfoHash,
  type PeerUpdate,
  type SwarmStore,
} from '../../../server/src/tracker';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';

const HASH = 'a'.repeat(20) as InfoHash;
const OTHER = 'b'.repeat(20) as InfoHash;

describe('a tally', () => {
  it('counts by transport, family and outcome, and shows what happened', () => {
    const tally = createTally();
    tally.announced('http', 4, null);
    tally.announced('http', 4, null);
    tally.announced('udp', 6, TRACKER_ERRORS.forbidden);
    tally.announced('websocket', 6, TRACKER_ERRORS.internal);
    tally.scraped('udp', 4, null);
    expect(tally.snapshot()).toMatchObject({
      announces: [
        { transport: 'http', family: 4, outcome: 'ok', count: 2 },
        { transport: 'udp', family: 6, outcome: 'forbidden', count: 1 },
        { transport: 'websocket', family: 6, outcome: 'internal', count: 1 },
      ],
      scrapes: [{ transport: 'udp', family: 4, outcome: 'ok', count: 1 }],
    });
  });

  it('keeps every combination apart', () => {
    const tally = createTally();
    const expected = new Map<string, number>();
    let n = 0;
    for (const transport of ['http', 'udp', 'websocket'] as const) {
      for (const family of [4, 6] as const) {
        for (const failure of [null, ...Object.values(TRACKER_ERRORS)]) {
          n += 1;
          for (let i = 0; i < n; i += 1) tally.announced(transport, family, failure);
          expected.set(`${transport} ${family} ${failure?.code ?? 'ok'}`, n);
        }
      }
    }
    const { announces, scrapes } = tally.snapshot();
    expect(scrapes).toEqual([]);
    expect(
      new Map(announces.map((row) => [`${row.transport} ${row.family} ${row.outcome}`, row.count])),
    ).toEqual(expected);
  });

  it('shows every reason for dropping, at zero too', () => {
    const tally = createTally();
    tally.dropped('udp-connection-id');
    const { drops } = tally.snapshot();
    expect(drops.map(({ reason }) => reason)).toEqual(DROP_REASONS);
    expect(drops.filter(({ count }) => count > 0)).toEqual([
      { reason: 'udp-connection-id', count: 1 },
    ]);
  });

  it('sorts durations into buckets whose bounds belong to them', () => {
    const tally = createTally();
    for (const milliseconds of [0, 0.001, 0.0011, 0.5, 999, 5000]) tally.observe(milliseconds);
    const { bounds, counts, sum } = tally.snapshot().latency;
    expect(counts).toHaveLength(bounds.length + 1);
    expect(counts.reduce((a, b) => a + b)).toBe(6);
    expect(counts[0]).toBe(2);
    expect(counts[bounds.indexOf(2)]).toBe(1);
    expect(counts[bounds.indexOf(500)]).toBe(1);
    expect(counts[bounds.indexOf(1_000_000)]).toBe(1);
    expect(counts.at(-1)).toBe(1);
    expect(sum).toBeCloseTo(5_999_502.1);
  });
});

describe('a tracker', () => {
  function open(burst = 5, store?: SwarmStore) {
    const clock = handClock();
    const random = seededRandom(1);
    const tracker = createTracker({
      gate: { admit: (infoHash) => (infoHash === HASH ? 0 : REFUSAL.notRegistered) },
      clock,
      random,
      ...(store === undefined ? {} : { store }),
      limiter: createRateLimiter({
        config: { perMinute: 60, burst, exempt: ['127.0.0.1'] },
        clock,
        random,
      }),
    });
    const endpoint = createHttpEndpoint({ tracker });
    const announce = (address: string, infoHash = HASH, more = '', port = 6881): string =>
      endpoint.answer(
        `/announce?info_hash=${infoHash}&peer_id=-XX0001-bbbbbbbbbbbb&port=${port}${more}`,
        address,
      ) as string;
    const scrape = (address: string, query = `info_hash=${HASH}`): string =>
      endpoint.answer(`/scrape?${query}`, address) as string;
    const crowd = (): void => {
      for (let i = 0; i < 40; i += 1) announce(`90.0.${i}.1`);
    };
    return { tracker, clock, announce, scrape, crowd };
  }

  it('counts what its HTTP wire format answers, whatever it is', () => {
    const { tracker, announce, scrape } = open();
    announce('11.0.0.1');
    announce('2001:db8::1');
    announce('11.0.0.1', OTHER);
    announce('11.0.0.1', HASH, '&left=many');
    announce('nowhere');
    announce('2001:db8::1', HASH, '&port=1');
    scrape('11.0.0.1');
    scrape('2001:db8::1', '');
    const { announces, scrapes } = tracker.tally.snapshot();
    expect(announces).toEqual([
      { transport: 'http', family: 4, outcome: 'ok', count: 1 },
      { transport: 'http', family: 4, outcome: 'not-registered', count: 1 },
      { transport: 'http', family: 4, outcome: 'invalid-amount', count: 1 },
      { transport: 'http', family: 4, outcome: 'unusable-address', count: 1 },
      { transport: 'http', family: 6, outcome: 'ok', count: 1 },
      { transport: 'http', family: 6, outcome: 'repeated-parameter', count: 1 },
    ]);
    expect(scrapes).toEqual([
      { transport: 'http', family: 4, outcome: 'ok', count: 1 },
      { transport: 'http', family: 6, outcome: 'missing-info-hash', count: 1 },
    ]);
  });

  it('tells who asks too often to come back later, and lets him in again', () => {
    const { tracker, clock, announce, scrape, crowd } = open();
    crowd();
    const answers = Array.from({ length: 8 }, () => announce('11.0.0.1'));
    expect(answers.map((answer) => answer.includes('failure reason'))).toEqual(
      [0, 0, 0, 0, 0, 1, 1, 1].map(Boolean),
    );
    expect(answers[7]).toContain('8:intervali600e');
    expect(scrape('11.0.0.9')).toContain('failure reason');
    expect(tracker.tally.snapshot()).toMatchObject({
      announces: [
        { outcome: 'ok', count: 45 },
        { outcome: 'rate-limited', count: 3 },
      ],
      scrapes: [{ outcome: 'rate-limited', count: 1 }],
    });
    clock.advance(2);
    expect(announce('11.0.0.1')).not.toContain('failure reason');
    expect(scrape('11.0.0.1')).not.toContain('failure reason');
  });

  it('asks the limits before the gate: unknown info-hashes cost tokens too', () => {
    const { announce, crowd } = open();
    crowd();
    for (let i = 0; i < 5; i += 1) expect(announce('11.0.0.1', OTHER)).toContain('not registered');
    expect(announce('11.0.0.1', OTHER)).toContain('Too many requests');
  });

  it('counts an answer from a slow store once it is there', async () => {
    const store = new MemorySwarmStore({
      clock: handClock(),
      random: seededRandom(1),
      limits: { maxNumwant: 50, maxPeersPerTorrent: 100, maxPeersPerAddress: 8 },
    });
    const slow: SwarmStore = Object.assign(Object.create(store) as MemorySwarmStore, {
      announce: (update: PeerUpdate) => Promise.resolve(store.announce(update)),
    });
    const { tracker, announce } = open(5, slow);
    const answers = Array.from({ length: LATENCY_SAMPLE }, () => announce('127.0.0.1'));
    expect(tracker.tally.snapshot().announces).toEqual([]);
    await new Promise(setImmediate);
    expect(answers).toHaveLength(LATENCY_SAMPLE);
    const { announces, latency } = tracker.tally.snapshot();
    expect(announces).toMatchObject([{ outcome: 'ok', count: LATENCY_SAMPLE }]);
    expect(latency.counts.reduce((a, b) => a + b)).toBe(1);
  });

  it('measures one announce of sixteen', () => {
    const { tracker, announce } = open();
    for (let i = 0; i < 10 * LATENCY_SAMPLE; i += 1) announce('127.0.0.1');
    const { counts } = tracker.tally.snapshot().latency;
    expect(counts.reduce((a, b) => a + b)).toBe(10);
  });

  it('sees that all peers share one private address', () => {
    const { tracker, announce } = open();
    for (let i = 0; i < 20; i += 1) {
      expect(tracker.addresses.allShareOnePrivateAddress).toBe(false);
      announce('127.0.0.1', HASH, '', 6881 + (i % 5));
    }
    expect(tracker.addresses.allShareOnePrivateAddress).toBe(true);
  });
});
