import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { MemorySwarmStore, TRACKER_DEFAULTS, type SwarmStore } from '../../../server/src/tracker';
import { handClock, seededRandom } from '../../contract/swarm-fixtures';
import { ANNOUNCE } from '../tracker/malformed-announces';
import { decodeDictionary } from '../tracker/strict-bencode';
import { tcpBinding } from '../../../server/src/transports/tcp-handle';
import { exchange, get, startOwnPort, type OwnPort } from './http-servers';

const REQUEST = `GET /announce?${ANNOUNCE} HTTP/1.1\r\nHost: x\r\n\r\n`;

/** Peers of one address that a swarm keeps. */
const PER_ADDRESS = TRACKER_DEFAULTS.maxPeersPerAddress;

it('has Node’s own parts of a connection on this Node', () => {
  expect(tcpBinding()).not.toBeNull();
});

describe.each([
  { wires: 'Node’s own parts of a connection', bareHandles: true },
  { wires: 'net.Socket', bareHandles: false },
])('over $wires', ({ bareHandles }) => {
  let server: OwnPort;
  const log: string[] = [];

  beforeEach(async () => (server = await startOwnPort({ bareHandles, log })));
  afterEach(async () => {
    await server.close();
    expect(log).toEqual([]);
  });

  /** A client whose bytes are collected. */
  async function open(): Promise<{
    socket: Socket;
    received: () => string;
    closed: Promise<unknown>;
  }> {
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return { socket, received: () => text, closed };
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  const ticks = (count: number): void => {
    for (let i = 0; i < count; i += 1) server.tick();
  };

  describe('one connection', () => {
    it('is used for one request after the other', async () => {
      const { socket, received } = await open();
      for (let i = 1; i <= 3; i += 1) {
        socket.write(REQUEST);
        await until(
          () => received().split('HTTP/1.1 200 OK').length === i + 1 && received().endsWith('e'),
        );
      }
      expect(received()).not.toContain('Connection:');
      expect(received()).toContain('Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n');
      socket.destroy();
    });

    it('takes a request byte by byte', async () => {
      const { socket, received, closed } = await open();
      for (const byte of REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')) {
        socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await closed;
      expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*5:peers0:e$/);
    });

    it('stays open for HTTP/1.0 when it is asked to, and says so', async () => {
      const request = `GET /announce?${ANNOUNCE} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`;
      const responses = await exchange(server, request.repeat(2), { count: 2 });
      for (const { headers } of responses) expect(headers['connection']).toBe('keep-alive');
    });

    it('ends after a request that says so, whatever was sent behind it', async () => {
      const last = REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
      const responses = await exchange(server, REQUEST + last + REQUEST, { count: 9 });
      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
    });

    it('ends after a request that cannot be read, when those before it are answered', async () => {
      const responses = await exchange(server, `${REQUEST}${REQUEST}\0\r\n${REQUEST}`, {
        count: 9,
      });
      expect(responses.map(({ status }) => status)).toEqual([200, 200, 400]);
    });

    it.each([
      ['a body', `${REQUEST.replace('\r\n\r\n', '\r\nContent-Length: 3\r\n\r\n')}abc`, 413],
      ['a URL of somebody else', 'GET /api/articles HTTP/1.1\r\nHost: x\r\n\r\n', 404],
      ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', 404],
      ['an authority', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ])('ends after %s', async (_, request, status) => {
      const responses = await exchange(server, request + REQUEST, { count: 9 });
      expect(responses.map((response) => response.status)).toEqual([status]);
      expect(responses[0]!.headers['connection']).toBe('close');
    });

    it('answers a client that has closed its half already', async () => {
      const { socket, received, closed } = await open();
      socket.end(REQUEST.repeat(3));
      await closed;
      expect(received().split('5:peers')).toHaveLength(4);
    });

    it('answers all of them even so when it takes its answers late', async () => {
      const { socket, received, closed } = await open();
      socket.pause();
      socket.end(REQUEST.repeat(5000));
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.resume();
      await closed;
      expect(received().split('5:peers')).toHaveLength(5001);
    });

    it('answers thousands of requests in their order to a client that reads late', async () => {
      const { socket, received } = await open();
      socket.pause();
      const count = 5000;
      for (let n = 0; n < count; n += 1) {
        socket.write(REQUEST.replace('6881', String(20_000 + (n % 50))));
      }
      const last = REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n').replace('a&', 'b&');
      socket.write(last);
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.resume();
      await once(socket, 'close');
      const incomplete = [...received().matchAll(/10:incompletei(\d+)e/g)].map(([, n]) =>
        Number(n),
      );
      const expected = Array.from({ length: count }, (_, n) => Math.min(n + 1, PER_ADDRESS));
      expect(incomplete).toEqual([...expected, 1]);
    });
  });

  describe('time', () => {
    it('runs out for a connection that says nothing', async () => {
      const { closed, received } = await open();
      await until(() => server.size === 1);
      ticks(10);
      await closed;
      expect(received()).toBe('');
    });

    it('runs out for a request that does not end, however slowly it goes on', async () => {
      const { socket, closed, received } = await open();
      for (let i = 0; i < 10; i += 1) {
        socket.write(i === 0 ? REQUEST.slice(0, -2) : 'A: b\r\n');
        await new Promise((resolve) => setTimeout(resolve, 10));
        ticks(1);
      }
      await closed;
      expect(received()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    });

    it('begins anew with each answer', async () => {
      const { socket, closed, received } = await open();
      for (let i = 1; i <= 3; i += 1) {
        socket.write(REQUEST);
        await until(() => received().split('5:peers0:e').length === i + 1);
        ticks(9);
      }
      expect(server.size).toBe(1);
      ticks(1);
      await closed;
    });

    it('runs out for a refused client that goes on sending', async () => {
      const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined).on('data', () => undefined);
      socket.write('\0');
      await once(socket, 'end');
      socket.write('more');
      expect(server.size).toBe(1);
      ticks(2);
      await until(() => server.size === 0);
      socket.destroy();
    });

    it('runs out for a client that takes no answers', async () => {
      const { socket } = await open();
      socket.pause();
      const announces = Array.from({ length: 60 }, (_, n) =>
        REQUEST.replace('6881', String(20_000 + n)),
      ).join('');
      // More than both kernels buffer.
      for (let i = 0; i < 400; i += 1) socket.write(announces);
      await new Promise((resolve) => setTimeout(resolve, 300));
      ticks(10);
      await until(() => server.size === 0);
      socket.destroy();
    });
  });

  describe('the port', () => {
    it('lets the oldest connection go when there are too many', async () => {
      await server.close();
      server = await startOwnPort({ bareHandles, log, maxConnections: 3 });
      const first = await open();
      await until(() => server.size === 1);
      const others = [await open(), await open(), await open()];
      await first.closed;
      const { body } = await get(server, `/announce?${ANNOUNCE}`);
      expect(decodeDictionary(body)).toHaveProperty('interval');
      expect(server.size).toBeLessThanOrEqual(3);
      for (const { socket } of others) socket.destroy();
    });

    it('bears clients that reset their connections at any moment', async () => {
      for (const bytes of ['', 'GET', REQUEST, REQUEST.repeat(200)]) {
        const { socket, closed } = await open();
        socket.write(bytes);
        socket.resetAndDestroy();
        await closed;
      }
      await until(() => server.size === 0);
      expect((await get(server, `/announce?${ANNOUNCE}`)).status).toBe(200);
    });

    it('is let go at stop, with all connections, and can be opened again', async () => {
      const { closed } = await open();
      const { port } = server;
      await server.close();
      await closed;
      await expect(get({ port }, '/')).rejects.toThrow('ECONNREFUSED');
      await server.close();
    });

    it('cannot be opened twice', async () => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const { port } = other.address() as { port: number };
      await expect(startOwnPort({ bareHandles, port })).rejects.toMatchObject({
        code: 'EADDRINUSE',
      });
      other.close();
    });

    it('is reached over IPv4 and IPv6 when no address is named', async () => {
      await server.close();
      server = await startOwnPort({ bareHandles, host: undefined });
      const over = async (from: string, to: string) =>
        decodeDictionary((await get(server, `/announce?${ANNOUNCE}`, { from, to })).body);
      expect(await over('127.0.0.1', '127.0.0.1')).toMatchObject({ 'external ip': '\x7f\0\0\x01' });
      expect(await over('::1', '::1')).toMatchObject({
        'external ip': `${'\0'.repeat(15)}\x01`,
        peers: '\x7f\0\0\x01\x1a\xe1',
      });
    });
  });

  describe('with a store that answers later', () => {
    it('answers pipelined requests in their order, and none to who went away', async () => {
      await server.close();
      const memory = new MemorySwarmStore({
        clock: handClock(),
        random: seededRandom(1),
        limits: TRACKER_DEFAULTS,
      });
      let delay = 20;
      const store: SwarmStore = Object.create(memory, {
        announce: {
          value: async (update: Parameters<SwarmStore['announce']>[0]) => {
            const answer = { ...memory.announce(update) };
            await new Promise((resolve) => setTimeout(resolve, (delay /= 2)));
            return answer;
          },
        },
      }) as SwarmStore;
      server = await startOwnPort({ bareHandles, store, log });
      const request = (port: number): string => REQUEST.replace('6881', String(port));
      const requests = [1, 2, 3, 4].map((n) => request(20_000 + n)).join('');
      const responses = await exchange(server, requests, { count: 4 });
      expect(responses.map(({ body }) => decodeDictionary(body)['incomplete'])).toEqual([
        1, 2, 3, 4,
      ]);

      const { socket, closed } = await open();
      socket.write(requests);
      await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
      await closed;
      await until(() => server.size === 0);
      const { socket: half, received, closed: ended } = await open();
      half.end(requests);
      await ended;
      expect(received().split('5:peers')).toHaveLength(5);
    });
  });
});
