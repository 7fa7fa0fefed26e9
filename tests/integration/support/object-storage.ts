/** Object storage on loopback: keeps what is put, serves ranges, and knows private and down. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ObjectStorage {
  url: string;
  /** Refuses URLs without a signature. */
  isPrivate: boolean;
  /** Answers 503 to everything. */
  isDown: boolean;
  requests: string[];
  /** `Range` of each request for bytes, refused ones included. */
  ranges: string[];
  /** Signed URLs that have been used so far work no more. */
  expire(): void;
  stop(): Promise<void>;
}

export async function startObjectStorage(): Promise<ObjectStorage> {
  const objects = new Map<string, { bytes: Buffer; version: number }>();
  let versions = 0;
  let lastUsed = 0;
  let lastExpired = 0;

  const server = createServer((req, res) => void answer(req, res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const storage: ObjectStorage = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isPrivate: false,
    isDown: false,
    requests: [],
    ranges: [],
    expire() {
      lastExpired = lastUsed;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '', storage.url);
    const body = await bodyOf(req);
    storage.requests.push(`${req.method ?? ''} ${url.pathname}`);
    if (storage.isDown) return void res.writeHead(503).end();
    if (req.method === 'PUT') {
      versions += 1;
      objects.set(url.pathname, { bytes: body, version: versions });
      return void res.writeHead(200).end();
    }
    if (req.method === 'DELETE') {
      objects.delete(url.pathname);
      return void res.writeHead(204).end();
    }
    storage.ranges.push(req.headers.range ?? '');
    if (storage.isPrivate && !isSigned(url.searchParams)) return void res.writeHead(403).end();
    const object = objects.get(url.pathname);
    if (object === undefined) return void res.writeHead(404).end();
    send(req, res, object.bytes, `"v${object.version}"`);
  }

  function isSigned(query: URLSearchParams): boolean {
    const number = Number(query.get('n'));
    lastUsed = Math.max(lastUsed, number);
    return query.get('signature') === 'good' && number > lastExpired;
  }

  return storage;
}

function send(req: IncomingMessage, res: ServerResponse, bytes: Buffer, etag: string): void {
  const range = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? '');
  if (range === null) {
    res.writeHead(200, { etag, 'content-length': bytes.length }).end(bytes);
    return;
  }
  const start = Number(range[1]);
  const end = Math.min(range[2] === '' ? Infinity : Number(range[2]), bytes.length - 1);
  if (start > end) {
    res.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const part = bytes.subarray(start, end + 1);
  const contentRange = `bytes ${start}-${end}/${bytes.length}`;
  const headers = { etag, 'content-range': contentRange, 'content-length': part.length };
  res.writeHead(206, headers).end(part);
}

async function bodyOf(req: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
