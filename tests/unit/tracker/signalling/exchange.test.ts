/** What browsers are told, and of whom. */
import { REFUSAL, TRACKER_ERRORS, type InfoHash } from '../../../../server/src/tracker';
import { hashNumber } from '../../../contract/swarm-fixtures';
import { id20, offersOf, openSite, SDP } from './browsers';

const HASH = hashNumber(1);
const OTHER = hashNumber(2);

it('brings an offer to another browser and its answer back, byte for byte', () => {
  const site = openSite();
  const [a, b] = [site.browser(1), site.browser(2)];
  expect(b.announce(HASH, { left: 0 })).toEqual({
    action: 'announce',
    info_hash: HASH,
    interval: 120,
    complete: 1,
    incomplete: 0,
  });
  const [offer] = offersOf(1, 1);
  expect(a.announce(HASH, { offers: [offer], numwant: 5 })).toMatchObject({ incomplete: 1 });
  const [received] = b.offers();
  expect(received).toEqual({
    action: 'announce',
    info_hash: HASH,
    peer_id: a.peerId,
    offer_id: offer!.offer_id,
    offer: offer!.offer,
  });
  expect(b.answer(HASH, received!)).toEqual([]);
  expect(a.inbox.at(-1)).toEqual({
    action: 'announce',
    info_hash: HASH,
    peer_id: b.peerId,
    offer_id: offer!.offer_id,
    answer: { type: 'answer', sdp: SDP },
  });
});

it.each([
  ['with spaces', (text: string) => text.replaceAll('":', '" : ')],
  ['with escaped letters', (text: string) => text.replaceAll('"sdp"', '"\\u0073dp"')],
  [
    'with escaped bytes',
    (text: string) => text.replaceAll('é', '\\u00E9').replaceAll('ü', '\\u00fc'),
  ],
  [
    'with its numbers in quotes',
    (text: string) => text.replaceAll('"left":5', '"left":5,"sdp":"0"'),
  ],
])('reads what a client writes %s', (_, rewrite) => {
  const site = openSite();
  const [a, b] = [site.browser(1), site.browser(2)];
  b.announce(HASH);
  const offers = offersOf(1, 1);
  a.sayText(
    rewrite(
      JSON.stringify({ action: 'announce', info_hash: HASH, peer_id: a.peerId, left: 5, offers }),
    ),
  );
  expect(b.offers().map(({ offer }) => offer)).toEqual([offers[0]!.offer]);
});

it('gives an answer to nobody but who made the offer, from nobody but who got it, and once', () => {
  const site = openSite();
  const [a, b, thief] = [site.browser(1), site.browser(2), site.browser(3)];
  b.announce(HASH);
  a.announce(HASH, { offers: offersOf(1, 1) });
  const [offer] = b.offers();
  thief.announce(HASH);
  a.take();
  thief.answer(HASH, offer!); // never got it
  b.answer(HASH, offer!, { to_peer_id: thief.peerId }); // takes the offer, but names another
  b.answer(HASH, offer!);
  expect(a.take()).toEqual([]);
  a.announce(HASH, { offers: offersOf(4, 2) });
  a.take();
  const next = b.offers().at(-1)!;
  b.answer(OTHER, next); // in a swarm where neither is
  expect(a.take()).toEqual([]);
  b.answer(HASH, next);
  b.answer(HASH, next);
  expect(a.take()).toHaveLength(1);
  expect(site.drops.filter((reason) => reason === 'websocket-unroutable')).toHaveLength(5);
});

it('a peer is its connection: nobody moves or removes another by its peer_id', () => {
  const site = openSite();
  const [a, b, thief] = [site.browser(1), site.browser(2), site.browser(3)];
  a.announce(HASH, { left: 0 });
  thief.announce(HASH, { peer_id: a.peerId, event: 'stopped' });
  thief.announce(HASH, { peer_id: a.peerId, left: 9 });
  expect(site.signalling.counts(HASH)).toMatchObject({ seeders: 1, leechers: 1 });
  site.signalling.disconnect(thief.peer);
  a.take();
  b.announce(HASH, { offers: offersOf(2, 5) });
  expect(a.offers()).toHaveLength(1);
});

