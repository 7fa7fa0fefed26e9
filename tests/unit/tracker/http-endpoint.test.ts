import {
  createHttpEndpoint,
  createTracker,
  encodeFailure,
  MemorySwarmStore,
  REFUSAL,
  TRACKER_ERRORS,
  type Gate,
  type InfoHash,
  type SwarmStore,
  type TrackerConfig,
} from '../../../server/src/tracker';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';
import { decodeDictionary } from './strict-bencode';

const HASH = 'a'.repeat(20) as InfoHash;

/** Announces `more` (and what every announce needs) and reads the reply strictly. */
function open(
  config: Partial<TrackerConfig> = {},
  admit: Gate['admit'] = () => 0,
  store?: SwarmStore,
) {
  const tracker = createTracker({
    gate: { admit },
    clock: handClock(),
    random: seededRandom(1),
    config,
    ...(store === undefined ? {} : { store }),
  });
  const endpoint = createHttpEndpoint({ tracker });
  const get = async (url: string, address = '11.0.0.1') =>
    decodeDictionary(await endpoint.answer(url, address));
  const announce = (more = '', address = '11.0.0.1') =>
    get(`/announce?info_hash=${HASH}&peer_id=-XX0001-bbbbbbbbbbbb&port=6881&${more}`, address);
  const scrape = (query = `info_hash=${HASH}`) => get(`/scrape?${query}`);
  return { tracker, announce, scrape, get };
}

describe('an announce reply', () => {
  it('has all that clients read, in the order of bencode', async () => {
    const { announce } = open({ interval: 300, minInterval: 330 });
    const reply = await announce('left=5');
    expect(Object.keys(reply)).toEqual([
      'complete',
      'downloaded',
      'downloaders',
      'external ip',
      'incomplete',
      'interval',
      'min interval',
      'peers',
    ]);
    expect(reply).toEqual({
      complete: 0,
      downloaded: 0,
      downloaders: 1,
      'external ip': '\x0b\0\0\x01',
      incomplete: 1,
      interval: 330,
      'min interval': 330,
      peers: '',
    });
  });

  it('tells the second peer of the first: 4 bytes of address, 2 of port', async () => {
    const { announce } = open();
    await announce('left=5', '11.0.0.1');
    const reply = await announce('left=5', '11.0.0.2');
    expect(reply.peers).toBe('\x0b\0\0\x01\x1a\xe1');
    expect(reply).not.toHaveProperty('peers6');
  });

  it('has IPv6 peers in peers6 (BEP 7), and the own address in 16 bytes (BEP 24)', async () => {
    const { announce } = open();
    await announce('left=5', '2001:db8::7');
    await announce('left=5', '11.0.0.1');
    const reply = await announce('left=5', '2001:db8::8');
    expect(reply.peers).toBe('\x0b\0\0\x01\x1a\xe1');
    expect(reply.peers6).toBe(`\x20\x01\x0d\xb8${'\0'.repeat(11)}\x07\x1a\xe1`);
    expect(reply['external ip']).toBe(`\x20\x01\x0d\xb8${'\0'.repeat(11)}\x08`);
  });

  it('lists peers as dictionaries when compact=0 (BEP 23), both families in one list', async () => {
    const { announce } = open();
    await announce('left=5', '2001:db8::7');
    await announce('left=5', '11.0.0.1');
    const reply = await announce('left=5&compact=0', '11.0.0.2');
    expect(reply.peers).toEqual([
      { ip: '11.0.0.1', port: 6881 },
      { ip: '2001:db8:0:0:0:0:0:7', port: 6881 },
    ]);
    expect(reply).not.toHaveProperty('peers6');
    expect((await open().announce('compact=0')).peers).toEqual([]);
  });

  it('takes an IPv4-mapped address for the IPv4 address it is', async () => {
    const { announce } = open();
    await announce('left=5', '::ffff:11.0.0.1');
    await announce('left=5', '11.0.0.1');
    const reply = await announce('left=5', '::ffff:11.0.0.2');
    expect(reply).toMatchObject({ incomplete: 2, 'external ip': '\x0b\0\0\x02' });
    expect(reply.peers).toHaveLength(6);
  });

  it('ignores the addresses that a client claims', async () => {
    const { announce } = open();
    await announce('left=5&ip=9.9.9.9&ipv4=9.9.9.9:1&ipv6=2001:db8::9', '11.0.0.1');
    const reply = await announce('left=5', '11.0.0.2');
    expect(reply.peers).toBe('\x0b\0\0\x01\x1a\xe1');
    expect(reply).not.toHaveProperty('peers6');
  });

  it('counts seeders, leechers and partial seeds (BEP 21)', async () => {
    const { announce } = open();
    await announce('left=0', '11.0.0.1');
    await announce('left=5&event=paused', '11.0.0.2');
    await announce('left=0&event=paused', '11.0.0.3');
    expect(await announce('', '11.0.0.4')).toMatchObject({
      complete: 2,
      incomplete: 2,
      downloaders: 1,
    });
  });

  it('gives peers with an unknown or huge rest no seeder to be', async () => {
    const { announce } = open();
    for (const [i, left] of ['', 'left=4294967296', 'left=18446744073709551615'].entries()) {
      await announce(left, `11.0.0.${i + 1}`);
    }
    expect(await announce('left=0', '11.0.0.9')).toMatchObject({ complete: 1, incomplete: 3 });
  });

  it('counts a completion once, and none of who starts complete', async () => {
    const { announce } = open();
    await announce('left=5&event=started', '11.0.0.1');
    expect(await announce('left=5&event=completed', '11.0.0.1')).toMatchObject({ downloaded: 0 });
    expect(await announce('left=0&event=completed', '11.0.0.1')).toMatchObject({ downloaded: 1 });
    expect(await announce('left=0&event=completed', '11.0.0.1')).toMatchObject({ downloaded: 1 });
    await announce('left=0&event=started', '11.0.0.2');
    expect(await announce('left=0&event=completed', '11.0.0.2')).toMatchObject({ downloaded: 1 });
  });

  it.each([
    ['event=completed', 1],
    // aria2 --seed-time=0 leaves at once; another client's "completed" got lost.
    ['event=stopped&downloaded=9', 1],
    ['downloaded=9', 1],
    // Found complete on disk after all, or gave up.
    ['event=stopped', 0],
    ['', 0],
  ])('counts a leecher that then says left=0&%s as %i completed', async (said, completed) => {
    const { announce, scrape } = open();
    await announce('left=5&event=started');
    for (let i = 0; i < 2; i += 1) await announce(`left=0&${said}`);
    expect((await scrape()).files).toMatchObject({ [HASH]: { downloaded: completed } });
  });

  it.each([
    ['', 50],
    ['numwant=-1', 50],
    ['numwant=-5', 50],
    ['numwant=0', 0],
    ['numwant=1', 1],
    ['numwant=60', 60],
    ['numwant=1000000000', 70],
    ['numwant=' + '9'.repeat(400), 70],
  ])('has as many peers as %j wants', async (numwant, expected) => {
    const { announce } = open({ numwant: 50, maxNumwant: 70, maxPeersPerAddress: 1000 });
    for (let i = 1; i <= 90; i += 1) await announce('left=5', `11.0.0.${i}`);
    expect((await announce(numwant, '11.0.1.1')).peers).toHaveLength(expected * 6);
  });

  it('says goodbye to who stops, with counts and no peers', async () => {
    const { announce, tracker } = open();
    await announce('left=5', '11.0.0.1');
    await announce('left=5', '11.0.0.2');
    expect(await announce('event=stopped', '11.0.0.2')).toMatchObject({ incomplete: 1, peers: '' });
    await announce('event=stopped', '11.0.0.1');
    expect(tracker.totals().swarms).toBe(0);
  });
});

