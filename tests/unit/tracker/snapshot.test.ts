/** What a snapshot keeps, and what is not believed. */
import {
  createTracker,
  ROLE,
  type AnnounceReply,
  type AnnounceRequest,
  type Gate,
  type InfoHash,
  type RestoreOutcome,
  type Tracker,
} from '../../../server/src/tracker';
import {
  endpoint4,
  endpoint6,
  endpointAt,
  handClock,
  hashNumber,
  peersOf,
  seededRandom,
} from '../../contract/swarm-fixtures';

const HASH = hashNumber(1);
const NOW = 1_795_000_000_000;

const request = (endpoint: Buffer, more: Partial<AnnounceRequest> = {}): AnnounceRequest => ({
  transport: 'http',
  infoHash: HASH,
  passkey: null,
  endpoint,
  family: 4,
  port: 6881,
  event: 'none',
  left: 5,
  uploaded: 0,
  downloaded: 0,
  numwant: 200,
  ...more,
});

function open(gate: Partial<Gate> = {}, config: { maxPeers?: number } = {}) {
  const clock = handClock();
  const tracker = createTracker({
    gate: { admit: (_, passkey) => Number(passkey ?? 0), ...gate },
    clock,
    random: seededRandom(5),
    config,
  });
  const announce = (it: AnnounceRequest) => tracker.announce(it) as AnnounceReply;
  return { tracker, clock, announce };
}

const save = (tracker: Tracker, wallClock = NOW): Buffer => {
  const chunks = tracker.snapshot(wallClock);
  if (chunks === null) throw new Error('a store in memory has snapshots');
  return Buffer.concat([...chunks]);
};

