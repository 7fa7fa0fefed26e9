/**
 * What the internet sends to an open port: half requests, wrong numbers, noise. Nobody waits for an
 * answer; the only thing asked is that nothing breaks and nothing grows.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { INFO_HASHES } from '../scenario';
import type { Ports } from './load';
import { openFrameSocket } from './websocket-frames';

export interface Junk {
  /** Pieces sent so far. */
  readonly sent: number;
  stop(): Promise<void>;
}

/** Milliseconds between two pieces on each transport. */
const EVERY = 5;
/** How long a junk connection stays, in milliseconds. */
const STAYS = 100;
const ADDRESS = '127.0.9.9';

const HASH = (INFO_HASHES[0] ?? Buffer.alloc(20)).toString('hex').replace(/../g, '%$&');
const VALID = `/announce?info_hash=${HASH}&peer_id=-JUNK00-000000000000&port=30000&left=0`;

const pick = <Item>(items: readonly Item[]): Item => items[randomInt(items.length)] as Item;

const HTTP: readonly (() => string | Buffer)[] = [
  () => randomBytes(randomInt(1, 2000)),
  () => `GET ${VALID} HTTP/1.1\r\nHost: x`, // and no more
  () => 'GET /announce HTTP/1.1\r\nHost: x\r\n\r\n',
  () => `GET /announce?${'%'.repeat(randomInt(100))} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => `GET ${VALID.replace('left=0', 'left=-1')} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => `GET ${VALID}&info_hash=${HASH} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => `GET ${VALID.replace(HASH, HASH.slice(3))} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => `GET /scrape?info_hash=${randomHash()} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => `GET ${VALID.replace(HASH, randomHash())} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => `POST ${VALID} HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n`,
  () => `GET /announce?${'a=1&'.repeat(3000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  () => `GET ${VALID} HTTP/9.9\r\n\r\n`,
];

const UDP: readonly (() => Buffer)[] = [
  () => Buffer.alloc(0),
  () => randomBytes(randomInt(1, 1400)),
  () => Buffer.concat([randomBytes(8), Buffer.from([0, 0, 0, randomInt(4)]), randomBytes(86)]),
  () => Buffer.concat([Buffer.from('0000041727101980', 'hex'), randomBytes(randomInt(12))]),
];

const WS: readonly (() => string)[] = [
  () => '',
  () => 'null',
  () => '[]',
  () => '1e999',
  () => '{"action":"announce"',
  () => '{"action":"announce","info_hash":null,"peer_id":{},"offers":[null]}',
  () => '['.repeat(30_000),
  () => randomBytes(200).toString('latin1'),
  () => JSON.stringify({ action: 'announce', info_hash: 'x'.repeat(20), peer_id: 'y'.repeat(20) }),
  () => JSON.stringify({ action: 'scrape', info_hash: [null, 1, 'z'] }),
];

const randomHash = (): string => randomBytes(20).toString('hex').replace(/../g, '%$&');

export function startJunk(ports: Ports): Junk {
  const timers: NodeJS.Timeout[] = [];
  const udp = createSocket('udp4');
  const junk = { sent: 0 };

  function every(port: number | undefined, send: (port: number) => void): void {
    if (port === undefined) return;
    const once = (): void => {
      junk.sent += 1;
      send(port);
    };
    timers.push(setInterval(once, EVERY));
  }

  every(ports.http, (port) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: ADDRESS });
    socket.on('error', () => undefined); // being thrown out is the right answer
    socket.write(pick(HTTP)());
    setTimeout(() => socket.destroy(), STAYS);
  });
  every(ports.udp, (port) => udp.send(pick(UDP)(), port, '127.0.0.1'));
  every(ports.ws, (port) => {
    openFrameSocket({ port, path: '/announce', address: ADDRESS })
      .then((socket) => {
        socket.send(pick(WS)());
        setTimeout(() => socket.close(), STAYS);
      })
      .catch(() => undefined); // refused at the door
  });
  return {
    get sent() {
      return junk.sent;
    },
    async stop() {
      for (const timer of timers) clearInterval(timer);
      await new Promise((resolve) => setTimeout(resolve, 2 * STAYS));
      udp.close();
    },
  };
}
