/** The web seed: one long stream, pieces as clients ask for them, and the far end of a large file. */
import { rangesLoad, type RangePlan } from '../loads/ranges';
import { HUGE, STREAM } from '../payload';
import { number, type Row } from '../report';
import { median, ratioOf, runRounds, type Samples } from '../rounds';
import type { Subject } from '../subjects/subject';
import { compare } from './http';
import type { Part } from './part';

const KIB = 1024;

const stream = rangesLoad({
  name: 'one stream',
  payload: STREAM,
  connections: 1,
  length: STREAM.size,
  positionOf: () => 0,
  counts: 'mebibytes',
});

/** As Transmission and webtorrent do: a request per piece, on a few connections. */
const pieces = rangesLoad({
  name: 'ranges of 64 KiB',
  payload: STREAM,
  connections: 4,
  length: 64 * KIB,
  // Strides by a number that is prime to that of the pieces: all of them, in no order.
  positionOf: (n) => ((n * 1237) % (STREAM.size / (64 * KIB))) * 64 * KIB,
  counts: 'requests',
});

const hundredBytes = (name: string, position: number): RangePlan => ({
  name,
  payload: HUGE,
  connections: 1,
  length: 100,
  positionOf: () => position,
  counts: 'requests',
});
const first = rangesLoad(hundredBytes('first 100 bytes of 4 GiB', 0));
const last = rangesLoad(hundredBytes('last 100 bytes of 4 GiB', HUGE.size - 100));

export const webSeedPart: Part = async ({ servers, durations, say }) => {
  const strapi = await servers.strapi();
  const nginx = await servers.nginx();
  const floor = await servers.rangeFloor();
  const run = (load: typeof stream, subjects: Subject[], rounds = durations.rounds) =>
    runRounds({ load, door: 'http', subjects, durations: { ...durations, rounds }, say });

  const streams = await run(stream, [nginx, strapi]);
  const ranges = await run(pieces, [floor, nginx, strapi]);
  const ends: number[] = [];
  for (let round = 0; round < durations.rounds; round += 1) {
    const [atStart, atEnd] = [await run(first, [strapi], 1), await run(last, [strapi], 1)];
    ends.push(rateOf(atEnd, strapi) / rateOf(atStart, strapi));
  }
  return [
    {
      part: 'webseed',
      title: 'Web seed',
      how:
        'Files of 256 MiB and of 4 GiB on Strapi’s port; each byte of each answer is compared. A stream ' +
        'and the ends of a file are judged by what the reader gets per second, ranges by the server’s ' +
        'own processor time for one, as announces are. The floor opens its file once, and asks nobody ' +
        'whether the reader may have it.',
      rows: [
        byRate(streams, strapi, nginx, 'one stream', 0.7),
        {
          ...compare(ranges, strapi, floor, 0.6),
          measure: 'ranges of 64 KiB, against a bare node:http server of ranges',
        },
        { ...compare(ranges, strapi, nginx), measure: 'ranges of 64 KiB, against nginx' },
        {
          measure: 'the last 100 bytes of 4 GiB, against the first 100',
          value: median(ends),
          unit: '×',
          bar: { kind: 'at least', value: 0.95 },
        },
      ],
    },
  ];
};

const rateOf = (samples: Samples, { name }: Subject): number =>
  median((samples.get(name) ?? []).map(({ perSecond }) => perSecond));

function byRate(
  samples: Samples,
  ours: Subject,
  theirs: Subject,
  what: string,
  atLeast: number,
): Row {
  const cpu = ratioOf(samples, ours.name, theirs.name, 'cpu');
  return {
    measure: `${what}, against ${theirs.name} (sendfile)`,
    value: ratioOf(samples, ours.name, theirs.name, 'perSecond'),
    unit: '×',
    beside: `${number(cpu)} × by processor time`,
    bar: { kind: 'at least', value: atLeast },
  };
}