it('an offer id that is waiting stays with who sent it first', () => {
  const site = openSite();
  const [a, b, thief] = [site.browser(1), site.browser(2), site.browser(3)];
  b.announce(HASH);
  a.announce(HASH, { offers: offersOf(1, 1) });
  a.announce(HASH, { event: 'stopped' });
  thief.announce(HASH, { peer_id: a.peerId, offers: offersOf(1, 1) });
  expect(b.offers()).toHaveLength(1);
  thief.take();
  b.answer(HASH, b.offers()[0]!);
  expect(thief.take()).toEqual([]);
  expect(a.inbox.every(({ answer }) => answer === undefined)).toBe(true);
});

it('forgets offers that nobody has answered: after a minute, and the oldest of too many', () => {
  const site = openSite(undefined, { maxPendingOffers: 3 });
  const [a, b] = [site.browser(1), site.browser(2)];
  b.announce(HASH);
  for (let i = 1; i <= 4; i += 1) a.announce(HASH, { offers: offersOf(i, 1) });
  expect(b.peer.pending.size).toBe(3);
  const offers = b.offers();
  a.take();
  b.answer(HASH, offers[0]!);
  b.answer(HASH, offers[1]!);
  expect(a.take()).toHaveLength(1);
  site.clock.advance(61);
  b.answer(HASH, offers[2]!);
  expect(a.take()).toHaveLength(0);
  site.signalling.sweep();
  expect(b.peer.pending.size).toBe(0);
});

describe('the gate', () => {
  it('is asked at each announce and before each answer', () => {
    let refusal: number | null = null;
    const site = openSite((_, passkey) => refusal ?? Number(passkey));
    const [a, b] = [site.browser(1, { passkey: '1' }), site.browser(2, { passkey: '2' })];
    b.announce(HASH);
    a.announce(HASH, { offers: offersOf(1, 1) });
    a.take();
    refusal = REFUSAL.forbidden;
    expect(b.answer(HASH, b.offers()[0]!)).toEqual([
      {
        action: 'announce',
        'failure reason': TRACKER_ERRORS.forbidden.text,
        interval: TRACKER_ERRORS.forbidden.retryAfter,
        info_hash: HASH,
      },
    ]);
    expect(a.take()).toEqual([]);
    expect(site.signalling.counts(HASH).leechers).toBe(1);
    expect(a.announce(HASH)['failure reason']).toBe(TRACKER_ERRORS.forbidden.text);
    expect(site.signalling.totals()).toEqual({ connections: 2, swarms: 0, peers: 0 });
  });

  it('takes back a right: who loses it is told why, and nobody is told of him', () => {
    const lost = new Set<number>();
    const site = openSite((_, passkey) => {
      const owner = Number(passkey);
      return lost.has(owner) ? REFUSAL.passkeyUnknown : owner;
    });
    const [a, b, c] = [1, 2, 3].map((n) => site.browser(n, { passkey: String(n) }));
    for (const browser of [a!, b!]) for (const hash of [HASH, OTHER]) browser.announce(hash);
    [a!, b!].forEach((browser) => browser.take());
    lost.add(1);
    expect(site.signalling.dropOwnersWhere(HASH, (owner) => owner === 1)).toBe(1);
    expect(site.signalling.dropOwner(1)).toBe(1);
    expect(a!.take().map((m) => [m.info_hash, m['failure reason']])).toEqual([
      [HASH, TRACKER_ERRORS['passkey-unknown'].text],
      [OTHER, TRACKER_ERRORS['passkey-unknown'].text],
    ]);
    c!.announce(HASH, { offers: offersOf(3, 5) });
    expect(a!.take()).toEqual([]);
    expect(b!.offers()).toHaveLength(1);
    const { 'failure reason': reason } = a!.announce(HASH);
    expect(reason).toBe(TRACKER_ERRORS['passkey-unknown'].text);
    expect(site.signalling.totals().peers).toBe(3);
  });

  it('takes out of a swarm all whose owners have lost it, and asks once for each', () => {
    const lost = new Set<number>();
    const site = openSite((_, passkey) => {
      const owner = Number(passkey);
      return lost.has(owner) ? REFUSAL.forbidden : owner;
    });
    const browsers = [1, 1, 2, 3].map((owner, n) => site.browser(n + 1, { passkey: `${owner}` }));
    for (const browser of browsers) for (const hash of [HASH, OTHER]) browser.announce(hash);
    browsers.forEach((browser) => browser.take());
    lost.add(1).add(3);
    const asked: number[] = [];
    const hasLost = (owner: number): boolean => asked.push(owner) > 0 && lost.has(owner);
    expect(site.signalling.dropOwnersWhere(HASH, hasLost)).toBe(3);
    expect(asked.sort()).toEqual([1, 2, 3]);
    expect(browsers.map((browser) => browser.take().map((m) => m.info_hash))).toEqual([
      [HASH],
      [HASH],
      [],
      [HASH],
    ]);
    expect(site.signalling.counts(OTHER).leechers).toBe(4);
    expect(site.signalling.dropOwnersWhere('x'.repeat(20) as typeof HASH, hasLost)).toBe(0);
  });

  it('gives a scrape no way to learn what is forbidden', () => {
    const site = openSite((hash) => (hash === HASH ? 0 : REFUSAL.forbidden));
    const a = site.browser(1);
    a.announce(HASH);
    expect(a.say({ action: 'scrape', info_hash: [HASH, OTHER, HASH] })).toEqual([
      {
        action: 'scrape',
        files: { [HASH]: { complete: 0, incomplete: 1, downloaded: 0 } },
        flags: { min_request_interval: 120 },
      },
    ]);
  });

  it('lets the limiter refuse announces and scrapes, but no answers', () => {
    let isOpen = true;
    const site = openSite(() => 0, {}, { admits: () => isOpen });
    const [a, b] = [site.browser(1), site.browser(2)];
    b.announce(HASH);
    a.announce(HASH, { offers: offersOf(1, 1) });
    isOpen = false;
    expect(a.announce(HASH)['failure reason']).toBe(TRACKER_ERRORS['rate-limited'].text);
    expect(a.say({ action: 'scrape', info_hash: HASH })[0]).toMatchObject({ interval: 600 });
    expect(b.answer(HASH, b.offers()[0]!)).toEqual([]);
    expect(a.inbox.at(-1)).toHaveProperty('answer');
  });
});

