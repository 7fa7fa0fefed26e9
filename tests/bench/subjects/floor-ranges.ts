/**
 * Floor: a bare `node:http` server of byte ranges, as one would write it for a file that never changes:
 * opened once, one read and one answer per request. It asks nobody, and knows no other header.
 */
import { openSync, read, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { announceReady } from './ready';

const [folder = ''] = process.argv.slice(2);
const opened = new Map<string, { fd: number; size: number }>();

function fileOf(path: string): { fd: number; size: number } {
  const name = basename(path);
  const known = opened.get(name);
  if (known !== undefined) return known;
  const file = join(folder, 'uploads', name);
  const entry = { fd: openSync(file, 'r'), size: statSync(file).size };
  opened.set(name, entry);
  return entry;
}

const server = createServer((request, response) => {
  const { fd, size } = fileOf(request.url ?? '');
  const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  const buffer = Buffer.allocUnsafe(end - start + 1);
  read(fd, buffer, 0, buffer.length, start, (error) => {
    if (error !== null) throw error;
    response.writeHead(206, {
      'Content-Type': 'application/octet-stream',
      'Content-Range': `bytes ${start}-${end}/${size}`,
      'Content-Length': buffer.length,
    });
    response.end(buffer);
  });
});
server.listen(0, '127.0.0.1', () => {
  announceReady({ http: (server.address() as AddressInfo).port });
});
