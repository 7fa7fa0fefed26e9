/** WebTorrent signalling: announces, offers and answers between a hundred browsers. */
import { OFFERS, websocketLoad } from '../loads/websocket';
import { inShortTurns, runRounds } from '../rounds';
import { startBittorrentTracker, startEngine } from '../subjects';
import { compare } from './http';
import type { Part } from './part';

export const websocketPart: Part = async ({ places, durations, say }) => {
  // Servers of its own, without the hundred thousand peers: browsers have swarms of their own.
  const engine = await startEngine(places);
  const tracker = await startBittorrentTracker(places);
  const subjects = [engine, tracker];
  const samples = await runRounds({
    load: websocketLoad,
    door: 'ws',
    subjects,
    durations: inShortTurns(durations),
    say,
  }).finally(() => Promise.all(subjects.map((subject) => subject.stop())));
  return [
    {
      part: 'websocket',
      title: 'WebSocket messages',
      how:
        'A hundred browsers, each in ten torrents. The server’s own processor time for one cycle: ' +
        `an announce with ${OFFERS} offers, its reply, the offers to their receivers, and their ` +
        'answers back.',
      rows: [compare(samples, engine, tracker, 3)],
    },
  ];
};