describe('a failure', () => {
  it.each([
    ['port=22', 'service-port'],
    ['port=1023', 'service-port'],
    ['port=3306', 'service-port'],
    ['port=11211', 'service-port'],
  ] as const)('%s: %s, but a goodbye from there passes', async (port, code) => {
    const { get } = open();
    const url = `/announce?info_hash=${HASH}&peer_id=-XX0001-bbbbbbbbbbbb&${port}`;
    expect((await get(url))['failure reason']).toBe(TRACKER_ERRORS[code].text);
    expect(await get(`${url}&event=stopped`)).not.toHaveProperty('failure reason');
    const lenient = open({ refuseServicePorts: false });
    expect(await lenient.get(url)).not.toHaveProperty('failure reason');
  });

  it.each([
    '',
    'unix',
    '0.0.0.0',
    '169.254.1.1',
    '224.0.0.1',
    '255.255.255.255',
    'fe80::1%eth0',
    'ff02::1',
    '::',
  ])('comes to a peer at %j', async (address) => {
    const { announce, tracker } = open();
    const reply = await announce('left=5', address);
    expect(reply['failure reason']).toBe(TRACKER_ERRORS['unusable-address'].text);
    expect(tracker.totals().swarms).toBe(0);
  });

  it.each(Object.entries(REFUSAL))(
    'tells why the gate says %s and opens no swarm',
    async (_, refusal) => {
      const { announce, tracker } = open({}, () => refusal);
      const reply = await announce('left=5');
      expect(Object.keys(reply)).toEqual([
        'failure reason',
        'interval',
        'min interval',
        'retry in',
      ]);
      expect(tracker.totals().swarms).toBe(0);
    },
  );

  it('asks the gate once per announce, and never for an unreadable one', async () => {
    const admit = jest.fn(() => 0);
    const { announce, get } = open({}, admit);
    await announce('left=5&passkey=k3y');
    expect(admit.mock.calls).toEqual([[HASH, 'k3y']]);
    await get('/announce?info_hash=short');
    expect(admit).toHaveBeenCalledTimes(1);
  });
});

