/** Announces over the tracker's transports, in one shape: tests take them in turn. */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import WebSocket from 'ws';
import {
  announcePacket,
  connectPacket,
  readAnnounceAnswer,
  urlData,
} from '../../unit/tracker/udp-packets';

export interface AnnouncedPeer {
  passkey: string;
  /** What a trusted proxy says of it. */
  address: string;
  /** Its own: what an answer names it by. */
  port: number;
}

export interface AnnounceOutcome {
  isAdmitted: boolean;
  /** Ports of the peers that the answer names. */
  peers: number[];
}

export type Announcer = (
  site: string,
  infoHash: string,
  peer: AnnouncedPeer,
) => Promise<AnnounceOutcome>;

const REFUSED: AnnounceOutcome = { isAdmitted: false, peers: [] };

export const overHttp: Announcer = async (site, infoHash, { passkey, address, port }) => {
  const query = [
    `info_hash=${infoHash.replace(/../g, '%$&')}`,
    'peer_id=-TT0001-000000000000',
    `port=${port}&passkey=${passkey}&uploaded=0&downloaded=0&left=1&numwant=200`,
  ].join('&');
  const response = await fetch(`${site}/announce?${query}`, {
    headers: { 'x-forwarded-for': address },
  });
  const body = Buffer.from(await response.arrayBuffer());
  const [head, length] = /5:peers(\d+):/.exec(body.toString('latin1')) ?? [];
  if (head === undefined || length === undefined) return REFUSED;
  const from = body.indexOf(head) + head.length;
  const peers: number[] = [];
  for (let at = from; at < from + Number(length); at += 6) peers.push(body.readUInt16BE(at + 4));
  return { isAdmitted: true, peers };
};

/** What is lost on the way is sent once more. */
const UDP_PATIENCE_MS = 2_000;
/** A connection id is good for at least a minute. */
const UDP_CONNECTION_MS = 30_000;

export interface UdpAnnouncer {
  announce: Announcer;
  close(): void;
}

/** With the passkey as BEP 41 carries it. */
export async function openUdp(trackerPort: number): Promise<UdpAnnouncer> {
  const socket: Socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const waiting = new Map<number, (answer: Buffer) => void>();
  let last = 0;
  let connection: { id: Promise<Buffer>; until: number } | null = null;
  socket.on('message', (answer) => {
    const transaction = answer.readInt32BE(4);
    waiting.get(transaction)?.(answer);
    waiting.delete(transaction);
  });

  async function ask(packetOf: (transaction: number) => Buffer): Promise<Buffer> {
    for (;;) {
      const transaction = ++last;
      const answered = new Promise<Buffer>((resolve) => waiting.set(transaction, resolve));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<null>((resolve) => {
        timer = setTimeout(() => resolve(null), UDP_PATIENCE_MS);
      });
      socket.send(packetOf(transaction), trackerPort, '127.0.0.1');
      const answer = await Promise.race([answered, late]);
      clearTimeout(timer);
      waiting.delete(transaction);
      if (answer !== null) return answer;
    }
  }

  function connectionId(): Promise<Buffer> {
    if (connection === null || connection.until < performance.now()) {
      const id = ask(connectPacket).then((answer) => answer.subarray(8));
      connection = { id, until: performance.now() + UDP_CONNECTION_MS };
    }
    return connection.id;
  }

  return {
    async announce(_, infoHash, { passkey, port }) {
      const id = await connectionId();
      const options = urlData(`/announce?passkey=${passkey}`);
      const hash = Buffer.from(infoHash, 'hex');
      const answer = await ask((transaction) =>
        announcePacket(id, { infoHash: hash, left: 1n, numwant: 200, port, options, transaction }),
      );
      if (answer.readUInt32BE(0) !== 1) return REFUSED;
      const { peers } = readAnnounceAnswer(answer);
      return { isAdmitted: true, peers: peers.map((peer) => parseInt(peer.slice(8), 16)) };
    },
    close: () => socket.close(),
  };
}

