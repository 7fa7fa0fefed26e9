import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { testReachability } from '../../../../server/src/seeding/everseed/self-test';
import {
  HANDSHAKE_BYTES,
  writeHandshake,
} from '../../../../server/src/seeding/everseed/wire/handshake';

const OWN = Buffer.from('-SB0100-ownownownown', 'latin1');
const HASH = 'cd'.repeat(20);

let server: Server | null = null;
const sockets = new Set<Socket>();

async function listen(answer: (socket: Socket) => void): Promise<number> {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  const listening = server;
  server = null;
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  if (listening !== null) await new Promise((resolve) => listening.close(resolve));
});

const call = (port: number, infoHash: string | null = HASH) =>
  testReachability({ host: '127.0.0.1', port, infoHash, peerId: OWN }, 300);

test('our own peer id in the answer: reached, and the handshake named the torrent', async () => {
  let heard = Buffer.alloc(0);
  const port = await listen((socket) =>
    socket.on('data', (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length === HANDSHAKE_BYTES) {
        socket.write(writeHandshake(Buffer.from(HASH, 'hex'), OWN));
      }
    }),
  );
  expect(await call(port)).toBe('reached');
  expect(heard.includes(Buffer.from(HASH, 'hex'))).toBe(true);
});

test.each<[string, (socket: Socket) => void]>([
  ['stranger', (socket) => void socket.write(writeHandshake(Buffer.alloc(20), Buffer.alloc(20)))],
  ['stranger', (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n'.repeat(9))],
  ['hung-up', (socket) => void socket.end()],
  ['hung-up', (socket) => void socket.destroy()],
  ['hung-up', (socket) => void setTimeout(() => socket.destroy(), 600)],
])('%s: %s', async (result, answer) => {
  expect(await call(await listen(answer))).toBe(result);
});

test('nobody there', async () => {
  const port = await listen(() => undefined);
  await new Promise((resolve) => server!.close(resolve));
  server = null;
  expect(await call(port, null)).toBe('refused');
  expect(
    await testReachability({ host: '::ffff:0:0', port, infoHash: null, peerId: OWN }, 300),
  ).toMatch(/unreachable|silent|refused/);
});
