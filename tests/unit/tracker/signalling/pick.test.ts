/** Who gets whose offers. */
import { hashNumber, seededRandom } from '../../../contract/swarm-fixtures';
import { offersOf, openSite, type Browser } from './browsers';

const HASH = hashNumber(1);

/** A swarm in which every third browser has everything. */
function swarmOf(count: number) {
  const site = openSite(undefined, { maxOffers: 50 }, { random: seededRandom(count) });
  const browsers = Array.from({ length: count }, (_, i) => site.browser(i + 1));
  browsers.forEach((browser, i) => browser.announce(HASH, { left: i % 3 === 0 ? 0 : 5 }));
  return browsers;
}

const isSeeder = (browser: Browser): boolean => (browser.number - 1) % 3 === 0;

it.each(Array.from({ length: 51 }, (_, count) => count))(
  'of %i browsers each gives its offers to others: as many as there are and he wants, none twice',
  (count) => {
    const browsers = swarmOf(count);
    for (const asker of browsers) {
      const others = browsers.filter(
        (other) => other !== asker && !(isSeeder(asker) && isSeeder(other)),
      );
      const seeders = others.filter(isSeeder);
      for (const wanted of [0, 1, 4, 17, 50]) {
        browsers.forEach((browser) => browser.take());
        asker.announce(HASH, {
          left: isSeeder(asker) ? 0 : 5,
          offers: offersOf(asker.number, wanted),
          numwant: wanted,
        });
        const receivers = browsers.filter((browser) => browser.offers().length > 0);
        const received = browsers.flatMap((browser) => browser.offers());
        expect(received).toHaveLength(Math.min(wanted, others.length));
        expect(receivers).toHaveLength(received.length);
        expect(new Set(received.map((offer) => offer.offer_id)).size).toBe(received.length);
        expect(receivers.every((browser) => others.includes(browser))).toBe(true);
        expect(receivers.filter(isSeeder)).toHaveLength(Math.min(wanted, seeders.length));
        for (const browser of receivers) {
          browser.offers().forEach((offer) => browser.answer(HASH, offer));
        }
        expect(asker.inbox.filter(({ answer }) => answer)).toHaveLength(received.length);
      }
    }
  },
);

it('picks each of the others equally often', () => {
  const browsers = swarmOf(16).filter((browser) => !isSeeder(browser));
  const [asker, ...others] = browsers;
  const ROUNDS = 4000;
  const all = swarmOf(0);
  expect(all).toEqual([]);
  let round = 0;
  const counts = new Map(others.map((other) => [other, 0]));
  for (; round < ROUNDS; round += 1) {
    // Past the five or six seeders, which come first.
    asker!.announce(HASH, { offers: offersOf(round + 1, 9), numwant: 9 });
    for (const other of others) {
      counts.set(other, counts.get(other)! + (other.offers().length > 0 ? 1 : 0));
      other.take();
    }
  }
  const expected = (ROUNDS * 3) / others.length;
  const chi = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // 8 degrees of freedom; the seed is fixed, so this is no matter of luck.
  expect(chi).toBeLessThan(26);
});