/** One browser was told of another: by an offer that was passed on, or by the answer to its own. */
export interface Introduction {
  infoHash: string;
  /** Of who was named. */
  port: number;
  /** To whom. */
  toPort: number;
  /** When the named one sent what was passed on: a lower bound of when it was. */
  start: number;
}

export interface BrowserAnnouncer {
  announce: Announcer;
  close(): void;
}

interface Page {
  passkey: string;
  socket: WebSocket;
  /** The announce that is under way. */
  asked: { infoHash: string; reply: (isAdmitted: boolean) => void } | null;
}

interface Relayed {
  action?: string;
  info_hash?: string;
  peer_id?: string;
  offer_id?: string;
  offer?: object;
  answer?: object;
  interval?: number;
  'failure reason'?: string;
}

const SDP = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n';

/** Pages that stay connected, offer themselves with each announce, and answer every offer. */
export function openBrowsers(onIntroduced: (introduction: Introduction) => void): BrowserAnnouncer {
  const pages = new Map<number, Page>();
  /** By offer id, and by offer id with the answerer's port. */
  const sent = new Map<string, number>();
  let offers = 0;

  async function pageOf(site: string, { passkey, address, port }: AnnouncedPeer): Promise<Page> {
    const known = pages.get(port);
    if (known?.passkey === passkey && known.socket.readyState === WebSocket.OPEN) return known;
    known?.socket.terminate();
    const url = `${site.replace('http', 'ws')}/announce?passkey=${passkey}`;
    const socket = new WebSocket(url, { headers: { 'x-forwarded-for': address } });
    const page: Page = { passkey, socket, asked: null };
    pages.set(port, page);
    socket.on('error', () => undefined); // told by `close`
    socket.on('close', () => page.asked?.reply(false));
    socket.on('message', (data: Buffer) => heard(page, port, JSON.parse(String(data)) as Relayed));
    await Promise.race([once(socket, 'open'), once(socket, 'close')]);
    return page;
  }

  function heard(page: Page, port: number, message: Relayed): void {
    const { peer_id: peerId, offer_id: offerId = '', info_hash: hash = '' } = message;
    if (message.offer === undefined && message.answer === undefined) {
      // A right to another torrent, lost meanwhile, is told unasked.
      if (hash !== '' && hash !== page.asked?.infoHash) return;
      page.asked?.reply(message['failure reason'] === undefined);
      return;
    }
    const named = Number(peerId?.slice(8));
    const key = message.offer === undefined ? `${offerId} ${named}` : offerId;
    const infoHash = Buffer.from(hash, 'latin1').toString('hex');
    onIntroduced({ infoHash, port: named, toPort: port, start: sent.get(key) ?? NaN });
    if (message.offer === undefined) return;
    sent.set(`${offerId} ${port}`, performance.now());
    say(page, port, hash, {
      to_peer_id: peerId,
      offer_id: offerId,
      answer: { type: 'answer', sdp: SDP },
    });
  }

  function say({ socket }: Page, port: number, infoHash: string, more: object): void {
    const message = { action: 'announce', info_hash: infoHash, peer_id: peerIdOf(port), ...more };
    socket.send(JSON.stringify(message));
  }

  function newOffers(): object[] {
    return Array.from({ length: 3 }, () => {
      const id = String(++offers).padStart(20, '0');
      sent.set(id, performance.now());
      return { offer_id: id, offer: { type: 'offer', sdp: SDP } };
    });
  }

  return {
    async announce(site, infoHash, peer) {
      const page = await pageOf(site, peer);
      if (page.socket.readyState !== WebSocket.OPEN) return REFUSED;
      const hash = Buffer.from(infoHash, 'hex').toString('latin1');
      const replied = new Promise<boolean>((reply) => (page.asked = { infoHash: hash, reply }));
      say(page, peer.port, hash, { left: 1, numwant: 3, offers: newOffers() });
      const isAdmitted = await replied;
      page.asked = null;
      return { isAdmitted, peers: [] };
    },
    close: () => pages.forEach(({ socket }) => socket.terminate()),
  };
}

const peerIdOf = (port: number): string => `-WW0001-${String(port).padStart(12, '0')}`;
