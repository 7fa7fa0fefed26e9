/**
 * Announces over UDP (BEP 15): one connected socket per client, one announce under way each. A
 * datagram that gets lost is sent again, and counted: loopback loses none unless a buffer is full.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { problemOfUdpAnnounce } from '../answers';
import { CLIENTS, INFO_HASHES, NUMWANT, torrentOf, type Client } from '../scenario';
import { createTally, type Load, type LoadOptions, type LoadSession, type Tally } from './load';

const PROTOCOL_ID = 0x41727101980n;
const RETRY_AFTER = 250;
const ANNOUNCE_BYTES = 98;
/** As over HTTP: an early announce without news might be answered without the work. */
const STARTED = 2;

export const udpLoad: Load = { name: 'UDP', open: openSession };

interface Announcer {
  announce(): void;
  /** Sends again what has been under way for too long. Whether it did. */
  retry(now: number): boolean;
  close(): void;
}

async function openSession(options: LoadOptions): Promise<LoadSession> {
  const tally = createTally(CLIENTS.length, options.limitPerClient);
  const announcers = await Promise.all(
    CLIENTS.map((client) => openAnnouncer(client, options, tally)),
  );
  let lost = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    for (const announcer of announcers) if (announcer.retry(now)) lost += 1;
    if (lost > 20 + tally.answers / 100)
      tally.fail('more than one announce in 100 is not answered');
  }, RETRY_AFTER / 2);
  return {
    get answers() {
      return tally.answers;
    },
    get problem() {
      return tally.problem;
    },
    finished: tally.finished,
    start: () => announcers.forEach((announcer) => announcer.announce()),
    close() {
      tally.isOver = true;
      clearInterval(timer);
      announcers.forEach((announcer) => announcer.close());
      return Promise.resolve();
    },
  };
}

async function openAnnouncer(
  client: Client,
  options: LoadOptions,
  tally: Tally,
): Promise<Announcer> {
  const socket = createSocket('udp4');
  socket.bind(0, client.address);
  await once(socket, 'listening');
  socket.connect(options.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', (error) => tally.fail(error.message));
  const packet = announcePacket(client, await connectionId(socket));
  const self = options.isSelfForbidden ? client.endpoint : null;
  let n = 0;
  let sentAt = Infinity;

  function announce(): void {
    INFO_HASHES[torrentOf(client, n)]?.copy(packet, 16);
    n += 1;
    packet.writeUInt32BE(n, 12);
    sentAt = performance.now();
    socket.send(packet);
  }

  socket.on('message', (answer) => {
    if (answer.length >= 8 && answer.readUInt32BE(4) < n) return; // to what was sent again
    sentAt = Infinity;
    const problem = options.isComplete ? problemOfUdpAnnounce(answer, n, self) : null;
    if (tally.count(client, problem)) announce();
  });
  return {
    announce,
    retry(now) {
      if (now - sentAt < (options.retryAfter ?? RETRY_AFTER) || tally.isOver) return false;
      sentAt = now;
      socket.send(packet);
      return true;
    },
    close: () => socket.close(),
  };
}

async function connectionId(socket: Socket): Promise<bigint> {
  const request = Buffer.alloc(16);
  request.writeBigUInt64BE(PROTOCOL_ID, 0);
  request.writeUInt32BE(0xc0ffee, 12);
  for (let tries = 0; tries < 10; tries += 1) {
    const answered = once(socket, 'message', { signal: AbortSignal.timeout(RETRY_AFTER) });
    socket.send(request);
    const [answer] = (await answered.catch(() => [null])) as [Buffer | null];
    if (
      answer?.length === 16 &&
      answer.readUInt32BE(0) === 0 &&
      answer.readUInt32BE(4) === 0xc0ffee
    )
      return answer.readBigUInt64BE(8);
  }
  throw new Error('no UDP connection id');
}

function announcePacket(client: Client, connection: bigint): Buffer {
  const packet = Buffer.alloc(ANNOUNCE_BYTES);
  packet.writeBigUInt64BE(connection, 0);
  packet.writeUInt32BE(1, 8);
  packet.write(client.peerId, 36, 'latin1');
  packet.writeBigUInt64BE(BigInt(client.left), 64);
  packet.writeUInt32BE(STARTED, 80);
  packet.writeUInt32BE(client.index, 88);
  packet.writeInt32BE(NUMWANT, 92);
  packet.writeUInt16BE(client.port, 96);
  return packet;
}
