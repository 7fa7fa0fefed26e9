/**
 * Announces over HTTP from raw sockets: requests are prepared bytes with the info-hash written in,
 * answers are framed by Content-Length. A client library would be slower than what it measures.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { problemOfHttpBody } from '../answers';
import { CLIENTS, INFO_HASHES, NUMWANT, torrentOf, type Client } from '../scenario';
import { createTally, type Load, type LoadOptions, type LoadSession, type Tally } from './load';

export type ConnectionUse = 'keep-alive' | 'close';

export function httpLoad(use: ConnectionUse): Load {
  return {
    name: use === 'keep-alive' ? 'HTTP, keep-alive' : 'HTTP, one connection per announce',
    open: (options) => openSession(use, options),
  };
}

/** One client's side of the conversation. */
interface Announcer {
  isIdle: boolean;
  announce(): void;
  close(): void;
}

async function openSession(use: ConnectionUse, options: LoadOptions): Promise<LoadSession> {
  const tally = createTally(CLIENTS.length, options.limitPerClient);
  const announcers =
    use === 'close'
      ? CLIENTS.map((client) => closingAnnouncer(client, options, tally))
      : await Promise.all(CLIENTS.map((client) => keepAliveAnnouncer(client, options, tally)));
  let timer: NodeJS.Timeout | null = null;
  return {
    get answers() {
      return tally.answers;
    },
    get problem() {
      return tally.problem;
    },
    finished: tally.finished,
    start() {
      if (options.pace === undefined) for (const announcer of announcers) announcer.announce();
      else timer = startPacing(announcers, options.pace, tally);
    },
    async close() {
      tally.isOver = true;
      if (timer !== null) clearInterval(timer);
      for (const announcer of announcers) announcer.close();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Open loop: announces go out by the clock, whether or not the last ones are answered. */
function startPacing(announcers: Announcer[], pace: number, tally: Tally): NodeJS.Timeout {
  const startedAt = performance.now();
  let sent = 0;
  let next = 0;
  return setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * pace) / 1000) - sent;
    for (let i = 0; i < due && !tally.isOver; i += 1) {
      sent += 1;
      const announcer = announcers[next % announcers.length];
      next += 1;
      // All clients waiting: the server is behind. The answers counted will show it.
      if (announcer?.isIdle === true) announcer.announce();
    }
  }, 1);
}

async function keepAliveAnnouncer(
  client: Client,
  options: LoadOptions,
  tally: Tally,
): Promise<Announcer> {
  const request = requestOf(client, options.port, 'keep-alive');
  const reader = createReader();
  const socket = await open(client, options.port, receive);
  let n = 0;
  const announcer: Announcer = {
    isIdle: true,
    announce() {
      announcer.isIdle = false;
      socket.write(request.announceOf(torrentOf(client, n)));
      n += 1;
    },
    close: () => socket.destroy(),
  };
  socket.on('close', () => tally.fail('the server closed a keep-alive connection'));
  return announcer;

  function receive(chunk: Buffer): void {
    const body = reader.take(chunk);
    if (body === null) return;
    announcer.isIdle = true;
    const goesOn = tally.count(client, problemOf(body, client, options));
    if (goesOn && options.pace === undefined) announcer.announce();
  }
}

function closingAnnouncer(client: Client, options: LoadOptions, tally: Tally): Announcer {
  const request = requestOf(client, options.port, 'close');
  const { port } = options;
  let socket: Socket | null = null;
  let n = 0;
  const announcer: Announcer = {
    isIdle: true,
    announce() {
      announcer.isIdle = false;
      const reader = createReader();
      let isAnswered = false;
      const own = connect({ port, host: '127.0.0.1', localAddress: client.address });
      socket = own;
      own.setNoDelay();
      own.on('error', (error) => tally.fail(error.message));
      own.write(request.announceOf(torrentOf(client, n)));
      n += 1;
      own.on('data', (chunk) => {
        const body = reader.take(chunk);
        if (body === null) return;
        isAnswered = true;
        own.end();
        announcer.isIdle = true;
        const goesOn = tally.count(client, problemOf(body, client, options));
        if (goesOn && options.pace === undefined) announcer.announce();
      });
      own.on('close', () => {
        if (!isAnswered) tally.fail('a connection was closed without an answer');
      });
    },
    close: () => socket?.destroy(),
  };
  return announcer;
}

/** @param receive gets what comes, in a buffer that is written over: streams would cost the load too much */
async function open(
  client: Client,
  port: number,
  receive: (chunk: Buffer) => void,
): Promise<Socket> {
  const buffer = Buffer.allocUnsafeSlow(16 * 1024);
  const callback = (length: number): boolean => {
    receive(buffer.subarray(0, length));
    return true;
  };
  const where = { port, host: '127.0.0.1', localAddress: client.address };
  const socket = connect({ ...where, onread: { buffer, callback } });
  await once(socket, 'connect');
  socket.setNoDelay();
  socket.on('error', () => undefined); // `close` follows
  return socket;
}

function problemOf(body: Buffer, client: Client, options: LoadOptions): string | null {
  if (!options.isComplete) return null;
  return problemOfHttpBody(body, options.isSelfForbidden ? client.endpoint : null);
}

/** Fully escaped, hence of one length: the next info-hash is copied over the last one. */
const ESCAPED_HASHES = INFO_HASHES.map((hash) =>
  Buffer.from([...hash].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')),
);

/**
 * The headers are libtorrent's. Each announce says `started`: a tracker may answer one that comes
 * early and has no news without doing the work, and the work is what is measured.
 */
function requestOf(client: Client, port: number, use: ConnectionUse) {
  const before = 'GET /announce?info_hash=';
  const after =
    `&peer_id=${client.peerId}&port=${client.port}&uploaded=0&downloaded=0&left=${client.left}` +
    `&corrupt=0&key=${client.index.toString(16).padStart(8, '0')}&numwant=${NUMWANT}&compact=1&event=started` +
    `&no_peer_id=1&supportcrypto=1&redundant=0 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
    'User-Agent: libtorrent/2.0.8.0\r\nAccept-Encoding: gzip\r\n' +
    `Connection: ${use}\r\n\r\n`;
  const bytes = Buffer.concat([
    Buffer.from(before),
    ESCAPED_HASHES[0] ?? Buffer.alloc(0),
    Buffer.from(after),
  ]);
  return {
    /** One buffer, filled anew: the last announce has been answered, so it has been written. */
    announceOf(torrent: number): Buffer {
      ESCAPED_HASHES[torrent]?.copy(bytes, before.length);
      return bytes;
    },
  };
}

const BLANK_LINE = Buffer.from('\r\n\r\n');

/** Puts one response together; they come in one chunk nearly always. */
function createReader() {
  let held: Buffer | null = null;
  return {
    /** The body, or `null` while something is missing. */
    take(chunk: Buffer): Buffer | null {
      const bytes: Buffer = held === null ? chunk : Buffer.concat([held, chunk]);
      const headEnd = bytes.indexOf(BLANK_LINE);
      const bodyEnd = headEnd < 0 ? Infinity : headEnd + 4 + contentLength(bytes, headEnd);
      held = bytes.length < bodyEnd ? Buffer.from(bytes) : null;
      return held === null ? bytes.subarray(headEnd + 4, bodyEnd) : null;
    },
  };
}

/** A missing header is an empty body: Infinity, so that the answer never ends, would hide a fault. */
function contentLength(bytes: Buffer, headEnd: number): number {
  const head = bytes.toString('latin1', 0, headEnd);
  const match = /\r\ncontent-length: *(\d+)/i.exec(head);
  return match === null ? 0 : Number(match[1]);
}
