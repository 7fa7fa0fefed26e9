/**
 * Rounds: each server in turn (A B C, A B C, …), so that a machine that slows down slows down all of
 * them. A result is the median over the rounds of the ratio within one round.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, Ports } from './loads/load';
import type { Subject } from './subjects/subject';
import { TORRENTS } from './scenario';

export interface Durations {
  rounds: number;
  /** Milliseconds. */
  warmUp: number;
  measure: number;
}

/** As long in all, in shorter turns: what slows the machine down for a second slows down neighbours, too. */
export function inShortTurns({ rounds, warmUp, measure }: Durations): Durations {
  return { rounds: 2 * rounds + 1, warmUp: (2 * warmUp) / 3, measure: 0.44 * measure };
}

export interface Sample {
  /** Announces answered in a second. */
  perSecond: number;
  /** Microseconds of the server's processor time for one. */
  cpu: number;
}

/** Thrown away: only then is everything compiled. */
const COMPILERS_ROUNDS = 2;

/** By the subject's name, one sample for each round. */
export type Samples = Map<string, Sample[]>;

/** An answer was wrong: the only thing that makes a benchmark fail. */
export class WrongAnswer extends Error {}

export interface RunOptions {
  load: Load;
  door: keyof Ports;
  subjects: readonly Subject[];
  durations: Durations;
  /** Shown while it runs. */
  say: (line: string) => void;
}

export async function runRounds(options: RunOptions): Promise<Samples> {
  const { load, subjects, durations, say } = options;
  const samples: Samples = new Map(subjects.map(({ name }) => [name, []]));
  for (let round = 1 - COMPILERS_ROUNDS; round <= durations.rounds; round += 1) {
    for (const subject of subjects) {
      const sample = await measure(options, subject);
      if (round < 1) continue;
      samples.get(subject.name)?.push(sample);
      say(
        `${load.name}, round ${round}: ${subject.name}: ${Math.round(sample.perSecond)}/s, ` +
          `${sample.cpu.toFixed(1)} µs of CPU each`,
      );
    }
  }
  return samples;
}

async function measure(options: RunOptions, subject: Subject): Promise<Sample> {
  const { load, durations } = options;
  const session = await load.open({
    port: portOf(subject, options.door),
    isSelfForbidden: subject.hidesSelf,
    isComplete: true,
  });
  session.start();
  await Promise.race([sleep(durations.warmUp), session.finished]);
  const before = { answers: session.answers, cpu: subject.cpu(), at: performance.now() };
  await Promise.race([sleep(durations.measure), session.finished]);
  const elapsed = performance.now() - before.at;
  const answers = session.answers - before.answers;
  const cpu = subject.cpu() - before.cpu;
  await session.close();
  const problem = session.problem ?? (answers === 0 ? 'no answer at all' : null);
  if (problem !== null) throw new WrongAnswer(`${subject.name}, ${load.name}: ${problem}`);
  return { perSecond: (answers * 1000) / elapsed, cpu: (cpu * 1000) / answers };
}

/** Each of the clients announces each torrent once: from then on all 100,000 peers are there. */
export async function fillSwarms(load: Load, subject: Subject, door: keyof Ports): Promise<void> {
  const session = await load.open({
    port: portOf(subject, door),
    isSelfForbidden: subject.hidesSelf,
    isComplete: false,
    limitPerClient: TORRENTS,
  });
  session.start();
  await session.finished;
  await session.close();
  if (session.problem !== null) {
    throw new WrongAnswer(`${subject.name}, filling its swarms: ${session.problem}`);
  }
}

export function portOf({ name, ports }: Subject, door: keyof Ports): number {
  const port = ports[door];
  if (port === undefined) throw new Error(`${name} has no ${door} door`);
  return port;
}

/** How many times as fast `ours` is as `theirs`: by processor time, or by answers per second. */
export function ratioOf(
  samples: Samples,
  ours: string,
  theirs: string,
  by: 'cpu' | 'perSecond',
): number {
  const a = samples.get(ours) ?? [];
  const b = samples.get(theirs) ?? [];
  const ratios = a.flatMap((sample, round) => {
    const other = b[round];
    if (other === undefined) return [];
    return [by === 'cpu' ? other.cpu / sample.cpu : sample.perSecond / other.perSecond];
  });
  return median(ratios);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}
