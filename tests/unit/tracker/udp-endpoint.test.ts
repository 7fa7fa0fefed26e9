import {
  createTracker,
  createUdpEndpoint,
  MAX_UDP_REPLY_BYTES,
  UdpAnswer,
  MemorySwarmStore,
  REFUSAL,
  TRACKER_DEFAULTS,
  TRACKER_ERRORS,
  type Gate,
  type InfoHash,
  type SwarmStore,
  type TrackerConfig,
} from '../../../server/src/tracker';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';
import {
  announcePacket,
  connectPacket,
  HASH,
  packet,
  PROTOCOL_ID,
  readAnnounceAnswer,
  readError,
  readScrapeAnswer,
  scrapePacket,
  urlData,
  type AnnounceFields,
} from './udp-packets';

const NOTHING = Buffer.alloc(0);
const HOME = '11.0.0.1';
/** A minute; an id is good in the window of 120 s that it was given in, and in the next one. */
const MINUTE = 60;

function open({
  config = {},
  admit = () => 0,
  store,
}: { config?: Partial<TrackerConfig>; admit?: Gate['admit']; store?: SwarmStore } = {}) {
  const clock = handClock();
  const tracker = createTracker({
    gate: { admit },
    clock,
    random: seededRandom(1),
    config,
    ...(store === undefined ? {} : { store }),
  });
  const silences: string[] = [];
  const refusals: string[] = [];
  tracker.tally.dropped = (reason) => silences.push(reason.replace('udp-', ''));
  tracker.tally.announced = (_transport, _family, error) => {
    if (error !== null) refusals.push(error.code);
  };
  const endpoint = createUdpEndpoint({
    tracker,
    clock,
    secret: Buffer.alloc(16, 's'),
  });
  const out = new UdpAnswer();
  const answerTo = async (bytes: Buffer, address = HOME, port = 4000): Promise<Buffer> => {
    const answer = endpoint.answer(bytes, address, port, out);
    return typeof answer === 'number' ? Buffer.from(out.first(answer)) : answer;
  };
  const idOf = async (address = HOME): Promise<Buffer> =>
    (await answerTo(connectPacket(), address)).subarray(8);
  const announce = async (fields: AnnounceFields = {}, address = HOME): Promise<Buffer> =>
    answerTo(announcePacket(await idOf(address), fields), address);
  return { tracker, clock, silences, refusals, answerTo, idOf, announce };
}

describe('a connect', () => {
  it('is answered with its transaction and an id: 16 bytes for 16', async () => {
    const { answerTo } = open();
    const answer = await answerTo(connectPacket(-2));
    expect(answer).toHaveLength(16);
    expect([answer.readUInt32BE(0), answer.readInt32BE(4)]).toEqual([0, -2]);
  });

  it('without the number of the protocol is not answered', async () => {
    const { answerTo, silences } = open();
    expect(await answerTo(packet(Buffer.alloc(8), 0, 7))).toEqual(NOTHING);
    expect(silences).toEqual(['malformed']);
  });
});

