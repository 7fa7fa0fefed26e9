/** Resident memory per IPv4 peer. Arguments: peers, torrents. Prints bytes per peer as JSON. */
import { createEngine, fill } from './announces';

const [peers = 0, torrents = 0] = process.argv.slice(2).map(Number);

// Compiled code and the first pages of everything are not the peers'.
fill(createEngine(), 10, 20_000);
const engine = createEngine();
const before = resident();
fill(engine, torrents, peers);
const after = resident();
if (engine.tracker.totals().peers4 !== peers) throw new Error('peers got lost');
console.log(JSON.stringify((after - before) / peers));

function resident(): number {
  for (let i = 0; i < 3; i += 1) globalThis.gc?.();
  return process.memoryUsage().rss;
}
