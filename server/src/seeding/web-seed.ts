/** BEP 19 web seed, the HTTP half. Who may read, and what file backs a path, is asked, not decided here. */

import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Middleware } from 'koa';
import { bodyLength, fileReply } from './file-reply';
import { FileTruncatedError, openHashedFile, readBody, type HashedFile } from './hashed-file';
import { PREFLIGHT, redirectReply, textReply, type Reply } from './reply';
import { sendBody, sendReply, turnToSend } from './transfer';
import { parseWebSeedPath, pathBelow, type WebSeedRequest } from './web-seed-path';
import type { WEB_SEED_PATH } from './web-seed-url';

export type { WebSeedRequest };

export type WebSeedAnswer =
  | FileAnswer
  /** A remote provider's short-lived URL. */
  | { kind: 'redirect'; url: string }
  | { kind: 'refused'; status: 403 | 404 | 503; message: string };

export interface FileAnswer extends HashedFile {
  kind: 'file';
  /** Strong entity-tag with its quotes: `"…"`. */
  etag: string;
  lastModified: Date;
  /** True when the Public role may have it: a shared cache may then keep it. */
  shared: boolean;
  /** Aborted on revocation: cuts the transfer. */
  signal?: AbortSignal;
  /** Called once when the answer is over, however it ended. */
  release?: () => void;
}

export interface WebSeedLogger {
  warn(message: string): void;
  error(message: string): void;
}

export interface WebSeedDeps {
  basePath: typeof WEB_SEED_PATH;
  /** Called for every GET and HEAD: must be cheap. */
  resolve(request: WebSeedRequest): WebSeedAnswer | Promise<WebSeedAnswer>;
  /** The bytes on disk are no longer the hashed ones, or gone. */
  onChanged(infoHash: string, filename: string): void;
  logger: WebSeedLogger;
  /** Milliseconds that a reader may take for one chunk of 256 KiB; default five minutes. */
  stallTimeout?: number;
}

/** Under 1 KiB/s nobody downloads: the reader is stuck, and keeps a file open. */
const STALL_TIMEOUT = 5 * 60_000;

const UNAVAILABLE = textReply(503, 'The web seed cannot answer now.');
const CHANGED = textReply(404, 'The file is no longer the one that this torrent was made of.');
const WITHDRAWN = textReply(403, 'Access was withdrawn.');

/**
 * Belongs in front of every other middleware; every other URL costs it one comparison of a prefix.
 * It answers below Koa (`ctx.respond = false`) and lets no exception out.
 */
export function createWebSeedMiddleware(deps: WebSeedDeps): Middleware {
  return (ctx, next) => {
    const below = pathBelow(deps.basePath, ctx.req.url ?? '');
    if (below === undefined) return next();
    ctx.respond = false;
    // Koa calls this for every finished response, and would log each reader that hangs up.
    ctx.onerror = (error: Error | null | undefined) => {
      if (error != null) ctx.res.destroy();
    };
    return answer(deps, below, ctx.req, ctx.res);
  };
}

async function answer(
  deps: WebSeedDeps,
  below: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  // A write that meets a closed connection: the reader has left, which 'close' tells as well.
  res.once('error', () => res.destroy());
  try {
    const request = readRequest(req.method, below);
    if ('status' in request) sendReply(req, res, request);
    else if (await turnToSend(req, res)) await answerRequest(deps, request, req, res);
  } catch (error) {
    deps.logger.error(`web seed: ${describe(error)}`);
    if (res.headersSent) res.destroy();
    else sendReply(req, res, UNAVAILABLE);
  }
}

/** What is asked, or the reply when nothing needs to be looked up for it. */
function readRequest(method: string | undefined, below: string): WebSeedRequest | Reply {
  if (method === 'OPTIONS') return PREFLIGHT;
  if (method !== 'GET' && method !== 'HEAD') return textReply(405, 'A web seed can only be read.');
  const parsed = parseWebSeedPath(below);
  switch (parsed.kind) {
    case 'request':
      return parsed.request;
    case 'malformed':
      return textReply(400, 'Malformed path.');
    case 'unknown':
      return textReply(404, 'No such file.');
  }
}

async function answerRequest(
  deps: WebSeedDeps,
  request: WebSeedRequest,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const found = await deps.resolve(request);
  switch (found.kind) {
    case 'refused':
      sendReply(req, res, textReply(found.status, found.message));
      return;
    case 'redirect':
      sendReply(req, res, redirectReply(found.url));
      return;
    case 'file':
      try {
        await answerFile(deps, request.infoHash, found, req, res);
      } finally {
        found.release?.();
      }
  }
}

async function answerFile(
  deps: WebSeedDeps,
  infoHash: string,
  file: FileAnswer,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const opened = await openHashedFile(file);
  switch (opened.kind) {
    case 'changed':
      deps.onChanged(infoHash, file.filename);
      sendReply(req, res, CHANGED);
      return;
    case 'unreadable':
      deps.logger.warn(`web seed: ${file.filename}: ${describe(opened.error)}`);
      sendReply(req, res, UNAVAILABLE);
      return;
    case 'open':
      break;
  }
  try {
    if (file.signal?.aborted === true) sendReply(req, res, WITHDRAWN);
    else await sendFile(deps, file, opened.handle, req, res);
  } catch (error) {
    if (!(error instanceof FileTruncatedError)) throw error;
    deps.onChanged(infoHash, file.filename);
  } finally {
    await opened.handle.close();
  }
}

async function sendFile(
  deps: WebSeedDeps,
  file: FileAnswer,
  handle: FileHandle,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const reply = fileReply(req.method ?? 'GET', req.headers, file);
  res.writeHead(reply.status, reply.headers);
  if (req.method === 'HEAD' || reply.body.length === 0) {
    res.end();
    return;
  }
  await sendBody(res, readBody(handle, reply.body), bodyLength(reply.body), {
    signal: file.signal,
    stallTimeout: deps.stallTimeout ?? STALL_TIMEOUT,
  });
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
