/** Announces over HTTP: on Strapi's port and on our own listener, against floors and peers. */
import { httpLoad } from '../loads/http';
import { number, type PartReport, type Row } from '../report';
import { inShortTurns, ratioOf, runRounds, type Samples } from '../rounds';
import type { Subject } from '../subjects/subject';
import type { Part } from './part';

const HOW =
  'The server’s own processor time per announce: 2 × means that the other one spends twice ours. ' +
  'Beside it, answers per second as the load saw them: where the load itself is the slower side, ' +
  'they hide the difference.';

export const httpPart: Part = async ({ servers, durations, say }) => {
  const engine = await servers.engine();
  const strapi = await servers.strapi();
  const tracker = await servers.bittorrentTracker();
  const opentracker = await servers.opentracker();
  const [nodeHttp, koa, net] = [
    await servers.floor('node-http'),
    await servers.floor('koa'),
    await servers.floor('net'),
  ];
  const run = (use: 'keep-alive' | 'close', subjects: Subject[]): Promise<Samples> => {
    const turns = inShortTurns(durations);
    return runRounds({ load: httpLoad(use), door: 'http', subjects, durations: turns, say });
  };

  // Who is compared has turns next to each other.
  const keepAlive = await run('keep-alive', [net, nodeHttp, engine, strapi, koa, tracker]);
  // opentracker closes each connection, whatever the client would like.
  const others = [koa, nodeHttp, tracker];
  const close = await run('close', [net, engine, opentracker, strapi, ...others]);

  const reports: PartReport[] = [
    {
      part: 'http',
      title: 'HTTP, keep-alive',
      how: HOW,
      rows: [
        compare(keepAlive, strapi, koa, 0.95),
        compare(keepAlive, strapi, tracker, 4),
        compare(keepAlive, engine, nodeHttp, 1.4),
        compare(keepAlive, engine, net),
        compare(keepAlive, engine, tracker),
      ],
    },
    {
      part: 'http-close',
      title: 'HTTP, one connection per announce',
      how: HOW,
      rows: [
        compare(close, strapi, koa, 0.95),
        compare(close, strapi, tracker),
        compare(close, engine, net, 0.9),
        compare(close, engine, opentracker, 0.6),
        compare(close, engine, nodeHttp),
        compare(close, engine, tracker),
      ],
    },
  ];
  return reports;
};

/** One row: how many times less processor time `ours` takes than `theirs`. */
export function compare(samples: Samples, ours: Subject, theirs: Subject, atLeast?: number): Row {
  const perSecond = ratioOf(samples, ours.name, theirs.name, 'perSecond');
  return {
    measure: `${ours.name} against ${theirs.name}`,
    value: ratioOf(samples, ours.name, theirs.name, 'cpu'),
    unit: '×',
    beside: `${number(perSecond)} × answers per second`,
    ...(atLeast !== undefined && { bar: { kind: 'at least', value: atLeast } }),
  };
}
