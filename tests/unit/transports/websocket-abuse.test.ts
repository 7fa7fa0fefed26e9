/** Clients that break the rules, on raw sockets: each costs its own connection, and nobody else's. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { tcpBinding } from '../../../server/src/transports/tcp-handle';
import { hashNumber } from '../../contract/swarm-fixtures';
import { id20 } from '../tracker/signalling/browsers';
import { clientFrame, OPCODES, statusBytes } from './client-frames';
import { nextMessage, startWebSocketSite, until, type WebSocketSite } from './web-socket-site';

const HASH = hashNumber(1);
const ANNOUNCE = JSON.stringify({
  action: 'announce',
  info_hash: HASH,
  peer_id: id20(1),
  left: 5,
});
const { close, continuation, ping } = OPCODES;

describe.each([
  { wires: 'Node’s own parts of a connection', binding: tcpBinding() },
  { wires: 'net.Socket', binding: null },
])('over $wires', ({ binding }) => {
  let site: WebSocketSite;
  const sockets: Socket[] = [];
  /** The server's halves. */
  const accepted: Socket[] = [];
  beforeEach(async () => {
    site = await startWebSocketSite(undefined, { binding });
    accepted.length = 0;
    site.server.on('connection', (socket) => accepted.push(socket));
  });
  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    await site.stop();
    expect(site.faults).toEqual([]);
  });

  interface RawClient {
    socket: Socket;
    /** All that came behind the head of the answer. */
    received: () => Buffer;
  }

  const HANDSHAKE =
    'GET /announce HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

  async function open(first: Buffer = Buffer.alloc(0)): Promise<RawClient> {
    const socket = connect({ port: site.port, host: '127.0.0.1', allowHalfOpen: true });
    sockets.push(socket);
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])));
    socket.on('error', () => undefined);
    socket.write(Buffer.concat([Buffer.from(HANDSHAKE), first]));
    await until(() => bytes.includes('\r\n\r\n'));
    const head = bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n') + 4);
    // The example of RFC 6455, 1.3.
    expect(head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n');
    return { socket, received: () => bytes.subarray(head.length) };
  }

  const goodbye = (status: number): Buffer =>
    Buffer.concat([Buffer.from([0x88, 2]), statusBytes(status)]);

  it.each<[string, Buffer, number, string]>([
    ['not masked', clientFrame('{}', { mask: null }), 1002, 'websocket-malformed'],
    ['a reserved bit', clientFrame('{}', { reserved: 4 }), 1002, 'websocket-malformed'],
    ['a long ping', clientFrame('x'.repeat(126), { opcode: ping }), 1002, 'websocket-malformed'],
    ['2^63 bytes', clientFrame('', { claimed: 2n ** 63n }), 1009, 'websocket-too-large'],
    ['no UTF-8', clientFrame(Buffer.from('22ff22', 'hex')), 1007, 'websocket-malformed'],
  ])('%s: is told so, and is gone', async (_, bytes, status, drop) => {
    const good = await site.connect();
    good.send(ANNOUNCE);
    await nextMessage(good);
    const { socket, received } = await open();
    const end = once(socket, 'end');
    socket.write(Buffer.concat([bytes, clientFrame(ANNOUNCE)]));
    await until(() => received().length > 0);
    expect(received()).toEqual(goodbye(status));
    expect(site.drops).toEqual([drop]);
    expect(site.signalling.totals()).toMatchObject({ connections: 1, peers: 1 });
    // Who says goodbye as well, or breaks the rules of the frames, sees the end at once.
    socket.write(clientFrame(statusBytes(status), { opcode: close }));
    await end;
    good.send(ANNOUNCE);
    expect(await nextMessage(good)).toMatchObject({ incomplete: 1 });
  });

  it('parts without an end are cut off at the size of a message', async () => {
    const { socket, received } = await open();
    const part = clientFrame('x'.repeat(10_000), { opcode: continuation, isFinal: false });
    socket.write(clientFrame('x', { isFinal: false }));
    for (let i = 0; i < 20; i += 1) socket.write(part);
    await until(() => received().length > 0);
    expect(received()).toEqual(goodbye(1009));
  });

  it('frames that come with the handshake are read', async () => {
    const { received } = await open(clientFrame(ANNOUNCE));
    await until(() => received().includes('"incomplete":1'));
  });

  it('a message that comes byte by byte is answered', async () => {
    const { socket, received } = await open();
    socket.setNoDelay(true);
    for (const byte of clientFrame(ANNOUNCE)) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => received().includes('"incomplete":1'));
  });

  it('a ping is answered with what it holds', async () => {
    const { socket, received } = await open();
    socket.write(clientFrame('', { opcode: ping }));
    socket.write(clientFrame('x'.repeat(125), { opcode: ping }));
    const pongs = [Buffer.from([0x8a, 0]), Buffer.from([0x8a, 125]), Buffer.from('x'.repeat(125))];
    await until(() => received().length >= 129);
    expect(received()).toEqual(Buffer.concat(pongs));
  });

  it('pings of one that does not read are answered until he is cut off', async () => {
    const { socket } = await open();
    socket.pause();
    const pings = Buffer.concat(
      Array.from({ length: 500 }, () => clientFrame('x'.repeat(125), { opcode: ping })),
    );
    for (let i = 0; i < 2000 && site.signalling.totals().connections > 0; i += 1) {
      if (!socket.write(pings)) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until(() => site.signalling.totals().connections === 0);
    expect(site.drops).toEqual(['websocket-backlog']);
  });

  it('a goodbye is answered with the same number, and with the end', async () => {
    const { socket, received } = await open();
    const end = once(socket, 'end');
    socket.write(clientFrame(ANNOUNCE));
    socket.write(clientFrame(statusBytes(4000, 'enough'), { opcode: close }));
    await end;
    expect(received().toString('latin1')).toContain('"incomplete":1');
    expect(received().subarray(-4)).toEqual(goodbye(4000));
    expect(site.drops).toEqual([]);
    await until(() => site.signalling.totals().connections === 0);
  });

  it('who just goes leaves every swarm, be it half of the way', async () => {
    const { socket } = await open(clientFrame(ANNOUNCE));
    await until(() => site.signalling.totals().peers === 1);
    socket.end();
    await until(() => site.signalling.totals().connections === 0);
    await until(() => socket.destroyed || socket.readableEnded);
  });

  describe('who is silent', () => {
    const beats = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        jest.advanceTimersByTime(1000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    beforeEach(() => {
      jest.useFakeTimers({
        doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask', 'Date', 'performance'],
      });
    });
    afterEach(() => void jest.useRealTimers());

    const settled = async (condition: () => boolean): Promise<void> => {
      for (let i = 0; i < 10_000 && !condition(); i += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(condition()).toBe(true);
    };
    async function openSilent(bytes: Buffer): Promise<Socket> {
      const socket = connect({ port: site.port, host: '127.0.0.1', allowHalfOpen: true });
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.resume();
      socket.write(Buffer.concat([Buffer.from(HANDSHAKE), bytes]));
      await settled(() => site.signalling.totals().connections === 1);
      return socket;
    }

    it('within a frame is given up', async () => {
      site.door.start();
      const socket = await openSilent(clientFrame(ANNOUNCE).subarray(0, 50));
      await beats(100);
      await settled(() => site.signalling.totals().connections === 0 && socket.readableEnded);
    });

    it('after our goodbye is given up', async () => {
      const socket = await openSilent(clientFrame(ANNOUNCE));
      await settled(() => site.signalling.totals().peers === 1);
      site.signalling.stop();
      expect(site.signalling.totals().connections).toBe(0);
      await beats(9);
      expect(socket.readableEnded).toBe(false);
      await beats(2);
      await settled(() => socket.readableEnded);
    });
  });

  it('a server that destroys its sockets ends it', async () => {
    const client = await open(clientFrame(ANNOUNCE));
    await until(() => site.signalling.totals().peers === 1);
    const end = once(client.socket, 'close');
    client.socket.end();
    for (const socket of accepted) socket.destroy();
    await until(() => site.signalling.totals().connections === 0);
    await end;
  });
});
