/** Strapi beside the tracker: what a REST request waits for while clients announce. */
import { setTimeout as sleep } from 'node:timers/promises';
import { httpLoad } from '../loads/http';
import { startRestProbe } from '../loads/rest-probe';
import { number, type Row } from '../report';
import { median, portOf, WrongAnswer } from '../rounds';
import type { Subject } from '../subjects/subject';
import type { Part } from './part';

const PACE = 2000;
/** Answers may lag behind a little at the end of a round. */
const LEAST_SHARE = 0.95;
const WARM_UP = 500;

interface Waits {
  median: number;
  p99: number;
  /** Share of the announces that were answered in time. */
  held: number;
}

export const besidePart: Part = async ({ servers, isQuick, say }) => {
  const strapi = await servers.strapi();
  const [rounds, length] = isQuick ? [2, 1500] : [5, 5000];
  const ratios: Waits[] = [];
  await waits(strapi, length, false); // compiles
  for (let round = 1; round <= rounds; round += 1) {
    const alone = await waits(strapi, length, false);
    const under = await waits(strapi, length, true);
    const p99 = under.p99 / alone.p99;
    ratios.push({ median: under.median / alone.median, p99, held: under.held });
    say(`REST, round ${round}: p99 beside ${p99.toFixed(2)} times that alone`);
  }
  const row: Row = {
    measure: `p99 of a REST request under ${PACE.toLocaleString('en')} announces a second on the same port`,
    value: median(ratios.map(({ p99 }) => p99)),
    unit: '×',
    beside: besideOf(ratios),
    bar: { kind: 'at most', value: 1.5 },
    isOverloaded: leastHeld(ratios) < LEAST_SHARE,
  };
  return [
    {
      part: 'beside',
      title: 'Strapi beside it',
      how:
        'A list of ten entries over REST, fifty times a second, with and without clients that ' +
        'announce by the clock; all on one event loop.',
      rows: [row],
    },
  ];
};

const leastHeld = (ratios: readonly Waits[]): number =>
  Math.min(...ratios.map((ratio) => ratio.held));

/** A p99 under fewer announces than promised is no p99 under them: it has to be said. */
function besideOf(ratios: readonly Waits[]): string {
  const middle = `median: ${number(median(ratios.map((ratio) => ratio.median)))} ×`;
  const held = leastHeld(ratios);
  return held >= LEAST_SHARE
    ? middle
    : `${middle}; only ${Math.round(held * 100)} % answered in time`;
}

async function waits(strapi: Subject, length: number, withAnnounces: boolean): Promise<Waits> {
  const port = portOf(strapi, 'http');
  const session = withAnnounces
    ? await httpLoad('keep-alive').open({
        port,
        isSelfForbidden: true,
        isComplete: true,
        pace: PACE,
      })
    : null;
  session?.start();
  const probe = startRestProbe(port);
  await sleep(WARM_UP);
  const [first, answered, from] = [probe.latencies.length, session?.answers, performance.now()];
  await sleep(length);
  const due = ((performance.now() - from) * PACE) / 1000;
  const answers = (session?.answers ?? 0) - (answered ?? 0);
  await probe.stop();
  await session?.close();
  if (session !== null && session.problem !== null) throw new WrongAnswer(session.problem);
  const held = withAnnounces ? answers / due : 1;
  return { ...percentiles(probe.latencies.slice(first)), held };
}

function percentiles(latencies: readonly number[]): Pick<Waits, 'median' | 'p99'> {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? NaN;
  return { median: at(0.5), p99: at(0.99) };
}
