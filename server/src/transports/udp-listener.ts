/** The tracker's UDP sockets. No packet makes them throw, log its sender, or grow anything. */
import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createUdpEndpoint, type UdpEndpointDeps } from '../tracker';
import { createFaultReporter, type Logger } from './fault-reporter';
import { UdpAnswers } from './udp-answers';
import { takePackets, type PacketSender, type TakePacket } from './udp-handle';

export interface UdpListenerDeps extends Omit<UdpEndpointDeps, 'secret'> {
  /** Unset: every address of both families. An IPv6 address for the one, an IPv4 one for the other. */
  host?: string | undefined;
  port: number;
  logger: Logger;
  /** Whether to go past the socket's events where Node’s own parts are known. Default: yes. */
  bareHandles?: boolean;
}

export interface UdpListener {
  /** Resolves when all its sockets listen. @throws Error that names the port when it is taken */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Bytes of packets that may wait while the event loop is busy; the system may allow less. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
const SEND_BUFFER = 1024 * 1024;

/**
 * Milliseconds between two looks at the clock: the endpoint thinks in minutes, and on many a virtual
 * machine a look costs as much as the rest of a packet's parsing.
 */
const TICK = 1000;

/** A machine without IPv6 has no such sockets, or no such address. */
const WITHOUT_IPV6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT'];

/** One socket, bound. */
interface Door {
  socket: Socket;
  sender: PacketSender;
  answers: UdpAnswers;
}

interface Binding {
  type: 'udp4' | 'udp6';
  address: string;
  ipv6Only: boolean;
  isOptional: boolean;
}

export function createUdpListener(deps: UdpListenerDeps): UdpListener {
  const { host, port, logger, clock, bareHandles = true } = deps;
  let now = clock();
  let timer: NodeJS.Timeout | null = null;
  const endpoint = createUdpEndpoint({ ...deps, clock: () => now, secret: randomBytes(16) });
  const report = createFaultReporter({ logger, clock });
  const sockets: Socket[] = [];

  function receive(door: Door, packet: Buffer, { address, port: from }: RemoteInfo): void {
    const { socket, sender, answers } = door;
    const out = answers.next();
    if (out === null) {
      deps.tracker.tally.dropped('udp-unsent');
      return;
    }
    const answer = endpoint.answer(packet, address, from, out);
    if (typeof answer === 'number') {
      if (answer > 0) sender.send(out.first(answer), from, address);
      return;
    }
    answer
      .then((own) => {
        if (sockets.includes(socket)) sender.send(own, from, address);
      })
      .catch((error: unknown) => report('an announce over UDP', error));
  }

  async function open({ type, address, ipv6Only, isOptional }: Binding): Promise<void> {
    const socket = createSocket({
      type,
      ipv6Only,
      // All addresses are those of packets: looking them up would put each answer off by a tick.
      lookup: (name, _options, done) => done(null, name, type === 'udp4' ? 4 : 6),
    });
    try {
      // Before `bind`, which says so at once where no address has to be looked up.
      const listening = once(socket, 'listening');
      socket.bind({ port, address, exclusive: true });
      await listening;
    } catch (error) {
      socket.close();
      const { code = '' } = error as NodeJS.ErrnoException;
      if (isOptional && WITHOUT_IPV6.includes(code)) return;
      throw new Error(refusal(code, address, port), { cause: error });
    }
    socket.on('error', (error) => report('the UDP socket', error));
    enlarge(socket);
    serve(socket);
    sockets.push(socket);
  }

  function serve(socket: Socket): void {
    const take = (packet: Buffer, source: RemoteInfo): void => {
      try {
        receive(door, packet, source);
      } catch (error) {
        report('an announce or scrape over UDP', error);
      }
    };
    const fail = (error: Error): void => report('the UDP socket', error);
    const sender = (bareHandles ? takePackets(socket, take, fail) : null) ?? ordinary(socket, take);
    const door: Door = { socket, sender, answers: new UdpAnswers(() => sender.waiting()) };
  }

  async function stop(): Promise<void> {
    if (timer !== null) clearInterval(timer);
    timer = null;
    const open = sockets.splice(0);
    await Promise.all(
      open.map((socket) => {
        socket.close();
        return once(socket, 'close');
      }),
    );
  }

  return {
    async start() {
      try {
        for (const binding of bindingsOf(host)) await open(binding);
        timer ??= setInterval(() => (now = clock()), TICK).unref();
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
  };
}

/**
 * Two sockets rather than one for both families: IPv4 senders have their own, shorter address then,
 * and a machine without IPv6 still has the other one.
 */
function bindingsOf(host: string | undefined): Binding[] {
  if (host === undefined) {
    return [
      { type: 'udp4', address: '0.0.0.0', ipv6Only: false, isOptional: false },
      { type: 'udp6', address: '::', ipv6Only: true, isOptional: true },
    ];
  }
  const type = host.includes(':') ? 'udp6' : 'udp4';
  return [{ type, address: host, ipv6Only: false, isOptional: false }];
}

function refusal(code: string, address: string, port: number): string {
  const reason =
    code === 'EADDRINUSE'
      ? `another program uses UDP port ${port} already`
      : `UDP port ${port} cannot be opened on ${address} (${code})`;
  return `tracker.udp: ${reason}`;
}

/** The same by the socket's own events and calls. */
function ordinary(socket: Socket, take: TakePacket): PacketSender {
  socket.on('message', take);
  return {
    // Without a callback, an address that cannot be sent to is no error event.
    send: (packet, port, address) => socket.send(packet, port, address),
    waiting: () => socket.getSendQueueCount(),
  };
}

function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER);
    socket.setSendBufferSize(SEND_BUFFER);
  } catch {
    // The system's own sizes will do: they only decide how long a busy moment may last.
  }
}
