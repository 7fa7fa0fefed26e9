/**
 * WebTorrent signalling: each browser announces with offers, every offer must reach another browser
 * of the swarm, and its answer must come back. One cycle is all of that; it counts as one answer.
 */
import { CLIENTS, TORRENTS_PER_BROWSER, WEBSOCKET_INFO_HASHES, type Client } from '../scenario';
import { createTally, type Load, type LoadOptions, type LoadSession, type Tally } from './load';
import { openFrameSocket, type FrameSocket } from './websocket-frames';

export const OFFERS = 5;
const PATIENCE = 3000;

/** About what a browser's offer without trickling has. */
const SDP = `v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\n${'a=candidate:1 1 udp 1 127.0.0.1 9 typ host\\r\\n'.repeat(14)}`;

export const websocketLoad: Load = { name: 'WebSocket', open: openSession };

interface Message {
  action?: string;
  'failure reason'?: string;
  info_hash?: string;
  interval?: number;
  offer?: { type?: string; sdp?: string };
  answer?: { type?: string; sdp?: string };
  offer_id?: string;
  peer_id?: string;
}

interface Browser {
  announce(): void;
  isStuck(now: number): boolean;
  close(): void;
}

async function openSession(options: LoadOptions): Promise<LoadSession> {
  const tally = createTally(CLIENTS.length, options.limitPerClient);
  const browsers = await Promise.all(CLIENTS.map((client) => openBrowser(client, options, tally)));
  const timer = setInterval(() => {
    const now = performance.now();
    if (browsers.some((browser) => browser.isStuck(now))) {
      tally.fail(`an offer or its answer did not arrive within ${PATIENCE} ms`);
    }
  }, PATIENCE / 4);
  return {
    get answers() {
      return tally.answers;
    },
    get problem() {
      return tally.problem;
    },
    finished: tally.finished,
    start: () => browsers.forEach((browser) => browser.announce()),
    close() {
      tally.isOver = true;
      clearInterval(timer);
      browsers.forEach((browser) => browser.close());
      return Promise.resolve();
    },
  };
}

/** Joins all its torrents before it is ready: offers need somebody to go to. */
async function openBrowser(client: Client, options: LoadOptions, tally: Tally): Promise<Browser> {
  const hashes = Array.from({ length: TORRENTS_PER_BROWSER }, (_, i) => {
    const index = (client.index + i * 7) % WEBSOCKET_INFO_HASHES.length;
    const hash = WEBSOCKET_INFO_HASHES[index];
    return JSON.stringify(hash?.toString('latin1'));
  });
  let n = 0;
  /** Cycle parts still to come: the tracker's reply and one answer for each offer. */
  let missing = 0;
  let startedAt = Infinity;

  function announce(): void {
    n += 1;
    missing = 1 + OFFERS;
    startedAt = performance.now();
    const offers = Array.from(
      { length: OFFERS },
      (_, i) => `{"offer":{"type":"offer","sdp":"${SDP}"},"offer_id":"${offerId(i)}"}`,
    );
    socket.send(announceMessage(client, hashes[n % hashes.length] ?? '', offers));
  }

  /** 20 characters that say whose offer it is, of which cycle. */
  const offerId = (i: number): string =>
    `${String(client.index).padStart(4, '0')}${String(n).padStart(14, '0')}${String(i).padStart(2, '0')}`;

  function receive(text: string): void {
    const message = JSON.parse(text) as Message;
    if (message['failure reason'] !== undefined)
      tally.fail(`failure: ${message['failure reason']}`);
    else if (message.offer !== undefined) reply(message);
    else if (message.answer !== undefined) countPart(problemOfAnswer(message));
    else countPart(typeof message.interval === 'number' ? null : 'no interval');
  }

  function reply({ offer, offer_id = '', peer_id = '', info_hash = '' }: Message): void {
    if (offer?.sdp?.startsWith('v=0') !== true) tally.fail('an offer without what was offered');
    if (peer_id === client.peerId) tally.fail('an offer came back to whom it is from');
    socket.send(
      `{"action":"announce","info_hash":${JSON.stringify(info_hash)},"peer_id":"${client.peerId}",` +
        `"to_peer_id":${JSON.stringify(peer_id)},"offer_id":${JSON.stringify(offer_id)},` +
        `"answer":{"type":"answer","sdp":"${SDP}"}}`,
    );
  }

  function problemOfAnswer({ answer, offer_id = '' }: Message): string | null {
    if (answer?.sdp?.startsWith('v=0') !== true) return 'an answer without what was answered';
    return offer_id.slice(0, 18) === offerId(0).slice(0, 18) ? null : 'an answer to another offer';
  }

  function countPart(problem: string | null): void {
    if (problem !== null) tally.fail(problem);
    missing -= 1;
    if (missing > 0 || tally.isOver) return;
    startedAt = Infinity;
    if (tally.count(client, null)) announce();
  }

  let joined = 0;
  const socket: FrameSocket = await openFrameSocket({
    port: options.port,
    path: '/announce',
    address: client.address,
  });
  await new Promise<void>((resolve, reject) => {
    socket.onText = () => {
      joined += 1;
      if (joined === hashes.length) resolve();
    };
    socket.onClose = () => reject(new Error('the server closed a WebSocket'));
    for (const hash of hashes) socket.send(announceMessage(client, hash, []));
  });
  socket.onText = receive;
  socket.onClose = () => tally.fail('the server closed a WebSocket');
  return { announce, isStuck: (now) => now - startedAt > PATIENCE, close: () => socket.close() };
}

const announceMessage = (client: Client, infoHash: string, offers: readonly string[]): string =>
  `{"action":"announce","info_hash":${infoHash},"peer_id":"${client.peerId}","event":"started",` +
  `"numwant":${offers.length},"uploaded":0,"downloaded":0,"left":${client.left},` +
  `"offers":[${offers.join(',')}]}`;