describe('a completed download', () => {
  it('counts once per connection and torrent, of who came with something left', () => {
    const site = openSite();
    const a = site.browser(1);
    for (let round = 0; round < 3; round += 1) {
      a.announce(HASH, { event: 'started', left: 5 });
      a.announce(HASH, { event: 'completed', left: 0 });
      a.announce(HASH, { event: 'completed', left: 0 });
      a.announce(HASH, { event: 'stopped', left: 0 });
    }
    site.browser(2).announce(HASH, { event: 'completed', left: 0 }); // a stranger
    expect(site.completed.get(HASH)).toBe(1);
  });

  it('counts when the announce that says so was lost', () => {
    const site = openSite();
    const a = site.browser(1);
    a.announce(HASH, { left: 5 });
    a.announce(HASH, { left: 0, downloaded: 5 });
    expect(site.completed.get(HASH)).toBe(1);
    expect(site.signalling.counts(HASH)).toMatchObject({ seeders: 1, leechers: 0, completed: 1 });
  });
});

describe('both hashes of a hybrid', () => {
  const V2 = hashNumber(3);
  const canonical = (infoHash: InfoHash): InfoHash => (infoHash === V2 ? HASH : infoHash);
  const asked: InfoHash[] = [];
  const openHybrid = () =>
    openSite(
      (infoHash) => {
        asked.push(infoHash);
        return 0;
      },
      {},
      { canonical },
    );

  it('are one swarm, of which everybody hears by the hash that he knows', () => {
    const site = openHybrid();
    const [a, b] = [site.browser(1), site.browser(2)];
    expect(a.announce(HASH, { left: 0 })).toMatchObject({ info_hash: HASH, complete: 1 });
    const reply = b.announce(V2, { offers: offersOf(2, 1) });
    expect(reply).toMatchObject({ info_hash: V2, complete: 1, incomplete: 1 });
    const [offer] = a.offers();
    expect(offer).toMatchObject({ info_hash: HASH, peer_id: b.peerId });
    b.take();
    a.answer(HASH, offer!);
    expect(b.take()).toMatchObject([{ info_hash: V2, peer_id: a.peerId, answer: { sdp: SDP } }]);
    expect(site.signalling.counts(V2)).toEqual(site.signalling.counts(HASH));
    expect(a.say({ action: 'scrape', info_hash: V2 })).toMatchObject([
      { files: { [V2]: { complete: 1, incomplete: 1 } } },
    ]);
    const swarms: InfoHash[] = [];
    site.signalling.forEachSwarm((infoHash) => void swarms.push(infoHash));
    expect(swarms).toEqual([HASH]);
    // The right is that of the hash that was named.
    expect(asked).toEqual([HASH, V2, HASH, V2]);
  });

  it('make one member of who announces both, and he gets no offers of his own', () => {
    const site = openHybrid();
    const [a, b] = [site.browser(1), site.browser(2)];
    for (const hash of [HASH, V2]) a.announce(hash, { offers: offersOf(1, 5) });
    expect(site.signalling.counts(HASH).leechers).toBe(1);
    expect(a.offers()).toEqual([]);
    a.announce(HASH, { left: 0, event: 'completed' });
    a.announce(V2, { left: 0, event: 'completed' });
    expect(site.completed).toEqual(new Map([[HASH, 1]]));
    b.announce(HASH, { offers: offersOf(2, 5) });
    expect(a.offers()).toMatchObject([{ info_hash: V2 }]);
    a.announce(HASH, { event: 'stopped' });
    expect(site.signalling.counts(V2)).toMatchObject({ seeders: 0, leechers: 1 });
  });

  it('lose a right together, and each is told of the hash that he knows', () => {
    const site = openHybrid();
    const [a, b] = [site.browser(1), site.browser(2)];
    a.announce(HASH);
    b.announce(V2);
    [a, b].forEach((browser) => browser.take());
    expect(site.signalling.dropOwnersWhere(V2, () => true)).toBe(2);
    expect([a, b].map((browser) => browser.take().map((m) => m.info_hash))).toEqual([[HASH], [V2]]);
  });

  it('meet when they are linked after browsers have come, each of them once', () => {
    const links = new Map<InfoHash, InfoHash>();
    const site = openSite(
      () => 0,
      { maxPeersPerTorrent: 3 },
      {
        canonical: (infoHash) => links.get(infoHash) ?? infoHash,
      },
    );
    const browsers = [1, 2, 3, 4].map((n) => site.browser(n));
    const [a, b, c, d] = browsers;
    for (const browser of [a!, b!, c!]) browser.announce(V2);
    for (const browser of [a!, d!]) browser.announce(HASH);
    links.set(V2, HASH);
    site.signalling.merge(V2, HASH);
    // One of the four finds no room.
    expect(site.signalling.totals()).toMatchObject({ swarms: 1, peers: 3 });
    expect(site.signalling.counts(V2)).toMatchObject({ leechers: 3 });
    browsers.forEach((browser) => browser.take());
    b!.announce(V2, { offers: offersOf(2, 5) });
    const told = browsers.map((browser) => browser.offers().map((m) => m.info_hash));
    expect(told).toEqual([[HASH], [], [], [HASH]]);
    expect(site.signalling.dropOwnersWhere(HASH, () => true)).toBe(3);
    expect(site.signalling.totals()).toMatchObject({ swarms: 0, peers: 0 });
  });
});

