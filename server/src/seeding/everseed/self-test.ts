/** Calls the everseed as a stranger on the internet would, and says what he meets. */

import { connect, type Socket } from 'node:net';
import type { EverseedReach } from '../../../../shared/admin-api';
import { HANDSHAKE_BYTES, readHandshake, writeHandshake } from './wire/handshake';

export interface SelfTestTarget {
  host: string;
  port: number;
  /** 40 hex digits of a torrent that everybody may have, if there is one. */
  infoHash: string | null;
  /** The everseed's, 20 bytes. */
  peerId: Buffer;
}

const PATIENCE_MS = 5_000;
const CALLER_ID = Buffer.from('-SB0100-selftest0000', 'latin1');
const NO_TORRENT = '00'.repeat(20);
const REFUSED = 'ECONNREFUSED';

/** Never rejects. */
export function testReachability(
  { host, port, infoHash, peerId }: SelfTestTarget,
  patience = PATIENCE_MS,
): Promise<EverseedReach> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    let connected = false;
    const end = (result: EverseedReach): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => end(connected ? 'hung-up' : 'silent'), patience);
    socket.once('connect', () => {
      connected = true;
      greet(socket, infoHash ?? NO_TORRENT);
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < HANDSHAKE_BYTES) return;
      const peer = readHandshake(received.subarray(0, HANDSHAKE_BYTES));
      end(peer?.peerId.equals(peerId) === true ? 'reached' : 'stranger');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (connected) end('hung-up');
      else end(error.code === REFUSED ? 'refused' : 'unreachable');
    });
    socket.once('close', () => end('hung-up'));
  });
}

function greet(socket: Socket, infoHash: string): void {
  socket.write(writeHandshake(Buffer.from(infoHash, 'hex'), CALLER_ID));
}