function load(tracker: Tracker, bytes: Buffer, wallClock = NOW): RestoreOutcome {
  const steps = tracker.restore(bytes, wallClock);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Peers of every kind in two swarms. */
function populate(announce: (it: AnnounceRequest) => AnnounceReply): void {
  for (let n = 0; n < 900; n += 1) {
    const left = n % 3 === 0 ? 0 : 5;
    const event = n % 7 === 0 ? 'paused' : 'none';
    announce(request(endpoint4(n), { left, event, passkey: String(n % 5), numwant: 0 }));
  }
  for (let n = 0; n < 40; n += 1) announce(request(endpoint6(n), { family: 6, numwant: 0 }));
  for (const address of ['10.0.0.7', '127.0.0.1']) announce(request(endpointAt(address)));
  announce(request(endpointAt('::1'), { family: 6, left: 0 }));
  announce(request(endpoint4(1), { infoHash: hashNumber(0xffff) }));
}

it('brings every peer back with its role, its owner and its reach', () => {
  const before = open();
  populate(before.announce);
  const after = open();
  expect(load(after.tracker, save(before.tracker))).toEqual({
    kind: 'restored',
    peers: 944,
    left: 0,
  });
  expect(after.tracker.totals()).toEqual(before.tracker.totals());
  expect(after.tracker.counts(HASH)).toEqual(before.tracker.counts(HASH));
  const seen: InfoHash[] = [];
  after.tracker.forEachSwarm((infoHash) => seen.push(infoHash));
  expect(seen.sort()).toEqual([HASH, hashNumber(0xffff)].sort());
  // Public askers see no local peers, the loopback sees all.
  for (const { announce } of [before, after]) {
    const far = announce(request(endpoint4(5000), { numwant: 200, left: 0 }));
    expect(peersOf(far.swarm)).not.toContain(endpointAt('10.0.0.7').toString('hex', 0, 6));
  }
  for (const owner of [1, 2, 3, 4]) {
    expect(after.tracker.dropOwner(owner)).toBe(before.tracker.dropOwner(owner));
  }
  expect(after.tracker.totals()).toEqual(before.tracker.totals());
});

it('knows whose download is counted, and who came complete', () => {
  const before = open();
  const finish = { event: 'completed', left: 0, downloaded: 5 } as const;
  before.announce(request(endpoint4(1), { left: 0 }));
  before.announce(request(endpoint4(2), { left: 5 }));
  before.announce(request(endpoint4(3), { left: 5 }));
  before.announce(request(endpoint4(3), finish));
  expect(before.tracker.counts(HASH).completed).toBe(1);
  const after = open();
  load(after.tracker, save(before.tracker));
  const completed = (n: number): number =>
    after.announce(request(endpoint4(n), finish)).swarm.completed;
  expect([1, 2, 2, 3].map(completed)).toEqual([0, 1, 1, 1]);
  after.announce(request(endpoint4(1), { left: 5 }));
  expect(completed(1)).toBe(2);
});

it('says the same once more when it is saved again', () => {
  const first = open();
  populate(first.announce);
  const second = open();
  load(second.tracker, save(first.tracker));
  const third = open();
  load(third.tracker, save(second.tracker));
  const sorted = (tracker: Tracker) => save(tracker).length;
  expect(sorted(third.tracker)).toBe(sorted(first.tracker));
  expect(third.tracker.counts(HASH)).toEqual(first.tracker.counts(HASH));
});

it('lets the time that nobody counted pass: peers go on ageing, and who is too old stays away', () => {
  const { tracker, clock, announce } = open();
  announce(request(endpoint4(1)));
  clock.advance(500);
  announce(request(endpoint4(2)));
  const bytes = save(tracker);
  const afterwards = (seconds: number) => {
    const next = open();
    return { ...next, outcome: load(next.tracker, bytes, NOW + seconds * 1000) };
  };
  expect(afterwards(0).outcome).toMatchObject({ peers: 2, left: 0 });
  // A small swarm forgets after 792 seconds.
  expect(afterwards(292).outcome).toMatchObject({ peers: 2, left: 0 });
  expect(afterwards(293).outcome).toMatchObject({ peers: 1, left: 1 });
  expect(afterwards(793).outcome).toMatchObject({ peers: 0, left: 2 });
  // A wall clock that was set back makes nobody younger.
  expect(afterwards(-9999).outcome).toMatchObject({ peers: 2, left: 0 });
  const later = afterwards(200);
  later.clock.advance(93);
  while (!later.tracker.sweep());
  expect(later.tracker.totals().peers4).toBe(1);
});

it('does not count a completion twice, nor lose the one that is to come', () => {
  const { tracker, announce } = open();
  announce(request(endpoint4(1)));
  announce(request(endpoint4(1), { left: 0, event: 'completed' }));
  announce(request(endpoint4(2)));
  const next = open();
  next.tracker.restoreCompleted(HASH, 1);
  load(next.tracker, save(tracker));
  next.announce(request(endpoint4(1), { left: 0, event: 'completed' }));
  expect(next.tracker.counts(HASH).completed).toBe(1);
  next.announce(request(endpoint4(2), { left: 0, event: 'completed' }));
  expect(next.tracker.counts(HASH).completed).toBe(2);
});

it('leaves out whom the gate does not let stay', () => {
  const { tracker, announce } = open();
  populate(announce);
  const gate = { mayStay: (infoHash: InfoHash, owner: number) => infoHash === HASH && owner !== 3 };
  const next = open(gate);
  expect(load(next.tracker, save(tracker))).toEqual({ kind: 'restored', peers: 763, left: 181 });
  expect(next.tracker.totals().swarms).toBe(1);
  expect(next.tracker.dropOwner(3)).toBe(0);
});

it('adds to the peers that are there, each once, and keeps the bounds', () => {
  const { tracker, announce } = open();
  for (let n = 0; n < 10; n += 1) announce(request(endpoint4(n)));
  const next = open({}, { maxPeers: 12 });
  for (let n = 8; n < 12; n += 1) next.announce(request(endpoint4(n)));
  expect(load(next.tracker, save(tracker))).toEqual({ kind: 'restored', peers: 8, left: 2 });
  expect(next.tracker.totals().peers4).toBe(12);
  const crowded = open({}, { maxPeers: 5 });
  expect(load(crowded.tracker, save(tracker))).toMatchObject({ peers: 5, left: 5 });
});

it('puts the peers of a hash that has been linked meanwhile into its swarm', () => {
  const { tracker, announce } = open();
  announce(request(endpoint4(1)));
  announce(request(endpoint4(2), { infoHash: hashNumber(2) }));
  const next = open();
  next.tracker.link(hashNumber(2), HASH);
  load(next.tracker, save(tracker));
  expect(next.tracker.counts(HASH).leechers).toBe(2);
});

it('of an empty tracker restores nothing', () => {
  const next = open();
  expect(load(next.tracker, save(open().tracker))).toMatchObject({ kind: 'restored', peers: 0 });
});

it('comes and is read in slices, while announces go on', () => {
  const { tracker, announce } = open();
  for (let n = 0; n < 20_000; n += 1) announce(request(endpoint4(n), { numwant: 0 }));
  const chunks: Buffer[] = [];
  let n = 20_000;
  for (const chunk of tracker.snapshot(NOW)!) {
    expect(chunk.length).toBeLessThan(70_000);
    chunks.push(Buffer.from(chunk));
    // Half of a swarm goes, others come, another swarm is born and dies.
    for (let i = 0; i < 500; i += 1) {
      announce(request(endpoint4(n - 20_000), { event: 'stopped' }));
      announce(request(endpoint4(n), { numwant: 0, left: i % 2 }));
      n += 1;
    }
    announce(request(endpoint4(1), { infoHash: hashNumber(n) }));
    tracker.dropOwnersWhere(hashNumber(n), () => true);
  }
  expect(chunks.length).toBeGreaterThan(3);
  const next = open();
  const steps = next.tracker.restore(Buffer.concat(chunks), NOW);
  let slices = 0;
  while (steps.next().done !== true) slices += 1;
  expect(slices).toBeGreaterThan(3);
  expect(next.tracker.totals().peers4).toBeGreaterThan(19_000);
  expect(next.tracker.totals().peers4).toBeLessThan(21_500);
});

describe('is refused and nothing of it is kept when it', () => {
  const { tracker, announce } = open();
  for (let n = 0; n < 5; n += 1) announce(request(endpoint4(n)));
  const sound = save(tracker);
  const outcomeOf = (bytes: Buffer) => {
    const next = open();
    const outcome = load(next.tracker, bytes);
    return { ...outcome, swarms: next.tracker.totals().swarms };
  };

  it('is something else', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('SQLite format 3'), Buffer.alloc(5000)]) {
      expect(outcomeOf(bytes)).toEqual({ kind: 'refused', reason: 'foreign', swarms: 0 });
    }
  });

  it('is of another version', () => {
    const other = Buffer.from(sound);
    other.writeUInt16LE(2, 8);
    expect(outcomeOf(other)).toMatchObject({ reason: 'other-version', swarms: 0 });
  });

  it('ends anywhere too early', () => {
    for (let length = 8; length < sound.length; length += 1) {
      expect(outcomeOf(sound.subarray(0, length))).toMatchObject({ reason: 'torn', swarms: 0 });
    }
  });

  it('has a wrong bit anywhere, or bytes behind it', () => {
    for (let at = 0; at < sound.length; at += 1) {
      const torn = Buffer.from(sound);
      torn[at]! ^= 1 << (at % 8);
      expect(outcomeOf(torn)).toMatchObject({ kind: 'refused', swarms: 0 });
    }
    const longer = Buffer.concat([sound, Buffer.alloc(1)]);
    expect(outcomeOf(longer)).toMatchObject({ reason: 'torn', swarms: 0 });
  });
});

it('keeps partial seeds apart from downloaders', () => {
  const { tracker, announce } = open();
  announce(request(endpoint4(1), { event: 'paused' }));
  announce(request(endpoint4(2)));
  const next = open();
  load(next.tracker, save(tracker));
  expect(next.tracker.counts(HASH)).toMatchObject({ leechers: 2, downloaders: 1 });
  expect(ROLE.partialSeed).toBe(1); // as written in snapshots
});