describe('bounds', () => {
  it('torrents per connection, peers per torrent, peers in all', () => {
    const site = openSite(undefined, {
      maxTorrentsPerConnection: 2,
      maxPeersPerTorrent: 2,
      maxPeers: 4,
    });
    const [a, b, c] = [site.browser(1), site.browser(2), site.browser(3)];
    const reason = (m: { 'failure reason'?: string }) => m['failure reason'];
    const full = TRACKER_ERRORS['swarm-full'].text;
    expect([1, 2, 3].map((n) => reason(a.announce(hashNumber(n))))).toEqual([
      undefined,
      undefined,
      TRACKER_ERRORS['too-many-torrents'].text,
    ]);
    b.announce(HASH);
    expect(reason(c.announce(HASH))).toBe(full);
    b.announce(hashNumber(3));
    expect(reason(c.announce(hashNumber(4)))).toBe(full);
    expect(reason(b.announce(HASH))).toBeUndefined();
    expect(site.signalling.totals()).toEqual({ connections: 3, swarms: 3, peers: 4 });
  });

  it('connections in all and per network, but not of a proxy nearby', () => {
    const site = openSite(undefined, { maxConnections: 8, maxConnectionsPerNetwork: 2 });
    const { signalling } = site;
    const room = (address: number[]) =>
      signalling.hasRoomFor(Uint8Array.from(address), address.length === 4 ? 4 : 6);
    const v6 = (subnet: number) => [
      0x20,
      1,
      0xd,
      0xb8,
      0,
      0,
      subnet,
      ...new Array<number>(9).fill(1),
    ];
    const first = site.browser(1, { address: [203, 0, 113, 1] });
    site.browser(2, { address: [203, 0, 113, 2] });
    site.browser(3, { address: v6(1) });
    site.browser(4, { address: v6(1) });
    expect(room([203, 0, 113, 9])).toBe(false);
    expect(room([203, 0, 114, 9])).toBe(true);
    expect(room(v6(1))).toBe(false);
    expect(room(v6(2))).toBe(true);
    for (const n of [5, 6, 7]) site.browser(n);
    expect(room([127, 0, 0, 1])).toBe(true);
    site.browser(8, { address: [192, 168, 1, 1] });
    expect(room([10, 0, 0, 1])).toBe(false);
    signalling.disconnect(first.peer);
    signalling.disconnect(first.peer);
    expect(room([203, 0, 113, 9])).toBe(true);
  });
});

