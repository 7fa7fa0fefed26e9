/** The servers that a run needs: started when a part first asks, swarms filled, ended together. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { httpLoad } from './loads/http';
import { udpLoad } from './loads/udp';
import { fillSwarms, portOf } from './rounds';
import { CLIENTS, INFO_HASHES } from './scenario';
import {
  startBittorrentTracker,
  startEngine,
  startFloor,
  startNginx,
  startOpentracker,
  startRangeFloor,
  startStrapi,
  type Floor,
  type Places,
} from './subjects';
import type { Subject } from './subjects/subject';

export interface Servers {
  engine(): Promise<Subject>;
  strapi(): Promise<Subject>;
  bittorrentTracker(): Promise<Subject>;
  opentracker(): Promise<Subject>;
  floor(name: Floor): Promise<Subject>;
  rangeFloor(): Promise<Subject>;
  nginx(): Promise<Subject>;
  stop(): Promise<void>;
}

/** What a floor answers with a datagram: the head of BEP 15 and fifty endpoints of six bytes. */
const UDP_ANSWER_BYTES = 20 + 50 * 6;

export function createServers(places: Places, say: (line: string) => void): Servers {
  const running = new Map<string, Promise<Subject>>();
  let answerBytes = 0;

  function started(name: string, start: () => Promise<Subject>): Promise<Subject> {
    const known = running.get(name);
    if (known !== undefined) return known;
    say(`Starting ${name}`);
    const subject = start();
    running.set(name, subject);
    return subject;
  }

  const servers: Servers = {
    engine: () =>
      started('ours, own listener', async () => {
        const subject = await startEngine(places);
        await fillSwarms(udpLoad, subject, 'udp');
        return subject;
      }),
    strapi: () =>
      started('ours, inside Strapi', async () => {
        const subject = await startStrapi(places);
        await fillSwarms(httpLoad('keep-alive'), subject, 'http');
        return subject;
      }),
    bittorrentTracker: () =>
      started('bittorrent-tracker', async () => {
        const subject = await startBittorrentTracker(places);
        await fillSwarms(udpLoad, subject, 'udp');
        return subject;
      }),
    opentracker: () =>
      started('opentracker', async () => {
        const subject = await startOpentracker(places);
        await fillSwarms(udpLoad, subject, 'udp');
        return subject;
      }),
    floor: (name) =>
      started(`floor ${name}`, async () => {
        if (name === 'dgram') return startFloor(places, name, UDP_ANSWER_BYTES);
        if (answerBytes === 0) {
          answerBytes = await bytesOfAnswer(await servers.engine());
          say(`An answer of ours has ${answerBytes} bytes; that of the floors has as many`);
        }
        return startFloor(places, name, answerBytes);
      }),
    rangeFloor: () => started('floor of ranges', () => startRangeFloor(places)),
    nginx: () => started('nginx', () => startNginx(places)),
    async stop() {
      const results = await Promise.allSettled(running.values());
      for (const result of results) if (result.status === 'fulfilled') await result.value.stop();
    },
  };
  return servers;
}

/** Size of the body of one of our own answers over HTTP: what the floors have to send. */
async function bytesOfAnswer(engine: Subject): Promise<number> {
  const client = CLIENTS.at(-1);
  if (client === undefined) throw new Error('no clients');
  const escaped = (INFO_HASHES[0]?.toString('hex') ?? '').replace(/../g, '%$&');
  const path =
    `/announce?info_hash=${escaped}&peer_id=${client.peerId}&port=${client.port}` +
    `&uploaded=0&downloaded=0&left=${client.left}&numwant=50&compact=1`;
  const request = get({
    host: '127.0.0.1',
    port: portOf(engine, 'http'),
    path,
    localAddress: client.address,
    agent: false,
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  return bytes;
}
