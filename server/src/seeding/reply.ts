/** What the web seed answers when it is not a file. */

import type { IncomingMessage, ServerResponse } from 'node:http';

export type ReplyHeaders = Record<string, string | number>;

export interface Reply<Part = Buffer> {
  status: number;
  headers: ReplyHeaders;
  /** Sent in this order; left out for HEAD. */
  body: Part[];
}

/**
 * In every reply, or a page could not even see why it was refused. `Cache-Control` must be allowed,
 * because webtorrent sends it; `Range` alone was not enough.
 */
export const CORS_HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Content-Range, Content-Length, Accept-Ranges, ETag',
};

const ALLOWED_METHODS = 'GET, HEAD, OPTIONS';

/** Browsers were seen to ask before every GET, in spite of Max-Age. */
export const PREFLIGHT: Reply = {
  status: 204,
  headers: {
    ...CORS_HEADERS,
    'Access-Control-Allow-Methods': ALLOWED_METHODS,
    'Access-Control-Allow-Headers': 'Range, Cache-Control, User-Agent',
    'Access-Control-Max-Age': 86400,
    Allow: ALLOWED_METHODS,
  },
  body: [],
};

/** Seconds. libtorrent drops a web seed for good on other errors, but waits and retries on a 503. */
const RETRY_AFTER = 30;

/** An error in plain words, never to be kept by a cache. */
export function textReply(status: number, message: string, headers: ReplyHeaders = {}): Reply {
  const text = Buffer.from(`${message}\n`);
  return {
    status,
    headers: {
      ...CORS_HEADERS,
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': text.length,
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
      // An upload that nobody reads would otherwise have to be swallowed to keep the connection.
      ...(status === 405 ? { Allow: ALLOWED_METHODS, Connection: 'close' } : {}),
      ...(status === 503 ? { 'Retry-After': RETRY_AFTER } : {}),
      ...headers,
    },
    body: [text],
  };
}

/** The URL is short-lived: nobody may keep the answer. */
export const redirectReply = (url: string): Reply => ({
  status: 302,
  headers: { ...CORS_HEADERS, Location: url, 'Content-Length': 0, 'Cache-Control': 'no-store' },
  body: [],
});

export function sendReply(req: IncomingMessage, res: ServerResponse, reply: Reply): void {
  res.writeHead(reply.status, reply.headers);
  if (req.method === 'HEAD' || reply.body.length === 0) res.end();
  else res.end(Buffer.concat(reply.body));
}