it('forgets who was silent for two intervals, and closes connections that are in no swarm', () => {
  const site = openSite();
  const [a, b] = [site.browser(1), site.browser(2)];
  a.announce(HASH);
  b.announce(HASH);
  site.clock.advance(200);
  b.announce(HASH);
  site.clock.advance(41);
  expect(site.signalling.sweep()).toBe(true);
  expect(site.signalling.counts(HASH).leechers).toBe(1);
  expect(a.closed).toBeNull();
  site.clock.advance(241);
  site.signalling.sweep();
  expect([a.closed, b.closed]).toEqual(['idle', null]);
  expect(site.signalling.totals()).toEqual({ connections: 1, swarms: 0, peers: 0 });
});

it('removes all memberships of a connection that closes, and closes all when it stops', () => {
  const site = openSite();
  const [a, b] = [site.browser(1), site.browser(2)];
  for (const n of [1, 2, 3]) a.announce(hashNumber(n));
  b.announce(HASH);
  site.signalling.disconnect(a.peer);
  expect(site.signalling.totals()).toEqual({ connections: 1, swarms: 1, peers: 1 });
  const swarms: [InfoHash, number, number][] = [];
  site.signalling.forEachSwarm((...swarm) => void swarms.push(swarm));
  expect(swarms).toEqual([[HASH, 0, 1]]);
  site.signalling.stop();
  expect(b.closed).toBe('going-away');
  expect(site.signalling.totals()).toEqual({ connections: 0, swarms: 0, peers: 0 });
});

