/** Junk for the WebTorrent signalling: FUZZ_RUNS messages for each property, thousands by default. */
import fc from 'fast-check';
import { hashNumber } from '../contract/swarm-fixtures';
import {
  id20,
  offersOf,
  openSite,
  SDP,
  type Browser,
  type Site,
} from '../unit/tracker/signalling/browsers';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 2000);
const HASH = hashNumber(1);

const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, 0, -1, 1.5, 1e300, true, '', 'started', 'stopped', 'completed'),
  fc.constantFrom<unknown>(
    HASH,
    hashNumber(2),
    id20(1),
    id20(2),
    'announce',
    'scrape',
    SDP,
    '0',
    '1',
  ),
  fc.string({ unit: 'binary', maxLength: 24 }),
  fc.double(),
);
const description = fc.record(
  { type: fc.constantFrom<unknown>('offer', 'answer', 5), sdp: fc.oneof(fc.constant(SDP), scalar) },
  { requiredKeys: [] },
);
const offer = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(...offersOf(3, 4)) },
  fc.record({ offer: fc.oneof(description, scalar), offer_id: scalar }, { requiredKeys: [] }),
  fc.jsonValue(),
);
/** Fields that matter, some right and some not. */
const message = fc.record(
  {
    action: fc.oneof({ weight: 8, arbitrary: fc.constant('announce') }, scalar),
    info_hash: fc.oneof({ weight: 8, arbitrary: fc.constant(HASH) }, scalar, fc.array(scalar)),
    peer_id: fc.oneof({ weight: 8, arbitrary: fc.constant(id20(1)) }, scalar),
    event: scalar,
    left: fc.oneof({ weight: 8, arbitrary: fc.nat(9) }, scalar),
    numwant: scalar,
    offers: fc.oneof({ weight: 4, arbitrary: fc.array(offer, { maxLength: 12 }) }, fc.jsonValue()),
    answer: fc.option(fc.oneof(description, scalar), { freq: 4, nil: undefined }),
    to_peer_id: fc.oneof(fc.constant(id20(2)), scalar),
    offer_id: fc.oneof(fc.constantFrom(...offersOf(3, 4).map((it) => it.offer_id)), scalar),
  },
  { requiredKeys: [] },
);
/** Pieces of messages in any order. */
const pieces = fc
  .array(
    fc.oneof(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', '\\"', '\\u', '\\u00e9', '\n', '\0'),
      fc.constantFrom('"sdp":"', '"sdp"', '"offer":{"type":"offer",', '"offers":[', 'null', '0'),
      fc.constantFrom('"action":"announce",', '"info_hash":"', HASH, '"peer_id":"', id20(1)),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

/** A site that goes on for all runs, so that what one message leaves behind meets the next. */
function openFuzzed() {
  const site: Site = openSite((hash) => (hash === HASH ? 0 : -2), { maxPendingOffers: 8 });
  const witness = site.browser(2);
  witness.announce(HASH);
  let browser: Browser = site.browser(1);
  return function say(text: string): void {
    if (browser.closed !== null) browser = site.browser(1);
    browser.sayText(text);
    for (const { action, info_hash, ...rest } of [...browser.take(), ...witness.take()]) {
      expect(['announce', 'scrape']).toContain(action);
      if (info_hash !== undefined && rest.offer !== undefined) expect(info_hash).toBe(HASH);
    }
    const { connections, swarms, peers } = site.signalling.totals();
    expect(connections).toBeLessThanOrEqual(2);
    expect(swarms).toBe(1);
    expect(peers).toBeLessThanOrEqual(2);
    expect(witness.closed).toBeNull();
    expect(witness.peer.pending.size).toBeLessThanOrEqual(8);
    expect(witness.announce(HASH)).toMatchObject({ action: 'announce', interval: 120 });
    witness.take();
    site.clock.advance(1);
    witness.announce(HASH);
    witness.take();
    site.signalling.sweep();
  };
}

test('messages whose fields are wrong end in an answer or a close', () => {
  const say = openFuzzed();
  fc.assert(
    fc.property(message, (it) => say(JSON.stringify(it))),
    { numRuns },
  );
});

test('any JSON does', () => {
  const say = openFuzzed();
  fc.assert(
    fc.property(fc.json(), (text) => say(text)),
    { numRuns },
  );
});

test('pieces of messages do', () => {
  const say = openFuzzed();
  fc.assert(fc.property(pieces, say), { numRuns });
});

test('a message is taken for JSON exactly when it is, whatever its descriptions hold', () => {
  const site = openSite();
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          fc.constantFrom('\\', '"', '\\n', '\\u00e9', '\\u', '\\q', '\n', 'é', '😀', '"sdp":"'),
          fc.string({ maxLength: 3 }),
        ),
        { maxLength: 8 },
      ),
      (parts) => {
        const text = `{"action":"announce","x":{"sdp":"${parts.join('')}"},"y":"z"}`;
        let isObject = true;
        try {
          JSON.parse(text);
        } catch {
          isObject = false;
        }
        const browser = site.browser(1);
        const [reply] = browser.sayText(text);
        expect([browser.closed, reply === undefined]).toEqual(
          isObject ? [null, false] : ['malformed', true],
        );
        site.signalling.disconnect(browser.peer);
      },
    ),
    { numRuns },
  );
});

test('a description arrives as it was sent', () => {
  const site = openSite();
  const [from, to] = [site.browser(1), site.browser(2)];
  to.announce(HASH);
  let number = 0;
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean(), (sdp, hasSpaces) => {
      number += 1;
      const text = JSON.stringify(
        {
          action: 'announce',
          info_hash: HASH,
          peer_id: from.peerId,
          offers: [{ offer: { type: 'offer', sdp: `x${sdp}` }, offer_id: id20(number) }],
        },
        null,
        hasSpaces ? 1 : 0,
      );
      from.sayText(text);
      expect(to.offers().map(({ offer: it }) => it?.sdp)).toEqual([`x${sdp}`]);
      to.take();
      from.take();
    }),
    { numRuns },
  );
});
