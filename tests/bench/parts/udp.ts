/** Announces over UDP, against the bare socket and the peers. */
import { udpLoad } from '../loads/udp';
import { inShortTurns, runRounds } from '../rounds';
import { compare } from './http';
import type { Part } from './part';

export const udpPart: Part = async ({ servers, durations, say }) => {
  const engine = await servers.engine();
  const dgram = await servers.floor('dgram');
  const tracker = await servers.bittorrentTracker();
  const opentracker = await servers.opentracker();
  const samples = await runRounds({
    load: udpLoad,
    door: 'udp',
    subjects: [dgram, engine, opentracker, tracker],
    durations: inShortTurns(durations),
    say,
  });
  return [
    {
      part: 'udp',
      title: 'UDP',
      how:
        'The server’s own processor time per announce. The load is slower than the faster servers ' +
        'here, so answers per second say little.',
      rows: [
        compare(samples, engine, dgram, 0.85),
        compare(samples, engine, tracker, 7),
        compare(samples, engine, opentracker, 0.6),
      ],
    },
  ];
};
