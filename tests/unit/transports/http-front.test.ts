/** The tracker below `node:http`: what it serves, and that everything else comes through unharmed. */
import { once } from 'node:events';
import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createTracker,
  MemorySwarmStore,
  TRACKER_DEFAULTS,
  type SwarmStore,
} from '../../../server/src/tracker';
import {
  createClientAddress,
  createTrackerHandler,
  frontConnections,
  interceptRequests,
  type HttpFront,
} from '../../../server/src/transports';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';
import { ANNOUNCE } from '../tracker/malformed-announces';
import { close, exchange, listen } from './http-servers';

const announce = (fields = ''): string =>
  `GET /announce?${ANNOUNCE} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
const rest = (path = '/api'): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const post = (body: string): string =>
  `POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

let server: Server;
let port: number;
let front: HttpFront;
let bareHandles: boolean;
/** What reached the application, with its body. */
let seen: string[];
const log: string[] = [];
/** Announces answered by us: `node:http` would have added its own headers. */
const OURS = { 'content-type': 'text/plain', date: new Date(0).toUTCString() };

function partsWith(store?: SwarmStore) {
  const clock = handClock();
  return {
    tracker: createTracker({
      gate: { admit: () => 0 },
      clock,
      random: seededRandom(1),
      ...(store !== undefined && { store }),
    }),
    clientAddress: createClientAddress({ trustedProxies: [] }),
    logger: { error: (line: string) => void log.push(line) },
    clock,
    wallClock: () => new Date(0),
    bareHandles,
  };
}

