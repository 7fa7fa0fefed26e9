/** The wire over a connection that is a socket already, and from now on ours alone. */
import type { Socket } from 'node:net';
import { HandleWire } from './handle-wire';
import { SocketWire } from './socket-wire';
import { handleOf, type TcpBinding } from './tcp-handle';
import type { Wire, WireReader } from './wire';

/**
 * Over its bare handle, where that may be: the socket stays for those who count it or close it.
 * @param binding `null`: always over the socket
 */
export function adoptSocket(socket: Socket, reader: WireReader, binding: TcpBinding | null): Wire {
  const handle = binding === null ? null : handleOf(socket);
  if (binding !== null && handle !== null) return new HandleWire(handle, binding, reader, socket);
  const wire = new SocketWire(socket, reader);
  wire.expectMore();
  return wire;
}
