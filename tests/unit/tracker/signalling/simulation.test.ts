/**
 * Random browsers join, change, offer, answer, leave, lose their rights and are forgotten; after
 * every step the counts are those of a naive model and no message has gone to a stranger.
 * A failure names its seed; set SIMULATION_SEED to run it again.
 */
import { REFUSAL, type InfoHash } from '../../../../server/src/tracker';
import { hashNumber, seededRandom } from '../../../contract/swarm-fixtures';
import { offersOf, openSite, type Browser, type Message } from './browsers';

const SEED = Number(process.env.SIMULATION_SEED ?? Math.floor(Math.random() * 2 ** 31));
const HASHES = [1, 2, 3].map(hashNumber);
const OWNERS = 4;
const STEPS = 6000;

interface ModelMember {
  isSeeder: boolean;
  owner: number;
  seen: number;
  /** Who leaves and comes again is another member: old offers are not his. */
  joined: number;
}

it(`agrees with a naive model (seed ${SEED})`, () => {
  const random = seededRandom(SEED);
  const below = (n: number): number => Math.floor(random() * n);
  const lost = new Set<string>();
  const site = openSite((hash, passkey) =>
    lost.has(`${hash}${passkey}`) ? REFUSAL.forbidden : Number(passkey),
  );
  const model = new Map<Browser, Map<InfoHash, ModelMember>>();
  /** Offers on their way, as the naive observer sees them. */
  const sent = new Map<
    string,
    { from: Browser; to: Browser; hash: InfoHash; at: number; joined: number }
  >();
  let now = 0;
  let number = 0;
  let delivered = 0;
  let answered = 0;

  const some = (): Browser | undefined => [...model.keys()][below(model.size)];
  const mayHave = (browser: Browser, hash: InfoHash): boolean =>
    !lost.has(`${hash}${browser.peer.passkey}`);

  function announce(browser: Browser): void {
    const hash = HASHES[below(HASHES.length)]!;
    const members = model.get(browser)!;
    const isSeeder = random() < 0.3;
    const isLeaving = random() < 0.15;
    number += 1;
    const offers = offersOf(number, below(4));
    browser.announce(hash, {
      left: isSeeder ? 0 : 5,
      ...(isLeaving ? { event: 'stopped' } : { offers }),
    });
    if (!mayHave(browser, hash) || isLeaving) members.delete(hash);
    else {
      const joined = members.get(hash)?.joined ?? number;
      members.set(hash, { isSeeder, owner: Number(browser.peer.passkey), seen: now, joined });
    }
    for (const other of model.keys()) {
      for (const offer of other.take().filter((message) => message.offer)) {
        const mine = members.get(hash);
        const theirs = model.get(other)!.get(hash);
        expect(offer.info_hash).toBe(hash);
        expect(other).not.toBe(browser);
        expect(mine !== undefined && theirs !== undefined).toBe(true);
        expect(mine!.isSeeder && theirs!.isSeeder).toBe(false);
        expect(offer.peer_id).toBe(browser.peerId);
        sent.set(offer.offer_id!, {
          from: browser,
          to: other,
          hash,
          at: now,
          joined: mine!.joined,
        });
        delivered += 1;
      }
    }
  }

  function answer(): void {
    const entries = [...sent];
    // Mostly one of the last: older ones are stale.
    const among = random() < 0.8 ? Math.min(6, entries.length) : entries.length;
    const [offerId, offer] = entries[entries.length - 1 - below(among)] ?? [];
    if (offerId === undefined || offer === undefined) return;
    const by = random() < 0.3 ? some() : offer.to;
    if (by === undefined || !model.has(by)) return;
    const message: Message = { action: '', peer_id: offer.from.peerId, offer_id: offerId };
    by.answer(offer.hash, message);
    const isDue =
      by === offer.to &&
      now - offer.at <= 60 &&
      model.get(by)!.has(offer.hash) &&
      model.get(offer.from)?.get(offer.hash)?.joined === offer.joined;
    if (by === offer.to && model.get(by)!.has(offer.hash)) sent.delete(offerId);
    const isAllowed = mayHave(by, offer.hash);
    if (isDue && !isAllowed) model.get(by)!.delete(offer.hash);
    const answers = [...model.keys()].flatMap((browser) =>
      browser.take().flatMap((m) => (m.answer === undefined ? [] : [{ browser, m }])),
    );
    expect(answers.map(({ browser }) => browser)).toEqual(isDue && isAllowed ? [offer.from] : []);
    if (answers.length > 0) {
      answered += 1;
      expect(answers[0]!.m).toMatchObject({ peer_id: by.peerId, offer_id: offerId });
    }
  }

  function revoke(): void {
    const owner = below(OWNERS);
    const hash = HASHES[below(HASHES.length)]!;
    const key = `${hash}${owner}`;
    if (lost.delete(key)) return;
    lost.add(key);
    site.signalling.dropOwnerFrom(hash, owner);
    for (const members of model.values()) {
      if (members.get(hash)?.owner === owner) members.delete(hash);
    }
  }

  function wait(): void {
    const seconds = below(90);
    now += seconds;
    site.clock.advance(seconds);
    while (!site.signalling.sweep());
    for (const [browser, members] of [...model]) {
      for (const [hash, { seen }] of [...members]) if (seen < now - 240) members.delete(hash);
      if (browser.closed !== null) {
        expect(members.size).toBe(0);
        model.delete(browser);
      }
    }
  }

  function check(): void {
    for (const hash of HASHES) {
      const members = [...model.values()].flatMap((byHash) => byHash.get(hash) ?? []);
      const seeders = members.filter(({ isSeeder }) => isSeeder).length;
      const { seeders: complete, leechers } = site.signalling.counts(hash);
      expect([complete, leechers]).toEqual([seeders, members.length - seeders]);
    }
    const all = [...model.values()];
    expect(site.signalling.totals()).toEqual({
      connections: all.length,
      swarms: HASHES.filter((hash) => all.some((members) => members.has(hash))).length,
      peers: all.reduce((sum, { size }) => sum + size, 0),
    });
  }

  for (let step = 0; step < STEPS; step += 1) {
    const dice = random();
    const browser = some();
    if (browser === undefined || (dice < 0.06 && model.size < 25)) {
      number += 1;
      model.set(site.browser(number, { passkey: String(below(OWNERS)) }), new Map());
    } else if (dice < 0.1) {
      site.signalling.disconnect(browser.peer);
      model.delete(browser);
    } else if (dice < 0.11) revoke();
    else if (dice < 0.13) wait();
    else if (dice < 0.5) answer();
    else announce(browser);
    check();
  }
  expect(delivered).toBeGreaterThan(500);
  expect(answered).toBeGreaterThan(100);
});
