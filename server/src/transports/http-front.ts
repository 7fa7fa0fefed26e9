/**
 * The tracker below `node:http`, on a server that is somebody else's: a connection that begins with an
 * announce or a scrape is served on its socket; every other one goes to `node:http` as it came, and so
 * does one that asks for something else later, with the bytes that have not been answered.
 */
import { createServer, type Server } from 'node:http';
import { Socket } from 'node:net';
import { ByteWriter, createRequestPrefix, emptyHttpHead } from '../tracker';
import { createHttpAnswers, type HttpAnswersDeps } from './http-answers';
import { HttpConnection } from './http-connection';
import type { CoarseTime, ConnectionDeps } from './http-connection-deps';

export interface HttpFrontDeps extends HttpAnswersDeps {
  /** The header that `clientAddress` reads, default `X-Forwarded-For`. */
  forwardedHeader?: string | undefined;
  wallClock?: () => Date;
}

export interface HttpFront {
  /** Connections that are served here. */
  readonly size: number;
  /** One second has passed. A timer sees to it. */
  tick(): void;
  /** All connections are the server's again, new ones and those that are open. */
  letGo(): void;
}

type ConnectionListener = (this: Server, socket: Socket) => void;

const TICK = 1000;
/** Seconds after which a connection that has not begun a request is the server's to wait for. */
const PATIENCE_FOR_STRANGERS = 2;

/** What makes an HTTP server of a TCP server: the same function in each of them. */
const NODE_HTTP = createServer().listeners('connection')[0] as ConnectionListener;

/**
 * @returns `null` when the server is not a plain one of `node:http`, over TLS for instance: then its
 *   requests are to be intercepted where it hands them out
 */
export function frontConnections(server: Server, deps: HttpFrontDeps): HttpFront | null {
  if (server.listeners('connection')[0] !== NODE_HTTP) return null;
  const { announcePath = '/announce', wallClock = () => new Date() } = deps;
  const answers = createHttpAnswers(deps);
  const mayBegin = createRequestPrefix(announcePath);
  const connections = new Map<Socket, HttpConnection>();
  const time: CoarseTime = { tick: 0, date: '', first: PATIENCE_FOR_STRANGERS, next: 0 };
  let isActive = true;
  const shared: ConnectionDeps = {
    answers,
    time,
    head: emptyHttpHead(deps.forwardedHeader?.toLowerCase()),
    out: new ByteWriter(),
    host: {
      mayBegin: (bytes, from) => isActive && mayBegin(bytes, from),
      take(socket) {
        forget(socket);
        NODE_HTTP.call(server, socket);
      },
    },
  };

  function onClose(this: Socket): void {
    connections.delete(this);
  }

  function forget(socket: Socket): void {
    connections.delete(socket);
    socket.off('close', onClose);
  }

  function accept(socket: Socket): void {
    if (!isActive || !isPlain(server) || !(socket instanceof Socket)) {
      NODE_HTTP.call(server, socket);
      return;
    }
    connections.set(socket, new HttpConnection(socket, shared));
    socket.on('close', onClose);
  }

  function tick(): void {
    time.tick += 1;
    readTime();
    for (const connection of connections.values()) connection.expire();
  }

  function readTime(): void {
    time.date = wallClock().toUTCString();
    const { keepAliveTimeout } = server;
    // The last tick may have been just now. Never too early: a proxy that trusts in the timeout would
    // send its next request into a connection that closes.
    time.next = keepAliveTimeout > 0 ? Math.ceil(keepAliveTimeout / 1000) + 1 : Infinity;
  }

  function* idle(): Generator<Socket> {
    for (const [socket, connection] of connections) if (connection.isIdle) yield socket;
  }

  readTime();
  const timer = setInterval(() => {
    try {
      tick();
    } catch (error) {
      answers.report('closing idle connections', error);
    }
  }, TICK).unref();
  server.off('connection', NODE_HTTP);
  server.prependListener('connection', accept);
  closeWith(server, { idle, all: () => connections.keys() });

  return {
    get size() {
      return connections.size;
    },
    tick,
    letGo() {
      isActive = false;
      clearInterval(timer);
      server.off('connection', accept);
      server.prependListener('connection', NODE_HTTP);
      for (const connection of connections.values()) connection.release();
    },
  };
}

/** What these settings promise is kept by `node:http` only. */
function isPlain({ maxRequestsPerSocket, timeout }: Server): boolean {
  return (maxRequestsPerSocket ?? 0) === 0 && timeout === 0;
}

interface Closable {
  idle: () => Iterable<Socket>;
  all: () => Iterable<Socket>;
}

/**
 * `node:http` closes the connections that it knows: when the server is closed, those that are idle.
 * Ours have to end with them, or the server would wait for each of them. Never taken off: somebody
 * may have wrapped these meanwhile, and without connections of ours they change nothing.
 */
function closeWith(server: Server, { idle, all }: Closable): void {
  const closeIdle = server.closeIdleConnections.bind(server);
  const closeAll = server.closeAllConnections.bind(server);
  server.closeIdleConnections = () => {
    for (const socket of idle()) socket.destroy();
    closeIdle();
  };
  server.closeAllConnections = () => {
    for (const socket of all()) socket.destroy();
    closeAll();
  };
}
