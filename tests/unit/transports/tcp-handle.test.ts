import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { handleOf, takeArrivals, tcpBinding } from '../../../server/src/transports/tcp-handle';

describe('the handle of a socket', () => {
  let theirs: Socket;
  let ours: Socket;
  const server = createServer();
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(async () => {
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [ours] = await accepted;
  });
  afterEach(() => {
    theirs.destroy();
    ours.destroy();
  });
  afterAll(() => void server.close());

  it('is used where it is as known', () => {
    expect(tcpBinding()).not.toBeNull();
    expect(handleOf(ours)).not.toBeNull();
  });

  it('is not, when there is TLS in between', () => {
    const encrypted = new TLSSocket(ours, { isServer: true });
    encrypted.on('error', () => undefined);
    expect(handleOf(encrypted)).toBeNull();
    encrypted.destroy();
  });

  it('is not, when something read waits in the socket, or when it is gone', async () => {
    theirs.write('x');
    await once(ours, 'readable');
    expect(handleOf(ours)).toBeNull();
    ours.destroy();
    expect(handleOf(ours)).toBeNull();
  });
});

describe('the connections of a server', () => {
  it('stay the server’s in a worker of node:cluster, whose handle is none of Node’s', () => {
    const onconnection = (): void => undefined;
    const server = Object.assign(createServer(), { _handle: { onconnection, close() {} } });
    expect(takeArrivals(server, () => undefined)).toBeNull();
    expect(server._handle.onconnection).toBe(onconnection);
  });

  it('stay the server’s when it does not listen', () => {
    expect(takeArrivals(createServer(), () => undefined)).toBeNull();
  });
});
