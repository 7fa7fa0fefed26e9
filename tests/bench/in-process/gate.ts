/**
 * Share of the real gate in an announce, and its nanoseconds. Argument: announces per round. Prints
 * both as JSON.
 */
import { createRealGate } from '../real-gate';
import { median } from '../rounds';
import { TORRENTS } from '../scenario';
import { createEngine, fill, openGate, timeAnnounces, writeInfoHash } from './announces';

const ROUNDS = 21;
const PEERS = 100_000;

const count = Number(process.argv[2]);
const hashes = Array.from({ length: TORRENTS }, (_, index) => {
  const hash = Buffer.alloc(20);
  writeInfoHash(index, hash);
  return hash;
});
const engines = [createEngine(createRealGate(hashes)), createEngine(openGate)];
for (const engine of engines) fill(engine, TORRENTS, PEERS);

const measure = (): number[] =>
  engines.map((engine) => timeAnnounces(engine, TORRENTS, PEERS, count));

measure(); // compiles
const rounds = Array.from({ length: ROUNDS }, measure);
const share = median(rounds.map(([real = NaN, open = NaN]) => (real - open) / real));
const nanoseconds = median(rounds.map(([real = NaN, open = NaN]) => real - open));
console.log(JSON.stringify([share, nanoseconds]));
