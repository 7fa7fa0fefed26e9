/** BEP 19 web seed, the HTTP half. Who may read, and what file backs a path, is asked, not decided here. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyLength, fileReply } from './file-reply';
import type { Grant } from './grant';
import { FileTruncatedError, type HashedFile } from './hashed-file';
import {
  createOpenFiles,
  type OpenFile,
  type OpenFilesOptions,
  type TakenFile,
} from './open-files';
import { createPatience } from './patience';
import { BUFFER_SIZE, createReadBuffers } from './read-buffers';
import { PREFLIGHT, redirectReply, sendReply, textReply, type Reply } from './reply';
import { sendFile, type TransferParts } from './transfer';
import { whenItsTurn } from './turn';
import { createUploadRate } from './everseed/upload-rate';
import { parseWebSeedPath, pathBelow, type WebSeedRequest } from './web-seed-path';
import type { WEB_SEED_PATH } from './web-seed-url';

export type { WebSeedRequest };

export type WebSeedAnswer =
  | FileAnswer
  /** A remote provider's short-lived URL. */
  | { kind: 'redirect'; url: string }
  | WebSeedRefusal;

export interface WebSeedRefusal {
  kind: 'refused';
  status: 403 | 404 | 429 | 503;
  message: string;
  /** Seconds after which it may be tried again. */
  retryAfter?: number;
}

export interface FileAnswer extends HashedFile {
  kind: 'file';
  /** Strong entity-tag with its quotes: `"…"`. */
  etag: string;
  lastModified: Date;
  /** True when the Public role may have it: a shared cache may then keep it. */
  shared: boolean;
  grant?: Grant;
}

/** What one network may take. */
export interface WebSeedLimits {
  /** Whether it may ask now; called for each request, before anything is looked up for it. */
  admits(request: IncomingMessage): boolean;
  /** Takes a place among the transfers of its network. @returns what gives it back; `null`: there is none */
  enter(request: IncomingMessage): (() => void) | null;
}

export interface WebSeedLogger {
  warn(message: string): void;
  error(message: string): void;
}

export interface WebSeedDeps {
  basePath: typeof WEB_SEED_PATH;
  /** Called for every GET and HEAD. Answers at once whenever it can. */
  resolve(request: WebSeedRequest): WebSeedAnswer | Promise<WebSeedAnswer>;
  /** The bytes on disk are no longer the hashed ones, or gone. */
  onChanged(infoHash: string, filename: string): void;
  logger: WebSeedLogger;
  /** Milliseconds that a reader may take for one chunk of 256 KiB; default five minutes. */
  stallTimeout?: number;
  /** Bytes a second of all readers together; `null`, the default: as fast as it goes. */
  uploadRate?: number | null;
  openFiles?: OpenFilesOptions;
  /** Left out: as much as anybody likes. */
  limits?: WebSeedLimits;
}

/** In front of a whole application, on the server itself: every other URL costs one look at its beginning. */
export interface WebSeedHandler {
  owns(request: IncomingMessage): boolean;
  /** Answers a request that it owns. Never throws. */
  serve(request: IncomingMessage, response: ServerResponse): void;
  /** Closes the files that nobody reads. */
  close(): Promise<void>;
}

/** Under 1 KiB/s nobody downloads: the reader is stuck, and keeps a file open. */
const STALL_TIMEOUT = 5 * 60_000;

const UNAVAILABLE = textReply(503, 'The web seed cannot answer now.');
const CHANGED = textReply(404, 'The file is no longer the one that this torrent was made of.');
const WITHDRAWN = textReply(403, 'Access was withdrawn.');
const TOO_MANY = textReply(429, 'Too many requests from your network.', { 'Retry-After': 5 });
/** Not 429: clients that share an address with many are to come back (see `RETRY_AFTER`). */
const BUSY = textReply(503, 'Too many downloads in your network at once.');

