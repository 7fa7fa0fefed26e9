/**
 * The guard in front of `/uploads`, the HTTP half: refuses protected files unless the URL was signed
 * for a reader who may have them, and serves those by exact ranges. Strapi's own route does not know
 * readers, and is wrong about ranges. Who may is asked, not decided here.
 */

import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import type { Context, Middleware, Next } from 'koa';
import { fingerprintOf } from '../metainfo';
import { fileReply, type ServedFile } from './file-reply';
import type { Grant } from './grant';
import { FileTruncatedError } from './hashed-file';
import { createPatience } from './patience';
import { uploadPathOf } from './public-path';
import { BUFFER_SIZE, createReadBuffers } from './read-buffers';
import { sendReply, textReply } from './reply';
import { sendFile, type TransferParts } from './transfer';
import { whenItsTurn } from './turn';

export type UploadAnswer =
  /** Not protected: Strapi's to answer, untouched. */
  { kind: 'open' } | { kind: 'refused'; status: 403 | 503; message: string } | AdmittedUpload;

export interface AdmittedUpload {
  kind: 'admitted';
  /** Absolute. */
  filename: string;
  /** Asked every second while the file is sent. */
  mayStay: () => Promise<boolean>;
}

export interface UploadsGuardDeps {
  /**
   * Called for every GET and HEAD below `uploads`. `null` when the file is not protected.
   * @param path `uploads/<name>`, decoded
   * @param query raw, without the question mark
   */
  resolve(path: string, query: string): UploadAnswer | Promise<UploadAnswer>;
  logger: { error(message: string): void };
  /** Milliseconds that a reader may take for one chunk of 256 KiB; default five minutes. */
  stallTimeout?: number;
}

export interface UploadsGuard {
  /** In front of every other middleware; other URLs cost it one look for a word. */
  guard: Middleware;
  /**
   * Behind Strapi's middlewares, on the route of uploads: its answers carry the headers (CORS, content
   * security policy) that the site gives to uploads.
   */
  serve: Middleware;
}

interface Admitted extends AdmittedUpload {
  range: string | undefined;
}

const STALL_TIMEOUT = 5 * 60_000;
/** Milliseconds between two looks whether the reader still may. */
const RECHECK = 1_000;

export function createUploadsGuard(deps: UploadsGuardDeps): UploadsGuard {
  const parts: TransferParts = {
    buffers: createReadBuffers(),
    patience: createPatience(deps.stallTimeout ?? STALL_TIMEOUT),
    portion: BUFFER_SIZE,
    throttle: () => 0,
  };
  const admitted = new WeakMap<IncomingMessage, Admitted>();

  async function answer(ctx: Context, path: string, next: Next): Promise<void> {
    let found: UploadAnswer;
    try {
      found = await deps.resolve(path, ctx.querystring);
    } catch (error) {
      deps.logger.error(`uploads: ${describe(error)}`);
      found = { kind: 'refused', status: 503, message: 'The site cannot answer now.' };
    }
    if (found.kind === 'open') {
      await next();
      return;
    }
    if (found.kind === 'refused') {
      ctx.respond = false;
      sendReply(ctx.req, ctx.res, textReply(found.status, found.message));
      return;
    }
    admitted.set(ctx.req, { ...found, range: ctx.req.headers.range });
    // Strapi's range middleware would cut our answer once more, and its logger writes the whole URL.
    delete ctx.req.headers.range;
    ctx.querystring = '';
    await next();
  }

  return {
    async guard(ctx, next) {
      const path = pathOf(ctx);
      if (path === null || (ctx.method !== 'GET' && ctx.method !== 'HEAD')) await next();
      else await answer(ctx, path, next);
    },
    async serve(ctx, next) {
      const file = admitted.get(ctx.req);
      const handle = file === undefined ? null : await openFile(file.filename);
      if (file === undefined || handle === null) {
        await next(); // not ours, or gone: Strapi's plain 404
        return;
      }
      if (file.range !== undefined) ctx.req.headers.range = file.range;
      await send(deps, parts, ctx, file, handle);
    },
  };
}

/** `null`: not below `uploads`, or no URL at all, which Strapi refuses by itself. */
function pathOf(ctx: Context): string | null {
  try {
    return uploadPathOf(ctx.path);
  } catch {
    return null;
  }
}

/** `null` when there is no such file. */
async function openFile(filename: string): Promise<FileHandle | null> {
  try {
    return await open(filename, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function send(
  deps: UploadsGuardDeps,
  parts: TransferParts,
  ctx: Context,
  file: Admitted,
  handle: FileHandle,
): Promise<void> {
  const { req, res } = ctx;
  const grant = new WatchedGrant();
  const stopWatching = watchRight(deps, file, grant);
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || !(await isItsTurn(req, res))) return;
    const reply = fileReply(req.method ?? 'GET', req.headers, served(ctx, file, stat));
    ctx.respond = false;
    // Koa calls this for every finished response, and would log each reader that hangs up.
    ctx.onerror = (error: Error | null | undefined) => {
      if (error != null) res.destroy();
    };
    res.once('error', () => res.destroy());
    if (req.method === 'HEAD' || reply.body.length === 0) {
      res.writeHead(reply.status, reply.headers);
      res.end();
    } else {
      await new Promise<void>((resolve, reject) =>
        sendFile(res, handle.fd, reply, grant, parts, (error) =>
          error === null ? resolve() : reject(error),
        ),
      );
    }
  } catch (error) {
    // Cut short by whoever replaced the file: the connection is closed, the reader asks again.
    if (!(error instanceof FileTruncatedError)) throw error;
    res.destroy();
  } finally {
    stopWatching();
    await handle.close();
  }
}

/** Asks every second; one question at a time, however slow the database is. */
function watchRight(
  { logger }: UploadsGuardDeps,
  { mayStay }: Admitted,
  grant: WatchedGrant,
): () => void {
  let isAsking = false;
  const ask = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      if (!(await mayStay())) grant.cut();
    } catch (error) {
      logger.error(`uploads: ${describe(error)}`);
    } finally {
      isAsking = false;
    }
  };
  const timer = setInterval(() => void ask(), RECHECK).unref();
  return () => clearInterval(timer);
}

/** `false` when the reader has gone. */
function isItsTurn(req: IncomingMessage, res: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    if (req.destroyed || res.destroyed) resolve(false);
    else {
      req.once('close', () => resolve(false));
      whenItsTurn(req, res, () => resolve(true));
    }
  });
}

/** Nothing is counted here. */
class WatchedGrant implements Grant {
  isCut = false;
  onCut: (() => void) | null = null;

  cut(): void {
    this.isCut = true;
    this.onCut?.();
  }
  promised(): void {
    /* uploads have no budget */
  }
  sent(): void {
    /* and are no part of what torrents took */
  }
  over(): void {
    /* nor is anything held for them */
  }
}

function served(
  ctx: Context,
  { filename }: Admitted,
  stat: { size: number; mtimeMs: number; mtime: Date },
): ServedFile {
  ctx.type = extname(filename); // as Strapi's static middleware names it
  return {
    size: stat.size,
    etag: `"${fingerprintOf(stat)}"`,
    lastModified: stat.mtime,
    shared: false,
    as: {
      contentType: ctx.response.get('Content-Type') || 'application/octet-stream',
      headers: { 'Cache-Control': 'private, no-store', 'X-Content-Type-Options': 'nosniff' },
    },
  };
}

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