async function start(store?: SwarmStore, options: ServerOptions = {}): Promise<void> {
  seen = [];
  server = await listen(
    createServer(options, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${body}`.trim());
        response.end(`app:${request.url}:${body.length}`);
      });
    }),
  );
  ({ port } = server.address() as AddressInfo);
  const parts = partsWith(store);
  const attached = frontConnections(server, parts);
  if (attached === null) throw new Error('not attached');
  front = attached;
  interceptRequests(server, createTrackerHandler(parts));
}

async function open() {
  const socket = connect({ port, host: '127.0.0.1' });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return { socket, received: () => text, closed };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

const ticks = (count: number): void => {
  for (let i = 0; i < count; i += 1) front.tick();
};

/** Who answered what, in order: `ours`, `node` (an announce by the interceptor) or the app's words. */
async function answers(bytes: string, count: number): Promise<string[]> {
  const responses = await exchange({ port }, bytes, { count });
  return responses.map(({ status, headers, body }) => {
    if (status !== 200) return String(status);
    if (body.startsWith('app:')) return body;
    return headers['date'] === OURS.date ? 'ours' : 'node';
  });
}

describe.each([
  { wires: 'Node’s own parts of a connection', isBare: true },
  { wires: 'net.Socket', isBare: false },
])('over $wires', ({ isBare }) => {
  beforeEach(() => {
    bareHandles = isBare;
    return start();
  });
  afterEach(async () => {
    front.letGo();
    await close(server);
    expect(log).toEqual([]);
  });

  describe('on one connection', () => {
    it.each<[string, string, string[]]>([
      ['announces', announce().repeat(3), ['ours', 'ours', 'ours']],
      ['a scrape and HEAD', rest('/scrape') + announce(), ['ours', 'ours']],
      ['an announce, then REST', announce() + rest('/api/x'), ['ours', 'app:/api/x:0']],
      [
        'REST, then an announce',
        rest('/api/x') + announce() + rest('/y'),
        ['app:/api/x:0', 'node', 'app:/y:0'],
      ],
      [
        'announce, REST, announce',
        announce() + rest('/api') + announce(),
        ['ours', 'app:/api:0', 'node'],
      ],
      [
        'a POST with a body behind an announce',
        announce() + post('x'.repeat(70_000)) + rest('/z'),
        ['ours', 'app:/upload:70000', 'app:/z:0'],
      ],
      ['a path that only begins like ours', rest('/announcements'), ['app:/announcements:0']],
      ['a POST to our path', announce() + announce().replace('GET', 'POST'), ['ours', '405']],
      ['the absolute form', announce().replace('/', 'http://h/'), ['node']],
      ['an announce with a body', announce('Content-Length: 2\r\n') + 'xx', ['node']],
      ['a head that is none', announce() + announce('X : y\r\n'), ['ours', '400']],
      ['an empty line too many', `${announce()}\r\n${announce()}`, ['ours', 'node']],
    ])('%s', async (_, bytes, expected) => {
      expect(await answers(bytes, expected.length)).toEqual(expected);
    });

    it('all come out the same wherever the bytes are cut', async () => {
      const bytes = announce() + post('body') + announce() + rest('/last');
      for (let cut = 1; cut < bytes.length; cut += 1) {
        const { socket, received, closed } = await open();
        socket.setNoDelay(true);
        socket.write(bytes.slice(0, cut));
        await new Promise((resolve) => setImmediate(resolve));
        socket.write(bytes.slice(cut));
        await until(() => received().includes('app:/last:0'));
        expect(received().match(/app:\S+?:\d+|5:peers0:/g)).toEqual([
          '5:peers0:',
          'app:/upload:4',
          '5:peers0:',
          'app:/last:0',
        ]);
        socket.destroy();
        await closed;
      }
    });

    it('a stranger is passed on with its first bytes, before its head is whole', async () => {
      const { socket, closed } = await open();
      await until(() => front.size === 1);
      socket.write('PO');
      await until(() => front.size === 0);
      socket.write(
        'ST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab',
      );
      await closed;
      expect(seen).toEqual(['POST /upload ab']);
    });

    it('the bytes behind an announce come through, however many there are', async () => {
      const body = 'y'.repeat(5_000_000);
      expect(await answers(announce() + post(body) + announce(), 3)).toEqual([
        'ours',
        `app:/upload:${body.length}`,
        'node',
      ]);
      expect(seen).toEqual([`POST /upload ${body}`]);
    });

    it('an upgrade on our own path goes to whoever takes upgrades, with what follows it', async () => {
      let head = '';
      server.on('upgrade', (request, socket: Socket, rest: Buffer) => {
        head = `${request.url?.slice(0, 9)} ${rest.toString()}`;
        socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nhello');
      });
      const { socket, received, closed } = await open();
      socket.write(announce());
      await until(() => received().includes('5:peers0:'));
      socket.write(`${announce('Connection: Upgrade\r\nUpgrade: websocket\r\n')}frame`);
      await closed;
      expect(received()).toMatch(/101 Switching Protocols\r\n\r\nhello$/);
      expect(head).toBe('/announce frame');
    });

    it('Expect: 100-continue is kept by node:http', async () => {
      server.on('checkContinue', (_, response) =>
        response.writeHead(417, { 'Content-Length': 0 }).end(),
      );
      expect(await answers(announce() + announce('Expect: 100-continue\r\n'), 2)).toEqual([
        'ours',
        '417',
      ]);
    });

    it('a client that has closed its half still gets its answers', async () => {
      const { socket, received, closed } = await open();
      socket.end(announce() + rest('/api') + announce('Connection: close\r\n'));
      await closed;
      expect(received().match(/app:\S+?:\d+|5:peers0:/g)).toEqual([
        '5:peers0:',
        'app:/api:0',
        '5:peers0:',
      ]);
    });

    it('a client that takes its answers late gets all of them', async () => {
      const { socket, received, closed } = await open();
      socket.pause();
      socket.end(announce().repeat(5000) + rest('/end'));
      await sleep(50);
      socket.resume();
      await closed;
      expect(received().split('5:peers0:')).toHaveLength(5001);
      expect(received()).toMatch(/app:\/end:0$/);
    });

    it('the application gets what stands behind an announce that a slow store answers', async () => {
      front.letGo();
      await close(server);
      const memory = new MemorySwarmStore({
        clock: handClock(),
        random: seededRandom(1),
        limits: TRACKER_DEFAULTS,
      });
      const store = Object.create(memory, {
        announce: {
          value: async (update: Parameters<SwarmStore['announce']>[0]) => {
            const answer = { ...memory.announce(update) };
            await sleep(20);
            return answer;
          },
        },
      }) as SwarmStore;
      await start(store);
      expect(await answers(announce() + announce() + post('abc') + rest('/q'), 4)).toEqual([
        'ours',
        'ours',
        'app:/upload:3',
        'app:/q:0',
      ]);
    });
  });

  describe('time', () => {
    it('a silent connection, and one that does not go on, are left to node:http', async () => {
      const silent = await open();
      const slow = await open();
      slow.socket.write(announce().slice(0, -2));
      await until(() => front.size === 2);
      await sleep(20);
      ticks(2);
      expect(front.size).toBe(0);
      silent.socket.write(rest('/late'));
      slow.socket.write('\r\n');
      await until(() => silent.received().includes('app:/late:0'));
      await until(() => slow.received().includes('5:peers0:'));
      silent.socket.destroy();
      slow.socket.destroy();
    });

    it('node:http ends a head that never does, by its own limits', async () => {
      front.letGo();
      await close(server);
      await start(undefined, { headersTimeout: 50, connectionsCheckingInterval: 20 });
      const { socket, received, closed } = await open();
      socket.write(announce().slice(0, -2));
      await until(() => front.size === 1);
      await sleep(100);
      expect(received()).toBe('');
      ticks(2);
      await closed;
      expect(received()).toMatch(/^HTTP\/1\.1 408 /);
    });

    it.each([
      [5_000, 5],
      [61_000, 61],
    ])(
      'a keep-alive timeout of %i ms is over one tick later, and not before',
      async (timeout, seconds) => {
        server.keepAliveTimeout = timeout;
        front.tick();
        const { socket, received, closed } = await open();
        socket.write(announce());
        await until(() => received().includes('5:peers0:'));
        ticks(seconds);
        expect(front.size).toBe(1);
        ticks(1);
        await closed;
      },
    );
  });

  describe('closing', () => {
    it('the server does not wait for announcers that are idle', async () => {
      const { socket, received, closed } = await open();
      socket.write(announce());
      await until(() => received().includes('5:peers0:'));
      const done = new Promise((resolve) => server.close(resolve));
      await closed;
      await done;
      await until(() => front.size === 0);
    });

    it('a server that has closed ends what has begun and does not go on', async () => {
      const { socket, closed } = await open();
      socket.write('GET /anno');
      await until(() => front.size === 1);
      server.close();
      ticks(2); // a socket is Node's to end from here on
      if (!isBare) server.closeAllConnections();
      await closed;
      expect(front.size).toBe(0);
    });

    it('closeAllConnections ends them too', async () => {
      const { socket, closed } = await open();
      socket.write('GET /anno');
      await until(() => front.size === 1);
      server.closeAllConnections();
      await closed;
    });

    it('letting go leaves all connections to the server', async () => {
      const { socket, received, closed } = await open();
      socket.write(announce());
      await until(() => received().includes('5:peers0:'));
      front.letGo();
      expect(front.size).toBe(0);
      socket.write(rest('/after'));
      await until(() => received().includes('app:/after:0'));
      expect(await answers(announce(), 1)).toEqual(['node']);
      expect(server.listeners('connection')[0]).toBe(createServer().listeners('connection')[0]);
      socket.destroy();
      await closed;
    });

    it('bears clients that reset their connections at any moment', async () => {
      for (const bytes of [
        '',
        'GET',
        announce(),
        announce() + rest(),
        announce().repeat(200),
        'POST',
      ]) {
        const { socket, closed } = await open();
        socket.write(bytes);
        if (bytes.length > 100) await new Promise((resolve) => setImmediate(resolve));
        socket.resetAndDestroy();
        await closed;
      }
      await until(() => front.size === 0);
      expect(await answers(announce(), 1)).toEqual(['ours']);
    });
  });

  describe('a server that is not as expected', () => {
    it('over TLS is left alone', () => {
      expect(frontConnections(createTlsServer(), partsWith())).toBeNull();
    });

    it('whose connections somebody else handles is left alone', () => {
      const wrapped = createServer();
      const [own] = wrapped.listeners('connection') as ((socket: Socket) => void)[];
      wrapped.removeAllListeners('connection');
      wrapped.on('connection', (socket) => own?.call(wrapped, socket));
      expect(frontConnections(wrapped, partsWith())).toBeNull();
      expect(wrapped.listenerCount('connection')).toBe(1);
    });

    it('with limits that only Node’s own keeps gets its connections unseen', async () => {
      server.maxRequestsPerSocket = 2;
      expect(await answers(announce() + announce(), 2)).toEqual(['node', 'node']);
      server.maxRequestsPerSocket = 0;
      server.timeout = 60_000;
      expect(await answers(announce(), 1)).toEqual(['node']);
      server.timeout = 0;
      server.maxConnections = 10;
      expect(await answers(announce(), 1)).toEqual(['node']);
    });

    it('whose other listeners want to see each connection shows them what comes to the application', async () => {
      const sockets: unknown[] = [];
      server.on('connection', (socket) => sockets.push(socket));
      expect(await answers(announce() + rest(), 2)).toEqual(['ours', 'app:/api:0']);
      expect(sockets).toHaveLength(1);
      expect(await answers(announce(), 1)).toEqual(['ours']);
      expect(sockets).toHaveLength(isBare ? 1 : 2);
    });

    it('serves the sockets that somebody else hands to it', async () => {
      const gateway = createTcpServer((socket) => server.emit('connection', socket));
      gateway.listen(0, '127.0.0.1');
      await once(gateway, 'listening');
      ({ port } = gateway.address() as AddressInfo);
      expect(await answers(announce() + rest(), 2)).toEqual(['ours', 'app:/api:0']);
      gateway.close();
    });

    it('that listens later, and once more, is served as soon as it does', async () => {
      const late = createServer((_, response) => response.end('app:'));
      const itsFront = frontConnections(late, partsWith());
      for (let time = 0; time < 2; time += 1) {
        await listen(late);
        ({ port } = late.address() as AddressInfo);
        const connections = new Promise((resolve) => late.once('connection', resolve));
        expect(await answers(announce(), 1)).toEqual(['ours']);
        expect(await answers(rest(), 1)).toEqual(['app:']);
        await connections;
        await close(late);
      }
      itsFront?.letGo();
    });
  });
});
