/** Floor: bare `node:http` with a constant answer. Size of the answer as the argument. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { announceReady, answerOfSize } from './ready';

const body = answerOfSize(Number(process.argv[2]));
const headers = { 'Content-Type': 'text/plain', 'Content-Length': body.length };

const server = createServer((_request, response) => {
  response.writeHead(200, headers);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  announceReady({ http: (server.address() as AddressInfo).port });
});