describe('a message that is wrong', () => {
  const good = { action: 'announce', info_hash: HASH, peer_id: id20(1), left: 5 };
  const offer = offersOf(1, 1)[0]!;
  it.each<[string, object]>([
    ['invalid-message', {}],
    ['invalid-message', { action: 3 }],
    ['missing-info-hash', { ...good, info_hash: undefined }],
    ['invalid-info-hash', { ...good, info_hash: null }],
    ['invalid-info-hash', { ...good, info_hash: 'x'.repeat(19) }],
    ['invalid-info-hash', { ...good, info_hash: 'x'.repeat(21) }],
    ['invalid-info-hash', { ...good, info_hash: '\u0100'.padEnd(20, 'x') }],
    ['invalid-info-hash', { ...good, info_hash: '\u{1f600}'.repeat(10) }],
    ['invalid-info-hash', { ...good, info_hash: ['x'.repeat(20)] }],
    ['missing-peer-id', { ...good, peer_id: undefined }],
    ['invalid-peer-id', { ...good, peer_id: 20 }],
    ['invalid-event', { ...good, event: 'Started' }],
    ['invalid-event', { ...good, event: {} }],
    ['invalid-amount', { ...good, left: -1 }],
    ['invalid-amount', { ...good, left: 1.5 }],
    ['invalid-amount', { ...good, left: '0' }],
    ['invalid-amount', { ...good, downloaded: [] }],
    ['invalid-numwant', { ...good, offers: [offer], numwant: 1.5 }],
    ['invalid-numwant', { ...good, offers: [offer], numwant: '5' }],
    ['invalid-offers', { ...good, offers: null }],
    ['invalid-offers', { ...good, offers: {} }],
    ['invalid-offers', { ...good, offers: [null] }],
    ['invalid-offers', { ...good, offers: [[]] }],
    ['invalid-offers', { ...good, offers: new Array(10_000).fill(0) }],
    ['invalid-offers', { ...good, offers: [{ ...offer, offer_id: 'short' }] }],
    ['invalid-offers', { ...good, offers: [{ ...offer, offer: null }] }],
    ['invalid-offers', { ...good, offers: [{ ...offer, offer: { type: 'answer', sdp: SDP } }] }],
    ['invalid-offers', { ...good, offers: [{ ...offer, offer: { type: 'offer', sdp: 5 } }] }],
    ['invalid-offers', { ...good, offers: [{ ...offer, offer: { type: 'offer', sdp: '' } }] }],
    [
      'invalid-offers',
      { ...good, offers: [{ ...offer, offer: { type: 'offer', sdp: 'x'.repeat(16_385) } }] },
    ],
    ['invalid-answer', { ...good, answer: true }],
    ['invalid-answer', { ...good, answer: { type: 'answer', sdp: SDP }, offer_id: id20(1) }],
    [
      'invalid-answer',
      { ...good, answer: { type: 'offer', sdp: SDP }, offer_id: id20(1), to_peer_id: id20(2) },
    ],
    ['missing-info-hash', { action: 'scrape' }],
    ['missing-info-hash', { action: 'scrape', info_hash: [] }],
    ['invalid-info-hash', { action: 'scrape', info_hash: [HASH, null] }],
  ])('is answered with %s: %j', (code, message) => {
    const site = openSite();
    const [a, b] = [site.browser(1), site.browser(2)];
    b.announce(HASH);
    const [reply, ...more] = a.say(message);
    const { text, retryAfter } = TRACKER_ERRORS[code as keyof typeof TRACKER_ERRORS];
    expect(reply).toMatchObject({ 'failure reason': text, interval: retryAfter });
    expect(more).toEqual([]);
    expect(a.closed).toBeNull();
    expect(b.take()).toHaveLength(1);
    expect(site.signalling.counts(HASH).leechers).toBe(1);
  });

  it.each([
    '',
    'null',
    '[]',
    '7',
    '"text"',
    '{',
    '{"action":"announce","sdp":"',
    '{"action":"announce","sdp":"\\',
    '{"action":"announce","sdp":"\n"}',
    '{"action":"announce","sdp":"\\q"}',
    '{"action":"announce","sdp":"\\u12"}',
    '['.repeat(60_000),
    '{"a":'.repeat(10_000),
    '"sdp":"'.repeat(8_000),
    `{${'"sdp":"",'.repeat(7_000)}"sdp":""`,
  ])('closes the connection when it is no JSON object: %#', (text) => {
    const site = openSite();
    const a = site.browser(1);
    a.announce(HASH);
    a.take();
    expect(a.sayText(text)).toEqual([]);
    expect(a.closed).toBe('malformed');
    expect(site.signalling.totals().connections).toBe(0);
    expect(a.sayText('{}')).toEqual([]);
  });

  it('a huge list of offers within the limit is cut to ten, and to numwant', () => {
    const site = openSite();
    const others = Array.from({ length: 40 }, (_, i) => site.browser(i + 10));
    others.forEach((browser) => browser.announce(HASH));
    const a = site.browser(1);
    const received = () =>
      others.flatMap((browser) => browser.take()).filter((m) => m.offer).length;
    a.announce(HASH, { offers: offersOf(1, 60), numwant: 1000 });
    expect(received()).toBe(10);
    a.announce(HASH, { offers: offersOf(2, 60), numwant: 3 });
    expect(received()).toBe(3);
    a.announce(HASH, { offers: offersOf(3, 60), numwant: -1 });
    expect(received()).toBe(10);
    a.announce(HASH, { offers: offersOf(4, 60), numwant: 0 });
    expect(received()).toBe(0);
  });
});
