import {
  createRateLimiter,
  LIMITS_DEFAULTS,
  type AddressFamily,
  type LimitsConfig,
} from '../../../server/src/tracker';
import { parseAddress } from '../../../server/src/tracker';
import { LIMITER_SLOTS } from '../../../server/src/tracker/limits/rate-limiter';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';

const bytes = new Uint8Array(18);

function open(config: Partial<LimitsConfig> = {}, seed = 1, sparesProxies?: boolean) {
  const clock = handClock();
  const limiter = createRateLimiter({
    config: { perMinute: 60, burst: 5, exempt: [], ...config },
    clock,
    random: seededRandom(seed),
    ...(sparesProxies === undefined ? {} : { sparesProxies }),
  });
  const admit = (address: string): boolean => {
    const family = parseAddress(address, bytes) as AddressFamily;
    return limiter.admit(bytes, family);
  };
  /** How many of `n` announces in a row pass. */
  const passes = (address: string, n: number): number => {
    let passed = 0;
    for (let i = 0; i < n; i += 1) passed += admit(address) ? 1 : 0;
    return passed;
  };
  /** So many others that nobody is taken for a proxy. */
  const crowd = (): void => {
    for (let i = 0; i < 64; i += 1) admit(`90.0.${i}.1`);
  };
  return { clock, limiter, admit, passes, crowd };
}

describe('a network', () => {
  it('may ask `burst` times at once, then once per token', () => {
    const { clock, passes, crowd } = open();
    crowd();
    expect(passes('11.0.0.1', 20)).toBe(5);
    clock.advance(1);
    expect(passes('11.0.0.1', 20)).toBe(1);
    clock.advance(3);
    expect(passes('11.0.0.1', 20)).toBe(3);
    clock.advance(3600);
    expect(passes('11.0.0.1', 20)).toBe(5);
  });

  it('is never kept out longer by asking while it is out', () => {
    const { clock, passes, crowd } = open();
    crowd();
    passes('11.0.0.1', 10_000);
    clock.advance(2);
    expect(passes('11.0.0.1', 20)).toBe(2);
  });

  it.each([
    ['11.0.0.1', '11.0.0.255', '11.0.1.1'],
    ['2001:db8:1:100::1', '2001:db8:1:1ff:ffff:ffff:ffff:ffff', '2001:db8:1:200::1'],
    ['::ffff:11.0.0.1', '11.0.0.2', '11.0.1.2'],
    ['0.0.0.1', '0.0.0.2', '0.0.1.0'],
  ])('is the /24 of %s with %s (or the /56), and not %s', (one, same, other) => {
    const { passes, crowd } = open();
    crowd();
    expect(passes(one, 20)).toBe(5);
    expect(passes(same, 20)).toBe(0);
    expect(passes(other, 20)).toBe(5);
  });

  it('of one family is not one of the other', () => {
    const { passes, crowd } = open();
    crowd();
    expect(passes('11.0.0.1', 20)).toBe(5);
    // The same leading bytes.
    expect(passes('000b:0000::', 20)).toBe(5);
    expect(passes('0b00:0000::', 20)).toBe(5);
  });
});

describe('an exempt network', () => {
  it('is never limited, and takes no tokens from its neighbours', () => {
    const { passes, crowd } = open({ exempt: ['11.0.0.7', '10.0.0.0/8', 'fd00::/8'] });
    crowd();
    expect(passes('11.0.0.7', 1000)).toBe(1000);
    expect(passes('11.0.0.8', 1000)).toBe(5);
    expect(passes('10.9.9.9', 1000)).toBe(1000);
    expect(passes('fd12::1', 1000)).toBe(1000);
  });

  it('is loopback and every private network by default', () => {
    const { passes } = open({ exempt: LIMITS_DEFAULTS.exempt });
    for (const address of [
      '127.0.0.1',
      '::1',
      '172.17.0.1',
      '192.168.1.1',
      '10.0.0.1',
      'fd00::1',
    ]) {
      expect(passes(address, 100)).toBe(100);
    }
  });

  it('that is no network is refused by name', () => {
    expect(() => open({ exempt: ['home'] })).toThrow('tracker.limits.exempt: "home"');
  });
});

