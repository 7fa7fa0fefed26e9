/**
 * The tracker on a port of its own: announces and scrapes over HTTP and nothing else, without
 * `node:http` under it, whose general requests and responses cost more than an announce.
 */
import { createServer, type AddressInfo, type Server } from 'node:net';
import { ByteWriter, emptyHttpHead } from '../tracker';
import { createHttpAnswers, type HttpAnswersDeps } from './http-answers';
import { HandleWire } from './handle-wire';
import { HttpConnection, type ConnectionOwner } from './http-connection';
import { PATIENCE, type CoarseTime, type ConnectionDeps } from './http-connection-deps';
import { SocketWire } from './socket-wire';
import { takeArrivals, tcpBinding } from './tcp-handle';
import type { Wire, WireReader } from './wire';

export interface HttpListenerDeps extends HttpAnswersDeps {
  /** Unset: all addresses, IPv6 and IPv4 where the system has both. */
  host?: string | undefined;
  port: number;
  /** The header that `clientAddress` reads, default `X-Forwarded-For`. */
  forwardedHeader?: string | undefined;
  /** Connections at a time; one more, and the oldest goes. */
  maxConnections?: number;
  wallClock?: () => Date;
  /** Whether to do without `net.Socket` where Node’s own parts are known. Default: yes. */
  bareHandles?: boolean;
}

export interface HttpListener {
  /** Resolves when it listens; rejects with the system's error when it cannot. */
  start(): Promise<void>;
  /** Resolves when all is closed, also the connections that were open. */
  stop(): Promise<void>;
  /** Where it listens; 0 before and after. */
  readonly port: number;
  /** Connections that are open. */
  readonly size: number;
  /** One second has passed: closes connections that have waited too long. {@link start} sees to it. */
  tick(): void;
}

const MAX_CONNECTIONS = 4096;
const TICK = 1000;

export function createHttpListener(deps: HttpListenerDeps): HttpListener {
  const { host, port, maxConnections = MAX_CONNECTIONS, wallClock = () => new Date() } = deps;
  const binding = deps.bareHandles === false ? null : tcpBinding();
  const answers = createHttpAnswers(deps);
  const time: CoarseTime = {
    tick: 0,
    date: wallClock().toUTCString(),
    first: PATIENCE.request,
    next: PATIENCE.request,
  };
  const shared: ConnectionDeps = {
    answers,
    time,
    head: emptyHttpHead(deps.forwardedHeader?.toLowerCase()),
    out: new ByteWriter(),
    mayBegin: null,
  };
  /** In the order of their coming. */
  const connections = new Set<HttpConnection<Wire>>();
  const owner: ConnectionOwner<Wire> = {
    closed: (connection) => void connections.delete(connection),
  };
  let server: Server | null = null;
  let timer: NodeJS.Timeout | null = null;

  function accept(open: (reader: WireReader) => Wire): void {
    // Somebody who opens thousands and says nothing must not lock out who asks and goes.
    if (connections.size >= maxConnections) {
      for (const oldest of connections) {
        oldest.wire.destroy();
        break;
      }
    }
    connections.add(new HttpConnection(open, shared, owner));
  }

  function onError(error: Error): void {
    answers.report('the tracker’s own port', error);
  }

  function tick(): void {
    time.tick += 1;
    time.date = wallClock().toUTCString();
    for (const connection of connections) connection.expire();
  }

  return {
    start() {
      const listening = createServer({ allowHalfOpen: true }, (socket) =>
        accept((reader) => new SocketWire(socket, reader)),
      );
      server = listening;
      timer = setInterval(() => {
        try {
          tick();
        } catch (error) {
          answers.report('closing idle connections', error);
        }
      }, TICK).unref();
      return new Promise((resolve, reject) => {
        listening.once('error', reject);
        listening.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
          listening.off('error', reject);
          listening.on('error', onError);
          if (binding !== null) {
            takeArrivals(listening, (handle) =>
              accept((reader) => new HandleWire(handle, binding, reader)),
            );
          }
          resolve();
        });
      });
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      const closing = server;
      server = timer = null;
      return new Promise((resolve) => {
        if (closing === null) resolve();
        else closing.close(() => resolve());
        for (const { wire } of connections) wire.destroy();
      });
    },
    get port() {
      return (server?.address() as AddressInfo | null | undefined)?.port ?? 0;
    },
    get size() {
      return connections.size;
    },
    tick,
  };
}