describe('a connection id', () => {
  it('is another one for each address, and the same for another port', async () => {
    const { idOf, answerTo } = open();
    const addresses = ['11.0.0.1', '11.0.0.2', '2001:db8::1', '2001:db8::2', '::b00:1'];
    const ids = await Promise.all(addresses.map(async (a) => (await idOf(a)).toString('hex')));
    expect(new Set(ids).size).toBe(addresses.length);
    const again = await answerTo(connectPacket(), HOME, 4001);
    expect(again.subarray(8)).toEqual(await idOf());
  });

  it('of an IPv4 address is the same when the address comes wrapped in IPv6', async () => {
    const { idOf } = open();
    expect(await idOf('::ffff:11.0.0.1')).toEqual(await idOf());
  });

  it('of another address is worth nothing', async () => {
    const { answerTo, idOf, silences } = open();
    const foreign = await idOf('11.0.0.2');
    expect(await answerTo(announcePacket(foreign))).toEqual(NOTHING);
    expect(await answerTo(scrapePacket(foreign, [HASH]))).toEqual(NOTHING);
    expect(silences).toEqual(['connection-id', 'connection-id']);
    expect(await answerTo(announcePacket(foreign), '11.0.0.2')).toHaveLength(20);
  });

  it('with any one bit changed is worth nothing', async () => {
    const { answerTo, idOf } = open();
    for (let bit = 0; bit < 64; bit += 1) {
      const id = Buffer.from(await idOf());
      id.writeUInt8(id.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(await answerTo(announcePacket(id))).toEqual(NOTHING);
    }
  });

  it('lasts for two minutes at least and four at most', async () => {
    for (let start = 0; start < 4; start += 0.5) {
      const { answerTo, idOf, clock } = open();
      clock.advance(start * MINUTE);
      const id = await idOf();
      clock.advance(2 * MINUTE);
      expect(await answerTo(announcePacket(id))).toHaveLength(20);
      clock.advance(2 * MINUTE);
      expect(await answerTo(announcePacket(id))).toEqual(NOTHING);
      clock.advance(10_000 * MINUTE);
      expect(await answerTo(announcePacket(id))).toEqual(NOTHING);
    }
  });

  it('of another start of the tracker is worth nothing', () => {
    const start = (secret: string) => {
      const clock = handClock();
      const tracker = createTracker({ gate: { admit: () => 0 }, clock, random: Math.random });
      return createUdpEndpoint({ tracker, clock, secret: Buffer.alloc(16, secret) });
    };
    const [before, after] = [start('a'), start('b')];
    const out = new UdpAnswer();
    expect(before.answer(connectPacket(), HOME, 4000, out)).toBe(16);
    const request = announcePacket(Buffer.from(out.bytes.subarray(8, 16)));
    expect(after.answer(request, HOME, 4000, out)).toBe(0);
    expect(before.answer(request, HOME, 4000, out)).toBe(20);
  });
});

describe('an announce', () => {
  it('is answered with interval, leechers, seeders and peers', async () => {
    const { announce } = open({ config: { interval: 900 } });
    await announce({ left: 0n }, '11.0.0.2');
    await announce({ port: 7000 }, '11.0.0.3');
    const answer = readAnnounceAnswer(await announce({ transaction: -9 }));
    expect({ ...answer, peers: answer.peers.sort() }).toEqual({
      transaction: -9,
      interval: expect.any(Number) as number,
      leechers: 2,
      seeders: 1,
      peers: ['0b0000021ae1', '0b0000031b58'],
    });
  });

  it('is answered with peers of 18 bytes over IPv6, and of its own family only', async () => {
    const { announce } = open();
    await announce({}, '11.0.0.2');
    await announce({}, '2001:db8::2');
    const six = readAnnounceAnswer(await announce({}, '2001:db8::1'), 6);
    expect(six.peers).toEqual(['20010db8000000000000000000000002' + '1ae1']);
    const four = readAnnounceAnswer(await announce());
    expect(four.peers).toEqual(['0b0000021ae1']);
    expect(four.leechers).toBe(4);
  });

  it('is answered with as many of its own family as it wants, whatever else is there', async () => {
    const { announce } = open();
    for (let i = 1; i <= 40; i += 1) {
      await announce({}, `11.0.1.${i}`);
      await announce({}, `2001:db8:${i}::2`);
    }
    expect(readAnnounceAnswer(await announce({ numwant: 30 })).peers).toHaveLength(30);
    const six = await announce({ numwant: 30 }, '2001:db8::1');
    expect(readAnnounceAnswer(six, 6).peers).toHaveLength(30);
  });

  it('believes the sender, not the address that it claims', async () => {
    const { announce } = open();
    await announce({ ip: 0x08080808, key: 0x08080808 }, '11.0.0.2');
    expect(readAnnounceAnswer(await announce()).peers).toEqual(['0b0000021ae1']);
  });

  it.each<[numwant: number, peers: number]>([
    [-1, 10],
    [-2147483648, 10],
    [0, 0],
    [1, 1],
    [12, 12],
    [200, 200],
    [2147483647, 200],
  ])('that wants %i peers gets %i of 230', async (numwant, peers) => {
    const { announce } = open({ config: { numwant: 10 } });
    for (let i = 0; i < 230; i += 1) await announce({ numwant: 0 }, `12.0.0.${i + 1}`);
    const answer = readAnnounceAnswer(await announce({ numwant }));
    expect(answer.peers).toHaveLength(peers);
    expect(new Set(answer.peers).size).toBe(peers);
  });

  it('over IPv6 gets 66 peers at most, so that no packet is cut on its way', async () => {
    const { announce } = open();
    for (let i = 0; i < 80; i += 1) await announce({ numwant: 0 }, `2001:db8:${i + 1}::1`);
    const answer = await announce({ numwant: 200 }, '2001:db8::1');
    expect(readAnnounceAnswer(answer, 6).peers).toHaveLength(66);
    expect(answer.length).toBeLessThanOrEqual(MAX_UDP_REPLY_BYTES);
  });

  it.each<[left: bigint, role: 'seeders' | 'leechers']>([
    [0n, 'seeders'],
    [1n, 'leechers'],
    [2n ** 31n, 'leechers'],
    [2n ** 32n, 'leechers'],
    [21_474_836_480n, 'leechers'],
    [2n ** 53n + 1n, 'leechers'],
    [2n ** 63n, 'leechers'],
    [2n ** 64n - 1n, 'leechers'],
  ])('with %s bytes left counts among the %s', async (left, role) => {
    const { announce } = open();
    expect(readAnnounceAnswer(await announce({ left }))[role]).toBe(1);
  });

  it('counts a completed download once', async () => {
    const { announce, tracker } = open();
    await announce({ left: 5n });
    await announce({ left: 0n, downloaded: 5n, event: 1 });
    await announce({ left: 0n, downloaded: 5n, event: 1 });
    expect(tracker.counts(HASH.toString('latin1') as InfoHash)).toMatchObject({
      seeders: 1,
      completed: 1,
    });
  });

  it('that says goodbye removes the peer, also without a port', async () => {
    const { announce } = open();
    await announce({}, '11.0.0.2');
    expect(readAnnounceAnswer(await announce({ event: 3 }, '11.0.0.2')).peers).toEqual([]);
    expect(readAnnounceAnswer(await announce()).leechers).toBe(1);
    expect(readAnnounceAnswer(await announce({ event: 3, port: 0 })).leechers).toBe(1);
  });

  it('of a paused client (BEP 21, event 4) is a leecher that is nobody’s customer', async () => {
    const { announce } = open();
    await announce({ event: 4 }, '11.0.0.2');
    expect(readAnnounceAnswer(await announce({ left: 0n, event: 0 }))).toMatchObject({
      leechers: 1,
      peers: [],
    });
  });

  it.each<[code: keyof typeof TRACKER_ERRORS, fields: AnnounceFields]>([
    ['invalid-port', { port: 0 }],
    ['invalid-event', { event: 5 }],
    ['invalid-event', { event: 2 ** 32 - 1 }],
    ['repeated-parameter', { options: urlData('/announce/K?passkey=K') }],
    ['malformed-query', { options: urlData('/announce?passkey=%') }],
  ])('is refused as %s', async (code, fields) => {
    const { announce, refusals, tracker } = open();
    expect(readError(await announce(fields))).toBe(TRACKER_ERRORS[code].text);
    expect(refusals).toEqual([code]);
    expect(tracker.totals().swarms).toBe(0);
  });

  it('is refused for what the tracker itself refuses, in its words', async () => {
    const { announce } = open({ admit: () => REFUSAL.notRegistered });
    expect(readError(await announce())).toBe(TRACKER_ERRORS['not-registered'].text);
    const ports = open();
    expect(readError(await ports.announce({ port: 22 }))).toBe(TRACKER_ERRORS['service-port'].text);
    expect(readError(await ports.announce({}, '224.0.0.1'))).toBe(
      TRACKER_ERRORS['unusable-address'].text,
    );
  });

  it('carries a passkey by BEP 41, as over HTTP', async () => {
    const asked: (string | null)[] = [];
    const { announce } = open({ admit: (_, passkey) => asked.push(passkey) });
    await announce();
    await announce({ options: urlData('/announce?passkey=K') });
    await announce({ options: urlData('/announce/L') });
    await announce({ options: Buffer.alloc(2) });
    expect(asked).toEqual([null, 'K', 'L', null]);
  });

  it('waits for a store on the network', async () => {
    const memory = new MemorySwarmStore({
      clock: handClock(),
      random: seededRandom(1),
      limits: TRACKER_DEFAULTS,
    });
    const remote = new Proxy(memory, {
      get(target, name: keyof SwarmStore) {
        const method = target[name].bind(target);
        return name === 'announce'
          ? (update: Parameters<SwarmStore['announce']>[0]) => {
              const swarm = structuredClone(memory.announce(update));
              const [peers4, peers6] = [Buffer.from(swarm.peers4), Buffer.from(swarm.peers6)];
              return Promise.resolve({ ...swarm, peers4, peers6 });
            }
          : method;
      },
    });
    const { announce, answerTo, idOf } = open({ store: remote });
    await announce({}, '11.0.0.2');
    // Two at a time: neither gets the other's answer.
    const id4 = await idOf();
    const id6 = await idOf('2001:db8::1');
    const [four, six] = await Promise.all([
      answerTo(announcePacket(id4, { transaction: 4 })),
      answerTo(announcePacket(id6, { transaction: 6 }), '2001:db8::1'),
    ]);
    expect(readAnnounceAnswer(four)).toMatchObject({ transaction: 4, peers: ['0b0000021ae1'] });
    expect(readAnnounceAnswer(six, 6)).toMatchObject({ transaction: 6, peers: [] });
  });
});

describe('a scrape', () => {
  const other = Buffer.alloc(20, 'o');

  it('is answered in the order of its hashes, also for one that stands there twice', async () => {
    const { announce, answerTo, idOf } = open();
    await announce({ left: 0n }, '11.0.0.2');
    await announce();
    await announce({ infoHash: other });
    const answer = await answerTo(scrapePacket(await idOf(), [other, HASH, other]));
    expect(readScrapeAnswer(answer)).toEqual([
      [0, 0, 1],
      [1, 0, 1],
      [0, 0, 1],
    ]);
  });

  it('does not tell a forbidden hash from an unknown one', async () => {
    const forbidden = HASH.toString('latin1');
    const { answerTo, idOf } = open({
      admit: (hash) => (hash === forbidden ? REFUSAL.passkeyRequired : REFUSAL.notRegistered),
    });
    const answer = await answerTo(scrapePacket(await idOf(), [HASH, other]));
    expect(readScrapeAnswer(answer)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('is answered for 74 hashes at most', async () => {
    const { answerTo, idOf } = open();
    const hashes = Array.from({ length: 80 }, () => HASH);
    expect(readScrapeAnswer(await answerTo(scrapePacket(await idOf(), hashes)))).toHaveLength(74);
  });

  it('ignores what is no whole hash, and is refused without any', async () => {
    const { answerTo, idOf } = open();
    const id = await idOf();
    expect(
      readScrapeAnswer(await answerTo(scrapePacket(id, [HASH, Buffer.alloc(2)]))),
    ).toHaveLength(1);
    for (const rest of [[], [Buffer.alloc(19)]]) {
      const answer = await answerTo(scrapePacket(id, rest));
      expect(readError(answer)).toBe(TRACKER_ERRORS['missing-info-hash'].text);
    }
  });

  it('says so while the tracker is starting', async () => {
    const { answerTo, idOf } = open({ admit: () => REFUSAL.starting });
    const answer = await answerTo(scrapePacket(await idOf(), [HASH]));
    expect(readError(answer)).toBe(TRACKER_ERRORS.starting.text);
  });
});

describe('silence', () => {
  it.each<[name: string, reason: string, make: (id: Buffer) => Buffer]>([
    ['an empty packet', 'malformed', () => NOTHING],
    ['15 bytes', 'malformed', () => connectPacket().subarray(0, 15)],
    [
      'an announce with the number of the protocol',
      'connection-id',
      () => announcePacket(PROTOCOL_ID),
    ],
    ['an announce with the id 0', 'connection-id', () => announcePacket(Buffer.alloc(8))],
    ['an announce of 97 bytes', 'malformed', (id) => announcePacket(id).subarray(0, 97)],
    ['an announce of 16 bytes', 'malformed', (id) => packet(id, 1, 7)],
    [
      'an announce with kilobytes of options',
      'malformed',
      (id) => announcePacket(id, { options: Buffer.alloc(2000, 1) }),
    ],
    [
      'an option that is cut off',
      'malformed',
      (id) => announcePacket(id, { options: Buffer.from([2, 9, 0x2f]) }),
    ],
    ['an error', 'action', (id) => packet(id, 3, 7, Buffer.from('no'))],
    ['action 4', 'action', (id) => packet(id, 4, 7)],
    ['action 256', 'action', (id) => packet(id, 256, 7, Buffer.alloc(100))],
    ['action 2^32 - 1', 'action', (id) => packet(id, 2 ** 32 - 1, 7)],
  ])('answers %s', async (_name, reason, make) => {
    const { answerTo, idOf, silences } = open();
    expect(await answerTo(make(await idOf()))).toEqual(NOTHING);
    expect(silences).toEqual([reason]);
  });

  it.each([
    ['port 0', HOME, 0],
    ['no address', 'localhost', 4000],
    ['an empty address', '', 4000],
  ])('answers whoever sends from %s', async (_name, address, port) => {
    const { answerTo, silences } = open();
    expect(await answerTo(connectPacket(), address, port)).toEqual(NOTHING);
    expect(silences).toEqual(['source']);
  });
});
