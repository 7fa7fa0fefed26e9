/** WebTorrent signalling: announces, offers and answers between a hundred browsers. */
import { OFFERS, websocketLoad } from '../loads/websocket';
import { runRounds } from '../rounds';
import { compare } from './http';
import type { Part } from './part';

export const websocketPart: Part = async ({ servers, durations, say }) => {
  const engine = await servers.engine();
  const tracker = await servers.bittorrentTracker();
  const samples = await runRounds({
    load: websocketLoad,
    door: 'ws',
    subjects: [engine, tracker],
    durations,
    say,
  });
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
