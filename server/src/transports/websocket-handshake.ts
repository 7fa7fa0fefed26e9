/** The opening of a WebSocket (RFC 6455, 4.2): what the server says to a request for one. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Sixteen bytes in base64. */
const KEY = /^[+/\dA-Za-z]{22}==$/;
const PROTOCOLS = /^[!#$%&'*+.^_`|~\dA-Za-z-]+(\s*,\s*[!#$%&'*+.^_`|~\dA-Za-z-]+)*$/;
const VERSION = '13';
const SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** @returns the head that opens the connection, or `status` and fields of the answer that refuses it */
export function answerHandshake(
  headers: IncomingHttpHeaders,
): { head: string } | { status: string; fields: string } {
  const key = headers['sec-websocket-key'] ?? '';
  if (!KEY.test(key)) return { status: '400 Bad Request', fields: '' };
  if (headers['sec-websocket-version'] !== VERSION) {
    return { status: '426 Upgrade Required', fields: `Sec-WebSocket-Version: ${VERSION}\r\n` };
  }
  const offered = headers['sec-websocket-protocol'];
  if (offered !== undefined && !PROTOCOLS.test(offered)) {
    return { status: '400 Bad Request', fields: '' };
  }
  const accept = createHash('sha1').update(`${key}${SALT}`).digest('base64');
  // Browsers give up when none of those that a page asked for is chosen.
  const protocol = offered === undefined ? '' : `Sec-WebSocket-Protocol: ${firstOf(offered)}\r\n`;
  const head =
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n${protocol}\r\n`;
  return { head };
}

const firstOf = (list: string): string => (list.split(',', 1)[0] ?? '').trim();
