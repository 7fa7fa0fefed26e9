/**
 * Floor: bare `dgram`. Answers with a constant of the size of our announce reply (or connect reply)
 * into which the transaction id is copied.
 */
import { createSocket } from 'node:dgram';
import { announceReady } from './ready';

const CONNECT_BYTES = 16;
const size = Number(process.argv[2]);

const connect = Buffer.alloc(CONNECT_BYTES);
const announce = Buffer.alloc(size, 7);
announce.writeUInt32BE(1, 0);
announce.writeUInt32BE(1800, 8);

const socket = createSocket('udp4');
socket.on('message', (request, { port, address }) => {
  if (request.length === CONNECT_BYTES) {
    request.copy(connect, 4, 12, 16);
    socket.send(connect, port, address);
  } else {
    // The one buffer again: Node sends at once where the kernel has room, as on loopback.
    request.copy(announce, 4, 12, 16);
    socket.send(announce, port, address);
  }
});
socket.bind(0, '127.0.0.1', () => announceReady({ udp: socket.address().port }));
