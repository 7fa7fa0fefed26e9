/**
 * The WebTorrent tracker on a server that is somebody else's: takes the upgrades on the announce
 * path, and leaves all others as they would be without it. Nothing is logged: URLs hold passkeys.
 */
import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createUpgradeUrl, parseAddress, type AddressFamily } from '../tracker';
import type { Signalling, SignallingTally } from '../tracker';
import { adoptSocket } from './adopted-wire';
import type { ClientAddress } from './client-address';
import { createFaultReporter, type Logger } from './fault-reporter';
import { WebSocketConnection, type WebSocketConnectionDeps } from './websocket-connection';
import { tcpBinding, type TcpBinding } from './tcp-handle';
import { serveWithoutUpgrade } from './websocket-foreign';
import { answerHandshake } from './websocket-handshake';
import { createOriginPolicy } from './websocket-origins';
import { Outbox } from './websocket-outbox';

export interface WebSocketDoorDeps {
  signalling: Signalling;
  clientAddress: ClientAddress;
  logger: Logger;
  /** Milliseconds, never going back. */
  clock: () => number;
  /** Default `/announce`. */
  announcePath?: string;
  /** Whose pages may connect; see `websocket-origins`. Default: everybody's. */
  origins?: readonly string[];
  tally?: Pick<SignallingTally, 'dropped'>;
  /** Default: as far as this Node’s is known. `null`: not used. */
  binding?: TcpBinding | null;
}

export interface WebSocketDoor {
  /** @returns lets go of the server; open connections stay */
  attachTo(server: Server): () => void;
  /** Starts the heartbeat; the timer never keeps the process alive. */
  start(): void;
  /** Ends the heartbeat. Connections are closed by the signalling. */
  stop(): void;
}

/** Milliseconds in which every connection is looked at once: 1/30 of them each second. */
const TICK = 1000;
const TICKS = 30;

export function createWebSocketDoor(deps: WebSocketDoorDeps): WebSocketDoor {
  const { signalling, clientAddress, tally } = deps;
  const { binding = tcpBinding() } = deps;
  const url = createUpgradeUrl(deps.announcePath ?? '/announce');
  const mayConnect = createOriginPolicy(deps.origins ?? ['*']);
  const report = createFaultReporter({ logger: deps.logger, clock: deps.clock });
  const connections = new Set<WebSocketConnection>();
  const shared: WebSocketConnectionDeps = {
    signalling,
    outbox: new Outbox(deps.clock, (error) => report('writing to a WebSocket', error)),
    report,
    onDrop: (reason) => tally?.dropped(reason),
  };
  const forget = (connection: WebSocketConnection): void => void connections.delete(connection);
  const address = new Uint8Array(16);
  let walk: IterableIterator<WebSocketConnection> | null = null;
  let timer: NodeJS.Timeout | null = null;

  const owns = ({ method, url: target = '', headers }: IncomingMessage): boolean =>
    method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && url.owns(target);

  function receive(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!mayConnect(request.headers.origin)) {
      tally?.dropped('websocket-origin');
      refuse(socket, '403 Forbidden');
      return;
    }
    const family = parseAddress(clientAddress(request), address);
    if (family === 0) {
      refuse(socket, '400 Bad Request');
    } else if (!signalling.hasRoomFor(address, family)) {
      tally?.dropped('websocket-limit');
      refuse(socket, '503 Service Unavailable');
    } else {
      accept(request, socket, head, family);
    }
  }

  function accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    family: AddressFamily,
  ): void {
    const answer = answerHandshake(request.headers);
    if ('status' in answer || !(socket instanceof Socket)) {
      if ('status' in answer) refuse(socket, answer.status, answer.fields);
      else socket.destroy(); // no server of Node's has others
      return;
    }
    socket.setTimeout(0); // the heartbeat does that
    socket.setNoDelay(true);
    socket.write(answer.head, 'latin1');
    const connection = new WebSocketConnection(shared, forget);
    const passkey = url.passkeyOf(request.url ?? '');
    const peer = signalling.connect({ wire: connection, passkey, address, family });
    connections.add(connection);
    connection.open(peer, adoptSocket(socket, connection, binding), head);
  }

  function beat(): void {
    for (let left = Math.ceil(connections.size / TICKS); left > 0; left -= 1) {
      walk ??= connections.values();
      const step: IteratorResult<WebSocketConnection, undefined> = walk.next();
      if (step.done === true) walk = null;
      else step.value.checkPulse();
    }
  }

  return {
    attachTo(server) {
      const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
        try {
          if (owns(request)) receive(request, socket, head);
          else if (server.listenerCount('upgrade') === 1) {
            serveWithoutUpgrade(server, request, socket, head);
          }
        } catch (error) {
          socket.destroy();
          report('a WebSocket handshake', error);
        }
      };
      server.on('upgrade', onUpgrade);
      return () => server.off('upgrade', onUpgrade);
    },
    start() {
      timer ??= setInterval(() => {
        try {
          beat();
        } catch (error) {
          report('the WebSocket heartbeat', error);
        }
      }, TICK).unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
  };
}

/**
 * A plain HTTP answer to who hoped for an upgrade.
 * @param fields header lines
 */
function refuse(socket: Duplex, status: string, fields = ''): void {
  socket.on('error', () => socket.destroy());
  // The other side might keep its half open for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\n${fields}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}
