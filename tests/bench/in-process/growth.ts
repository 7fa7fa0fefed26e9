/**
 * How the cost of an announce grows. Arguments: `torrents` or `peers`, announces per round, sizes.
 * Prints, for each size, the median of its cost as a ratio to that of the first, as JSON.
 */
import { median } from '../rounds';
import { createEngine, fill, timeAnnounces } from './announces';

const ROUNDS = 15;

const [kind = '', count = '0', ...texts] = process.argv.slice(2);
const subjects = texts.map(Number).map((size) => {
  const torrents = kind === 'torrents' ? size : 1;
  const engine = createEngine();
  fill(engine, torrents, size);
  return { engine, torrents, peers: size };
});

const measure = ({ engine, torrents, peers }: (typeof subjects)[number]): number =>
  timeAnnounces(engine, torrents, peers, Number(count));

subjects.forEach(measure); // compiles
const rounds = Array.from({ length: ROUNDS }, () => subjects.map(measure));
const ratios = subjects.map((_, i) =>
  median(rounds.map((costs) => (costs[i] ?? NaN) / (costs[0] ?? NaN))),
);
console.log(JSON.stringify(ratios));
