/** Floor: a bare Koa application with a constant answer. Size of the answer as the argument. */
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { announceReady, answerOfSize } from './ready';

const body = answerOfSize(Number(process.argv[2]));
const app = new Koa();
app.use((context) => {
  context.type = 'text/plain';
  context.body = body;
});
const server = app.listen(0, '127.0.0.1', () => {
  announceReady({ http: (server.address() as AddressInfo).port });
});