export function createWebSeedHandler(deps: WebSeedDeps): WebSeedHandler {
  const files = createOpenFiles(deps.openFiles);
  const buffers = createReadBuffers();
  const rate = createUploadRate(deps.uploadRate ?? null, {
    clock: () => performance.now(),
    portion: BUFFER_SIZE,
  });
  const parts: TransferParts = {
    buffers,
    patience: createPatience(deps.stallTimeout ?? STALL_TIMEOUT),
    portion: rate.portion,
    throttle: (bytes) => rate.take(bytes),
  };

  /** Beyond this point nobody would catch. */
  function guarded(req: IncomingMessage, res: ServerResponse, work: () => void): void {
    try {
      work();
    } catch (error) {
      failed(req, res, error);
    }
  }

  function failed(req: IncomingMessage, res: ServerResponse, error: unknown): void {
    deps.logger.error(`web seed: ${describe(error)}`);
    if (res.headersSent) res.destroy();
    else sendReply(req, res, UNAVAILABLE);
  }

  function answer(request: WebSeedRequest, req: IncomingMessage, res: ServerResponse): void {
    if (deps.limits !== undefined && req.method === 'GET') {
      const leave = deps.limits.enter(req);
      if (leave === null) {
        sendReply(req, res, BUSY);
        return;
      }
      res.once('close', leave);
    }
    const found = deps.resolve(request);
    if (!(found instanceof Promise)) {
      answerFound(request.infoHash, found, req, res);
      return;
    }
    found.then(
      (later) => guarded(req, res, () => answerFound(request.infoHash, later, req, res)),
      (error: unknown) => guarded(req, res, () => failed(req, res, error)),
    );
  }

  function answerFound(
    infoHash: string,
    found: WebSeedAnswer,
    req: IncomingMessage,
    res: ServerResponse,
  ): void {
    if (found.kind === 'refused') sendReply(req, res, refusal(found));
    else if (found.kind === 'redirect') sendReply(req, res, redirectReply(found.url));
    else openFile(infoHash, found, req, res);
  }

  function openFile(
    infoHash: string,
    found: FileAnswer,
    req: IncomingMessage,
    res: ServerResponse,
  ): void {
    const held = files.held(found);
    if (held !== null) {
      send(infoHash, found, held, req, res);
      return;
    }
    files.open(found).then(
      (taken) => guarded(req, res, () => answerTaken(infoHash, found, taken, req, res)),
      (error: unknown) =>
        guarded(req, res, () => {
          found.grant?.over();
          failed(req, res, error);
        }),
    );
  }

  function answerTaken(
    infoHash: string,
    found: FileAnswer,
    taken: TakenFile,
    req: IncomingMessage,
    res: ServerResponse,
  ): void {
    if (taken.kind === 'open') {
      send(infoHash, found, taken.file, req, res);
      return;
    }
    found.grant?.over();
    if (taken.kind === 'changed') changed(infoHash, found, req, res);
    else {
      deps.logger.warn(`web seed: ${found.filename}: ${describe(taken.error)}`);
      sendReply(req, res, UNAVAILABLE);
    }
  }

  function changed(
    infoHash: string,
    { filename }: FileAnswer,
    req: IncomingMessage,
    res: ServerResponse,
  ): void {
    files.forget(filename);
    deps.onChanged(infoHash, filename);
    if (!res.headersSent) sendReply(req, res, CHANGED);
  }

  function send(
    infoHash: string,
    found: FileAnswer,
    file: OpenFile,
    req: IncomingMessage,
    res: ServerResponse,
  ): void {
    const { grant } = found;
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      file.release();
      grant?.over();
    };
    try {
      if (grant?.isCut === true) {
        release();
        sendReply(req, res, WITHDRAWN);
        return;
      }
      const reply = fileReply(req.method ?? 'GET', req.headers, found);
      if (req.method === 'HEAD' || reply.body.length === 0) {
        release();
        res.writeHead(reply.status, reply.headers);
        res.end();
        return;
      }
      grant?.promised(bodyLength(reply.body));
      sendFile(res, file.fd, reply, grant, parts, (error) =>
        guarded(req, res, () => {
          release();
          if (error instanceof FileTruncatedError) changed(infoHash, found, req, res);
          else if (error !== null) failed(req, res, error);
        }),
      );
    } catch (error) {
      release();
      throw error;
    }
  }

  return {
    owns: ({ url = '' }) => pathBelow(deps.basePath, url) !== undefined,
    serve(req, res) {
      // A write that meets a closed connection: the reader has left, which 'close' tells as well.
      res.once('error', () => res.destroy());
      guarded(req, res, () => {
        if (deps.limits?.admits(req) === false) {
          sendReply(req, res, TOO_MANY);
          return;
        }
        const request = readRequest(req.method, pathBelow(deps.basePath, req.url ?? '') ?? '');
        if ('status' in request) sendReply(req, res, request);
        else whenItsTurn(req, res, () => guarded(req, res, () => answer(request, req, res)));
      });
    },
    close: () => files.close(),
  };
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

const refusal = ({ status, message, retryAfter }: WebSeedRefusal): Reply =>
  textReply(status, message, retryAfter === undefined ? {} : { 'Retry-After': retryAfter });

const describe = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
