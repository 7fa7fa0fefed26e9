/**
 * The tracker below `node:http`, on a server that is somebody else's: a connection that begins with an
 * announce or a scrape is served before `node:http` has seen it, where this Node's handles are known
 * even before it is a socket; every other one goes to `node:http` as it came, and so does one that asks
 * for something else later, with the bytes that have not been answered.
 */
import { createServer, type Server } from 'node:http';
import { Socket } from 'node:net';
import { ByteWriter, createRequestPrefix, emptyHttpHead } from '../tracker';
import { createHttpAnswers, type HttpAnswersDeps } from './http-answers';
import { HttpConnection, type ConnectionOwner } from './http-connection';
import type { CoarseTime, ConnectionDeps } from './http-connection-deps';
import { HandleWire } from './handle-wire';
import { SocketWire } from './socket-wire';
import { takeArrivals, tcpBinding, type Arrivals, type TcpHandle } from './tcp-handle';
import type { Wire, WireReader } from './wire';

export interface HttpFrontDeps extends HttpAnswersDeps {
  /** The header that `clientAddress` reads, default `X-Forwarded-For`. */
  forwardedHeader?: string | undefined;
  wallClock?: () => Date;
  /** Whether to do without `net.Socket` where Node’s own parts are known. Default: yes. */
  bareHandles?: boolean;
}

export interface HttpFront {
  /** Connections that are served here. */
  readonly size: number;
  /** One second has passed. A timer sees to it. */
  tick(): void;
  /** All connections are the server's again, new ones and those that are open. */
  letGo(): void;
}

interface FrontWire extends Wire {
  leave(unread: Buffer | null): void;
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
  const binding = deps.bareHandles === false ? null : tcpBinding();
  const connections = new Set<HttpConnection<FrontWire>>();
  const time: CoarseTime = { tick: 0, date: '', first: PATIENCE_FOR_STRANGERS, next: 0 };
  let isActive = true;
  const shared: ConnectionDeps = {
    answers,
    time,
    head: emptyHttpHead(deps.forwardedHeader?.toLowerCase()),
    out: new ByteWriter(),
    mayBegin: (bytes, from) => isActive && mayBegin(bytes, from),
  };
  const owner: ConnectionOwner<FrontWire> = {
    closed: (connection) => void connections.delete(connection),
    left(connection, unread) {
      connections.delete(connection);
      connection.wire.leave(unread);
    },
  };
  let arrivals: Arrivals | null = null;
  /** Takes the socket that the server makes of a handle that we leave to it. */
  let awaitSocket: ((socket: Socket) => void) | null = null;

  const serve = (open: (reader: WireReader) => FrontWire): void =>
    void connections.add(new HttpConnection(open, shared, owner));

  /** Where handles cannot be taken, and for sockets that others emit at the server. */
  function takeSocket(socket: Socket): void {
    awaitSocket?.(socket);
    if (awaitSocket !== null || !isActive || !isPlain(server) || !(socket instanceof Socket)) {
      NODE_HTTP.call(server, socket);
      return;
    }
    serve((reader) => new SocketWire(socket, reader, (left) => NODE_HTTP.call(server, left)));
  }

  function takeHandles(): void {
    if (binding === null || !isActive) return;
    arrivals = takeArrivals(server, (handle) => {
      if (!isPlain(server)) makeSocket(handle, null);
      else serve((reader) => new HandleWire(handle, binding, reader, null, makeSocket));
    });
  }

  /** The handle is the server's, as if it had just come, and `unread` with it. */
  function makeSocket(handle: TcpHandle, unread: Buffer | null): void {
    let made: Socket | null = null;
    awaitSocket = (socket) => (made = socket);
    try {
      if (server.listening) arrivals?.passOn(handle);
      else handle.close();
    } finally {
      awaitSocket = null;
    }
    if (unread !== null) giveBack(made, unread);
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
  server.prependListener('connection', takeSocket);
  server.on('listening', takeHandles);
  if (server.listening) takeHandles();
  closeWith(server, closeConnections);

  return {
    get size() {
      return connections.size;
    },
    tick,
    letGo() {
      isActive = false;
      clearInterval(timer);
      arrivals?.letGo();
      server.off('listening', takeHandles);
      server.off('connection', takeSocket);
      server.prependListener('connection', NODE_HTTP);
      for (const connection of connections) connection.release();
    },
  };
}

/** What these settings promise is kept by Node's own server only. */
function isPlain({ maxConnections, maxRequestsPerSocket, timeout }: Server): boolean {
  // The first two are undefined until somebody sets them.
  const isLimited = maxConnections < Infinity || (maxRequestsPerSocket ?? 0) > 0 || timeout > 0;
  return !isLimited;
}

/** To a socket that `node:http` has just taken, what came over it before: it reads on by itself. */
function giveBack(socket: Socket | null, unread: Buffer): void {
  if (socket?.destroyed === false) socket.emit('data', unread);
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
  // It does not count those that are no sockets yet.
  server.on('close', () => closeOurs('all'));
}
