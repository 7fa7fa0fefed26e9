/**
 * `npm run soak`: a minute at full load over every transport at once, junk mixed in. Passes when all
 * valid announces are answered rightly, nothing was logged as an error, and the heap stays flat.
 * `npm run soak -- 10` takes ten seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { httpLoad } from './loads/http';
import { startJunk } from './loads/junk';
import type { Load, LoadSession, Ports } from './loads/load';
import { udpLoad } from './loads/udp';
import { websocketLoad } from './loads/websocket';
import { fillSwarms, portOf } from './rounds';
import { startEngine, type Places } from './subjects';
import type { Subject } from './subjects/subject';

/** The heap may grow by this share of itself in a minute: what collections differ by. */
const FLAT = 0.03;
const WARM_UP = 5000;
/**
 * Milliseconds. With every transport at full load at once, answers over UDP wait behind all others:
 * late is not lost. Clients wait 15 s (BEP 15).
 */
const retryAfter = 3000;

const LOADS: readonly { load: Load; door: keyof Ports }[] = [
  { load: httpLoad('keep-alive'), door: 'http' },
  { load: httpLoad('close'), door: 'http' },
  { load: udpLoad, door: 'udp' },
  { load: websocketLoad, door: 'ws' },
];

interface HeapSample {
  /** Minutes since the start. */
  at: number;
  bytes: number;
}

const seconds = Number(process.argv[2] ?? 60);
const places = JSON.parse(process.env['BENCH_SETTINGS'] ?? '{}') as Places;
const subject = await startEngine(places);
try {
  await fillSwarms(udpLoad, subject, 'udp');
  const problems = await soak(subject);
  for (const problem of problems) console.log(`  FAILED: ${problem}`);
  console.log(problems.length === 0 ? 'The soak test passed.' : 'The soak test failed.');
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await subject.stop();
}

async function soak(server: Subject): Promise<string[]> {
  const sessions: [string, LoadSession][] = [];
  for (const { load, door } of LOADS) {
    const options = {
      port: portOf(server, door),
      isSelfForbidden: true,
      isComplete: true,
      retryAfter,
    };
    sessions.push([load.name, await load.open(options)]);
  }
  for (const [, session] of sessions) session.start();
  const junk = startJunk(server.ports);
  await sleep(WARM_UP); // compiled code and pools are no leak
  const samples = await sampleHeap(server);
  await junk.stop();
  for (const [, session] of sessions) await session.close();
  const { errors } = await server.vitals();

  const growth = slope(samples) / (samples[0]?.bytes ?? NaN);
  for (const [name, { answers }] of sessions) console.log(`  ${name}: ${answers} right answers`);
  console.log(`  ${junk.sent} pieces of junk, ${errors} errors`);
  console.log(`  heap in KiB: ${samples.map(({ bytes }) => Math.round(bytes / 1024)).join(' ')}`);
  console.log(`  the heap grew by ${(growth * 100).toFixed(2)} % of itself in a minute`);
  return [
    ...sessions.flatMap(([name, { problem, answers }]) => {
      if (problem !== null) return [`${name}: ${problem}`];
      return answers === 0 ? [`${name}: no answers`] : [];
    }),
    ...(errors > 0 ? [`${errors} lines would have been logged as errors`] : []),
    // Written so that a growth that is not a number fails too.
    ...(growth <= FLAT ? [] : ['the heap is not flat']),
  ];
}

async function sampleHeap(server: Subject): Promise<HeapSample[]> {
  const from = performance.now();
  const samples: HeapSample[] = [];
  while (performance.now() - from < seconds * 1000) {
    const { heap } = await server.vitals();
    samples.push({ at: (performance.now() - from) / 60_000, bytes: heap });
    await sleep(Math.min(2000, seconds * 100));
  }
  return samples;
}

/** Bytes per minute, by least squares. */
function slope(samples: readonly HeapSample[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = mean(samples.map((sample) => sample.at));
  const bytes = mean(samples.map((sample) => sample.bytes));
  const covariance = mean(samples.map((sample) => (sample.at - at) * (sample.bytes - bytes)));
  return covariance / mean(samples.map((sample) => (sample.at - at) ** 2));
}
