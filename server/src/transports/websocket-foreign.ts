/**
 * What Node does to a server that has a listener for `upgrade`: every request with an Upgrade header
 * comes to it, and nobody answers those that it does not want. Before, they were plain requests:
 * RFC 9110 lets a server ignore the header, and `curl --http2` sends it with each one.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

const HOP_BY_HOP = new Set(['upgrade', 'http2-settings']);

/** Hands the connection back to the server, which reads the same request again without the header. */
export function serveWithoutUpgrade(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.unshift(Buffer.concat([Buffer.from(plainHead(request), 'latin1'), head]));
  server.emit('connection', socket);
}

function plainHead({
  method = 'GET',
  url = '/',
  httpVersion,
  rawHeaders,
}: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const key = name.toLowerCase();
    if (HOP_BY_HOP.has(key)) continue;
    lines.push(`${name}: ${key === 'connection' ? withoutUpgrade(value) : value}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function withoutUpgrade(connection: string): string {
  const options = connection.split(',').map((option) => option.trim());
  const kept = options.filter((option) => !HOP_BY_HOP.has(option.toLowerCase()));
  return kept.length === 0 ? 'keep-alive' : kept.join(', ');
}
