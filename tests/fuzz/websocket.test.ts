/** Junk for the WebTorrent signalling: FUZZ_RUNS messages for each property, thousands by default. */
import fc from 'fast-check';
import type { ClientMessage, Passage } from '../../server/src/tracker/signalling/messages';
import { RegularReader } from '../../server/src/tracker/signalling/regular-reader';
import { readMessage } from '../../server/src/tracker/signalling/read-message';
import { SIGNALLING_DEFAULTS } from '../../server/src/tracker';
import { hashNumber } from '../contract/swarm-fixtures';
import {
  id20,
  offersOf,
  openSite,
  SDP,
  type Browser,
  type Site,
} from '../unit/tracker/signalling/browsers';
import { fuzz, holds, RUNS, same } from './property';

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

const anyText = fc.oneof(fc.constant(SDP), fc.string({ unit: 'binary', maxLength: 30 }));
const bytes20 = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const amount = fc.oneof(
  { weight: 20, arbitrary: fc.nat() },
  fc.constantFrom(null, 0, -1),
  fc.maxSafeNat(),
  fc.double(),
);
/** What clients say, with their fields in any order. */
const usualMessage = fc
  .record(
    {
      action: fc.constant('announce'),
      info_hash: bytes20,
      peer_id: bytes20,
      event: fc.constantFrom('started', 'stopped', 'completed', 'update', ''),
      left: amount,
      downloaded: amount,
      uploaded: amount,
      numwant: fc.nat(12),
      key: anyText,
      offers: fc.array(
        fc.record({
          offer: fc.record({ type: fc.constant('offer'), sdp: anyText }),
          offer_id: bytes20,
        }),
        { maxLength: 4 },
      ),
      answer: fc.record({ type: fc.constant('answer'), sdp: anyText }),
      to_peer_id: bytes20,
      offer_id: bytes20,
    },
    { requiredKeys: ['action', 'info_hash', 'peer_id', 'to_peer_id', 'offer_id'] },
  )
  .chain((it) => fc.shuffledSubarray(Object.entries(it), { minLength: Object.keys(it).length }))
  .map((entries) => Object.fromEntries(entries));
const piece = fc.oneof(
  fc.constantFrom('"', '\\', '\\"', '\\u00e9', '\\u', ',', ':', '{', '}', '[', ']', ' ', '-', '.5'),
  fc.constantFrom('e9', 'null', '0', 'é', '\n', '\0', ',"left":3', ',"sdp":"x"', '😀'),
);

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
      holds(action === 'announce' || action === 'scrape', `action ${action}`);
      if (info_hash !== undefined && rest.offer !== undefined) holds(info_hash === HASH, 'hash');
    }
    const { connections, swarms, peers } = site.signalling.totals();
    holds(connections <= 2 && swarms === 1 && peers <= 2, 'more peers than there are');
    holds(witness.closed === null, 'the witness was closed');
    holds(witness.peer.pending.size <= 8, 'too many offers are kept');
    const { action, interval } = witness.announce(HASH);
    holds(action === 'announce' && interval === 120, 'the witness is not answered');
    witness.take();
    site.clock.advance(1);
    witness.announce(HASH);
    witness.take();
    site.signalling.sweep();
  };
}

test('messages whose fields are wrong end in an answer or a close', () => {
  const say = openFuzzed();
  fuzz(message, (it) => say(JSON.stringify(it)));
});

test('any JSON does', () => {
  const say = openFuzzed();
  fuzz(fc.json(), say);
});

test('pieces of messages do', () => {
  const say = openFuzzed();
  fuzz(pieces, say);
});

test('a message is taken for JSON exactly when it is, whatever its descriptions hold', () => {
  const site = openSite();
  const parts = fc.array(
    fc.oneof(
      fc.constantFrom('\\', '"', '\\n', '\\u00e9', '\\u', '\\q', '\n', 'é', '😀', '"sdp":"'),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 8 },
  );
  fuzz(parts, (it) => {
    const text = `{"action":"announce","x":{"sdp":"${it.join('')}"},"y":"z"}`;
    const browser = site.browser(1);
    const [reply] = browser.sayText(text);
    const isJson = isObject(text);
    holds(browser.closed === (isJson ? null : 'malformed'), `closed: ${browser.closed}`);
    holds((reply !== undefined) === isJson, 'not answered');
    site.signalling.disconnect(browser.peer);
  });
});

test('the quick reader reads what it reads as the other one does', () => {
  const reader = new RegularReader(SIGNALLING_DEFAULTS);
  let read = 0;
  const check = (text: string): void => {
    const data = Buffer.from(text);
    const quick = reader.read(data);
    if (quick === null) return;
    read += 1;
    same(meaningOf(quick), meaningOf(readMessage(data, SIGNALLING_DEFAULTS)), text);
  };
  const usual = fc.tuple(usualMessage, fc.array(fc.tuple(fc.nat(3000), piece), { maxLength: 2 }));
  fuzz(usual, ([it, changes]) => {
    let text = JSON.stringify(it);
    check(text);
    for (const [at, by] of changes) {
      const place = at % text.length;
      text = text.slice(0, place) + by + text.slice(place + 1);
    }
    check(text);
  });
  // Or it has been compared with nothing.
  holds(read > RUNS / 2, `${read} of ${RUNS} were read`);
});

test('a description arrives as it was sent', () => {
  const site = openSite();
  const [from, to] = [site.browser(1), site.browser(2)];
  to.announce(HASH);
  to.take();
  let number = 0;
  const inputs = fc.tuple(fc.string({ unit: 'grapheme', minLength: 1 }), fc.boolean());
  fuzz(inputs, ([sdp, hasSpaces]) => {
    number += 1;
    const offers = [{ offer: { type: 'offer', sdp: `x${sdp}` }, offer_id: id20(number) }];
    const message = { action: 'announce', info_hash: HASH, peer_id: from.peerId, offers };
    from.sayText(JSON.stringify(message, null, hasSpaces ? 1 : 0));
    const received = to.take();
    same(
      received.map(({ offer: it }) => it?.sdp),
      [`x${sdp}`],
      'offers',
    );
    from.take();
  });
});

function isObject(text: string): boolean {
  try {
    return typeof JSON.parse(text) === 'object';
  } catch {
    return false;
  }
}

interface Described {
  offer_id: string;
  offer?: { type: string; sdp: string };
  answer?: { type: string; sdp: string };
}

/** With what is passed on as what it means, however it is written. */
function meaningOf(message: ClientMessage | null): unknown {
  if (message === null || !('source' in message)) return message;
  const { source } = message;
  const isIn = ({ from, to }: Passage): unknown => {
    const json = `{${Buffer.from(source.subarray(from, to)).toString()}`;
    const { offer_id: id, offer: its, answer, ...rest } = JSON.parse(json) as Described;
    return { id, ofType: (its ?? answer)?.type, sdp: (its ?? answer)?.sdp, rest };
  };
  if (message.kind === 'announce') {
    const offers = message.offers.map((offer) => [offer.id, isIn(offer)]);
    return { ...message, offers, source: null };
  }
  return { ...message, passage: isIn(message), source: null, from: 0, to: 0 };
}
