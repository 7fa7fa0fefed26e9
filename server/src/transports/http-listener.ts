/**
 * The tracker on a port of its own: announces and scrapes over HTTP and nothing else, without
 * `node:http` under it, whose general requests and responses cost more than an announce.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ByteWriter, emptyHttpHead } from '../tracker';
import { createHttpAnswers, type HttpAnswersDeps } from './http-answers';
import { HttpConnection } from './http-connection';
import { PATIENCE, type CoarseTime, type ConnectionDeps } from './http-connection-deps';

export interface HttpListenerDeps extends HttpAnswersDeps {
  /** Unset: all addresses, IPv6 and IPv4 where the system has both. */
  host?: string | undefined;
  port: number;
  /** The header that `clientAddress` reads, default `X-Forwarded-For`. */
  forwardedHeader?: string | undefined;
  /** Connections at a time; one more, and the oldest goes. */
  maxConnections?: number;
  wallClock?: () => Date;
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
    host: null,
  };
  /** In the order of their coming. */
  const connections = new Map<Socket, HttpConnection>();
  let server: Server | null = null;
  let timer: NodeJS.Timeout | null = null;

  function accept(socket: Socket): void {
    // Somebody who opens thousands and says nothing must not lock out who asks and goes.
    if (connections.size >= maxConnections) connections.keys().next().value?.destroy();
    connections.set(socket, new HttpConnection(socket, shared));
    socket.on('close', () => connections.delete(socket));
  }

  function tick(): void {
    time.tick += 1;
    time.date = wallClock().toUTCString();
    for (const connection of connections.values()) connection.expire();
  }

  return {
    start() {
      const listening = createServer({ allowHalfOpen: true }, accept);
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
          // EMFILE and the like: those who wait stay in the kernel's queue.
          listening.on('error', (error) => answers.report('the tracker’s own port', error));
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
        for (const socket of connections.keys()) socket.destroy();
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
