/**
 * How a property is tested here: with FUZZ_RUNS inputs, which `npm run fuzz` sets to a million and
 * `npm test` leaves at thousands. A failure names its seed and the smallest input that was found.
 */
import fc from 'fast-check';
import { inUse } from '../unit/memory';

export const RUNS = Number(process.env['FUZZ_RUNS'] ?? 2000);

/** Plain checks instead of `expect`: at a million runs the matchers would take most of the time. */
export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Of numbers, texts, arrays, and objects with their keys in one order. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (found !== wanted) throw new Error(`${what}: ${found} instead of ${wanted}`);
}

export function fuzz<Input>(inputs: fc.Arbitrary<Input>, check: (input: Input) => void): void {
  fc.assert(fc.property(inputs, check), { numRuns: RUNS });
}

const MIB = 1024 * 1024;
/** Compiled code and the like come and go; 32 bytes an input, held on to a million times, would be twice this. */
const MOST_KEPT = 16 * MIB;

/** The same, and what comes in is not held on to: after the first tenth, memory grows no more. */
export function fuzzWithoutLeak<Input>(
  inputs: fc.Arbitrary<Input>,
  check: (input: Input) => void,
  runs = RUNS,
): void {
  fc.assert(fc.property(inputs, check), { numRuns: Math.ceil(runs / 10) });
  const before = inUse();
  fc.assert(fc.property(inputs, check), { numRuns: runs });
  const kept = inUse() - before;
  holds(kept < MOST_KEPT, `${kept} bytes are held after ${runs} inputs`);
}
