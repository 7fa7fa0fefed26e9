/**
 * The tracker below `node:http`, on a server that is somebody else's: a connection that begins with an
 * announce or a scrape is served on its socket; every other one goes to `node:http` as it came, and so
 * does one that asks for something else later, with the bytes that have not been answered.
 */
import { createServer, type Server } from 'node:http';
import { Socket } from 'node:net';
import { ByteWriter, createRequestPrefix, emptyHttpHead } from '../tracker';
import { createHttpAnswers, type HttpAnswersDeps } from './http-answers';
import { HttpConnection, type ConnectionOwner } from './http-connection';
import type { CoarseTime, ConnectionDeps } from './http-connection-deps';
import { SocketWire } from './socket-wire';

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
  const connections = new Set<HttpConnection<SocketWire>>();
  const time: CoarseTime = { tick: 0, date: '', first: PATIENCE_FOR_STRANGERS, next: 0 };
  let isActive = true;
  const shared: ConnectionDeps = {
    answers,
    time,
    head: emptyHttpHead(deps.forwardedHeader?.toLowerCase()),
    out: new ByteWriter(),
    mayBegin: (bytes, from) => isActive && mayBegin(bytes, from),
  };
  const owner: ConnectionOwner<SocketWire> = {
    closed: (connection) => void connections.delete(connection),
    left(connection, unread) {
      connections.delete(connection);
      connection.wire.leaveTo((socket) => NODE_HTTP.call(server, socket), unread);
    },
  };

  function accept(socket: Socket): void {
    if (!isActive || !isPlain(server) || !(socket instanceof Socket)) {
      NODE_HTTP.call(server, socket);
      return;
    }
    connections.add(new HttpConnection((reader) => new SocketWire(socket, reader), shared, owner));
  }

  function tick(): void {
    time.tick += 1;
    readTime();
    for (const connection of connections) connection.expire();
  }

  function readTime(): void {
    time.date = wallClock().toUTCString();
    const { keepAliveTimeout } = server;
    // The last tick may have been just now. Never too early: a proxy that trusts in the timeout would
    // send its next request into a connection that closes.
    time.next = keepAliveTimeout > 0 ? Math.ceil(keepAliveTimeout / 1000) + 1 : Infinity;
  }

  function closeConnections(which: 'idle' | 'all'): void {
    for (const { isIdle, wire } of connections) if (which === 'all' || isIdle) wire.destroy();
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
  closeWith(server, closeConnections);

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
      for (const connection of connections) connection.release();
    },
  };
}

/** What these settings promise is kept by `node:http` only. */
function isPlain({ maxRequestsPerSocket, timeout }: Server): boolean {
  return (maxRequestsPerSocket ?? 0) === 0 && timeout === 0;
}

/**
 * `node:http` closes the connections that it knows: when the server is closed, those that are idle.
 * Ours have to end with them, or the server would wait for each of them. Never taken off: somebody
 * may have wrapped these meanwhile, and without connections of ours they change nothing.
 */
function closeWith(server: Server, closeOurs: (which: 'idle' | 'all') => void): void {
  const closeIdle = server.closeIdleConnections.bind(server);
  const closeAll = server.closeAllConnections.bind(server);
  server.closeIdleConnections = () => {
    closeOurs('idle');
    closeIdle();
  };
  server.closeAllConnections = () => {
    closeOurs('all');
    closeAll();
  };
}
