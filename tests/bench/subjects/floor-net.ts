/** Floor: a bare TCP server with a constant HTTP answer. Size of the body as the argument. */
import { createServer, type AddressInfo } from 'node:net';
import { announceReady, answerOfSize } from './ready';

const body = answerOfSize(Number(process.argv[2]));
const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n`;
const closing = Buffer.concat([Buffer.from(`${head}Connection: close\r\n\r\n`), body]);
const keeping = Buffer.concat([Buffer.from(`${head}\r\n`), body]);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (request) => {
    if (request.includes('Connection: close')) socket.end(closing);
    else socket.write(keeping);
  });
});
server.listen(0, '127.0.0.1', () => {
  announceReady({ http: (server.address() as AddressInfo).port });
});