it('limits nobody when perMinute is 0', () => {
  expect(open({ perMinute: 0 }).passes('11.0.0.1', 10_000)).toBe(10_000);
});

it('passes a university that starts its clients at once, by default', () => {
  const { passes, crowd, clock } = open(LIMITS_DEFAULTS);
  crowd();
  expect(passes('11.0.0.1', 2000)).toBe(2000);
  for (let minute = 0; minute < 60; minute += 1) {
    clock.advance(60);
    expect(passes('11.0.0.1', 400)).toBe(400);
  }
});

describe('the only network that is heard of', () => {
  it('is spared: it is a proxy that nobody told us of', () => {
    const { limiter, passes, clock } = open();
    expect(passes('11.0.0.1', 5)).toBe(5);
    expect(limiter.sparesProxy()).toBe(false);
    expect(passes('11.0.0.1', 1000)).toBe(1000);
    expect(limiter.sparesProxy()).toBe(true);
    clock.advance(11 * 60);
    expect(limiter.sparesProxy()).toBe(false);
  });

  it('is limited where nobody is spared', () => {
    const { limiter, passes } = open({}, 1, false);
    expect(passes('11.0.0.1', 1000)).toBe(5);
    expect(limiter.sparesProxy()).toBe(false);
  });

  it('is limited once others are more than a tenth', () => {
    const { admit, passes } = open({ perMinute: 60, burst: 50 });
    expect(passes('11.0.0.1', 60)).toBe(60);
    for (let i = 0; i < 6; i += 1) admit('12.0.0.1');
    expect(passes('11.0.0.1', 1000)).toBe(0);
  });

  it('is limited once eight or more others are there, however little they say', () => {
    const { admit, passes } = open({ burst: 2000 });
    expect(passes('11.0.0.1', 2100)).toBe(2100);
    for (let i = 0; i < 30; i += 1) admit(`12.0.${i}.1`);
    expect(passes('11.0.0.1', 100)).toBe(0);
  });

  it('cannot become the majority by flooding', () => {
    const { admit, passes, clock } = open();
    let passed = 0;
    for (let second = 0; second < 600; second += 1) {
      clock.advance(1);
      admit(`12.0.${second % 40}.1`);
      passed += passes('11.0.0.1', 100);
    }
    expect(passed).toBeLessThan(620 + 200);
  });

  it('is a majority only while it is one', () => {
    const { admit, passes, clock } = open({ perMinute: 6000, burst: 100 });
    for (let i = 0; i < 5000; i += 1) {
      clock.advance(0.1);
      admit('11.0.0.1');
    }
    for (let i = 0; i < 60; i += 1) admit(`12.0.${i}.1`);
    expect(passes('11.0.0.1', 1000)).toBeLessThanOrEqual(110);
  });
});

describe('the table', () => {
  it('takes any number of networks without growing, and lets newcomers in', () => {
    const { admit } = open();
    let refused = 0;
    for (let i = 0; i < 8 * LIMITER_SLOTS; i += 1) {
      if (!admit(`${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`)) refused += 1;
    }
    expect(refused).toBe(0);
  });

  it('forgets the quiet before the loud', () => {
    const { admit, passes } = open();
    expect(passes('200.0.0.1', 20)).toBeGreaterThanOrEqual(5);
    // As many others as there are slots: each set of eight is full several times over in places.
    for (let i = 0; i < 2 * LIMITER_SLOTS; i += 1) {
      admit(`${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`);
    }
    expect(passes('200.0.0.1', 20)).toBe(0);
  });

  it('spreads networks over its sets whatever the seed: half as many as slots mostly fit', () => {
    for (const seed of [1, 2, 3]) {
      const { admit, passes } = open({ burst: 1 }, seed);
      const networks = Array.from(
        { length: LIMITER_SLOTS / 2 },
        (_, i) => `${11 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.1`,
      );
      for (const network of networks) admit(network);
      const forgotten = networks.filter((network) => passes(network, 1) === 1).length;
      expect(forgotten).toBeLessThan(networks.length / 20);
    }
  });
});