describe('a scrape', () => {
  it('has the counts of each hash, with downloaders (BEP 21) and the flags of BEP 48', async () => {
    const { announce, scrape } = open({ minInterval: 77 });
    await announce('left=5', '11.0.0.1');
    await announce('left=0&event=completed', '11.0.0.1');
    await announce('left=5', '11.0.0.2');
    await announce('left=5&event=paused', '11.0.0.3');
    expect(await scrape()).toEqual({
      files: { [HASH]: { complete: 1, downloaded: 1, downloaders: 1, incomplete: 2 } },
      flags: { min_request_interval: 77 },
    });
  });

  it('has zeroes for a registered torrent without peers', async () => {
    expect((await open().scrape()).files).toEqual({
      [HASH]: { complete: 0, downloaded: 0, downloaders: 0, incomplete: 0 },
    });
  });

  it('is no oracle: unknown, forbidden and closed hashes are equally absent', async () => {
    const refusals = Object.entries(REFUSAL).filter(([name]) => name !== 'starting');
    for (const [, refusal] of refusals) {
      expect(await open({}, () => refusal).scrape()).toEqual({
        files: {},
        flags: { min_request_interval: 60 },
      });
    }
  });

  it('asks the gate for each hash', async () => {
    const known: string = 'c'.repeat(20);
    const admit = jest.fn((infoHash: InfoHash) => (infoHash === known ? 0 : REFUSAL.notRegistered));
    const { scrape } = open({}, admit);
    const reply = await scrape(`info_hash=${'d'.repeat(20)}&info_hash=${known}&passkey=k`);
    expect(Object.keys(reply.files as object)).toEqual([known]);
    expect(admit.mock.calls).toEqual([
      [known, 'k'],
      ['d'.repeat(20), 'k'],
    ]);
  });

  it('says so when the tracker is only starting', async () => {
    const { scrape } = open({}, () => REFUSAL.starting);
    expect((await scrape())['failure reason']).toBe(TRACKER_ERRORS.starting.text);
  });

  it('is refused without a hash: there is no full scrape', async () => {
    const { announce, get } = open();
    await announce('left=5');
    for (const url of ['/scrape', '/scrape?', '/scrape?passkey=k', '/scrape/k']) {
      expect((await get(url))['failure reason']).toContain('info_hash');
    }
  });
});

describe('with a store that answers later', () => {
  /** Answers in the reverse order of the questions. */
  function slowStore(): { store: SwarmStore; release: () => void } {
    const memory = new MemorySwarmStore({
      clock: handClock(),
      random: seededRandom(2),
      limits: { maxNumwant: 50, maxPeersPerTorrent: 50, maxPeersPerAddress: 50 },
    });
    const waiting: (() => void)[] = [];
    const store: SwarmStore = Object.create(memory, {
      announce: {
        value: (update: Parameters<SwarmStore['announce']>[0]) => {
          const answer = memory.announce(update);
          const own = { ...answer, peers4: Buffer.from(answer.peers4) };
          return new Promise((resolve) => waiting.push(() => resolve(own)));
        },
      },
    }) as SwarmStore;
    return { store, release: () => waiting.reverse().forEach((answer) => answer()) };
  }

  it('gives each asker its own answer', async () => {
    const { store, release } = slowStore();
    const { announce } = open({}, () => 0, store);
    const first = announce('left=5', '11.0.0.1');
    const second = announce('left=0&compact=0', '11.0.0.2');
    await Promise.resolve();
    release();
    expect(await first).toMatchObject({ 'external ip': '\x0b\0\0\x01', incomplete: 1, peers: '' });
    expect(await second).toMatchObject({
      'external ip': '\x0b\0\0\x02',
      complete: 1,
      peers: [{ ip: '11.0.0.1', port: 6881 }],
    });
  });
});

it('answers bencode to a URL that is not the tracker’s', () => {
  const { tracker } = open();
  const endpoint = createHttpEndpoint({ tracker, announcePath: '/announce' });
  expect(endpoint.answer('/other', '11.0.0.1')).toBe(
    encodeFailure(TRACKER_ERRORS['malformed-query']),
  );
});
