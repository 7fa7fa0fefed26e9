/**
 * Files at a storage provider, read by ranges over HTTP. Blocks are cached, because peers ask for 16 KiB at a
 * time, and a piece is read once to be verified and once more to be sent.
 */

import type { ReadableStream } from 'node:stream/web';
import { PayloadChangedError, PayloadUnreadableError } from './file-cache';
import type { SeedFile, SeedSource } from './seed-torrent';

export interface RemoteFile {
  /** The same for the same file, however its URL is signed. */
  id: string;
  /** http or https, as the library has made it for this file; no other is ever asked for. */
  url: string;
  /** Bytes. */
  size: number;
  /** `describePayload` of it when it was hashed: size and version. */
  fingerprint: string;
}

export interface RemoteFiles {
  /**
   * Fills `out` with the bytes from `offset` on.
   * @param infoHash of the torrent that the file is read for
   * @throws PayloadChangedError, PayloadUnreadableError
   */
  read(infoHash: string, file: RemoteFile, out: Buffer, offset: number): Promise<void>;
  /** Begins to fetch what will be read next; says nothing of failures. */
  ahead(infoHash: string, file: RemoteFile, offset: number, length: number): void;
  stop(): void;
}

export interface RemoteFilesDeps {
  /** Where the files of the torrent lie now: signed URLs expire. */
  renew: (infoHash: string) => Promise<SeedSource | null>;
  fetch?: typeof fetch;
  /** Milliseconds to wait before the second and third try. */
  pauses?: readonly number[];
}

/** Bytes: what is asked for at once, at multiples of it. */
export const REMOTE_BLOCK = 1024 * 1024;
/** Blocks kept: four of the largest pieces. */
const MAX_BLOCKS = 64;
/** Blocks that are begun before they are asked for. */
const MAX_AHEAD = 8;
/** Requests to storage at once. */
const MAX_REQUESTS = 8;
const TIMEOUT_MS = 30_000;
const PAUSES_MS = [250, 1_500];
const MAX_URLS = 10_000;

type Answer =
  | { kind: 'bytes'; bytes: Buffer }
  /** The URL is not good any more. */
  | { kind: 'refused' }
  /** Another try may help. */
  | { kind: 'failed'; error: unknown };

export function createRemoteFiles(deps: RemoteFilesDeps): RemoteFiles {
  const { renew, fetch: get = fetch, pauses = PAUSES_MS } = deps;
  /** In the order of their last use; a block that is on its way counts. */
  const blocks = new Map<string, Promise<Buffer>>();
  /** URLs that were signed anew. */
  const urls = new Map<string, string>();
  const renewing = new Map<string, Promise<void>>();
  const waiting: (() => void)[] = [];
  const asking = new Set<AbortController>();
  let stopped = false;
  let running = 0;

  const urlOf = (file: RemoteFile): string => urls.get(keyOf(file)) ?? file.url;

  function block(infoHash: string, file: RemoteFile, index: number): Promise<Buffer> {
    const key = `${index} ${keyOf(file)}`;
    const known = blocks.get(key);
    const loading = known ?? load(infoHash, file, index);
    blocks.delete(key); // to the end: the first ones are those not used for longest
    blocks.set(key, loading);
    if (known === undefined) {
      loading.catch(() => {
        if (blocks.get(key) === loading) blocks.delete(key);
      });
      const [oldest] = blocks.keys();
      if (blocks.size > MAX_BLOCKS && oldest !== undefined) blocks.delete(oldest);
    }
    return loading;
  }

  async function load(infoHash: string, file: RemoteFile, index: number): Promise<Buffer> {
    await turn();
    try {
      const from = index * REMOTE_BLOCK;
      return await loadRange(infoHash, file, from, Math.min(from + REMOTE_BLOCK, file.size));
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next(); // takes over the place
    }
  }

  async function turn(): Promise<void> {
    if (running >= MAX_REQUESTS) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
  }

  async function loadRange(
    infoHash: string,
    file: RemoteFile,
    from: number,
    to: number,
  ): Promise<Buffer> {
    let renewed = false;
    for (let attempt = 0; ; attempt += 1) {
      const url = urlOf(file);
      const answer = await ask(url, file, from, to);
      if (answer.kind === 'bytes') return answer.bytes;
      if (answer.kind === 'refused' && !renewed) {
        renewed = true;
        // Another block may have met the same, and have a new URL by now.
        if (urlOf(file) === url) await renewOnce(infoHash);
        continue;
      }
      const pause = pauses[attempt];
      if (answer.kind === 'refused' || pause === undefined || stopped) {
        const cause = answer.kind === 'failed' ? answer.error : new Error('access refused');
        throw new PayloadUnreadableError(undefined, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  function renewOnce(infoHash: string): Promise<void> {
    let running = renewing.get(infoHash);
    if (running === undefined) {
      running = renew(infoHash)
        .then((source) => {
          for (const file of source?.files ?? []) {
            if (isRemote(file)) urls.set(keyOf(file), file.url);
          }
          for (const key of urls.keys()) {
            if (urls.size <= MAX_URLS) break;
            urls.delete(key);
          }
        })
        .finally(() => renewing.delete(infoHash));
      renewing.set(infoHash, running);
    }
    return running;
  }

  async function ask(url: string, file: RemoteFile, from: number, to: number): Promise<Answer> {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), TIMEOUT_MS);
    asking.add(patience);
    try {
      const response = await get(url, {
        headers: { range: `bytes=${from}-${to - 1}`, 'accept-encoding': 'identity' },
        // Elsewhere is not where the library has said that the file is.
        redirect: 'error',
        signal: patience.signal,
      });
      return await answerOf(response, file, from, to);
    } catch (error) {
      if (error instanceof PayloadChangedError) throw error;
      return { kind: 'failed', error };
    } finally {
      clearTimeout(timer);
      asking.delete(patience);
      patience.abort(); // a body that nobody reads would hold its connection
    }
  }

  return {
    async read(infoHash, file, out, offset) {
      if (offset + out.length > file.size) throw new RangeError('a read beyond the end of a file');
      for (let done = 0; done < out.length;) {
        const at = offset + done;
        const index = Math.floor(at / REMOTE_BLOCK);
        const bytes = await block(infoHash, file, index);
        done += bytes.copy(out, done, at - index * REMOTE_BLOCK);
      }
    },
    ahead(infoHash, file, offset, length) {
      if (waiting.length >= MAX_REQUESTS) return; // others wait for what they need now
      const first = Math.floor(offset / REMOTE_BLOCK);
      const last = Math.floor((offset + length - 1) / REMOTE_BLOCK);
      for (let index = first; index <= Math.min(last, first + MAX_AHEAD - 1); index += 1) {
        block(infoHash, file, index).catch(() => undefined);
      }
    },
    stop() {
      stopped = true;
      for (const request of asking) request.abort();
      blocks.clear();
    },
  };
}

export const isRemote = (file: SeedFile): file is RemoteFile => 'url' in file;

const keyOf = ({ id, fingerprint }: RemoteFile): string => `${id} ${fingerprint}`;

/** @throws PayloadChangedError when it is not the object that was hashed, or when there is none */
async function answerOf(
  response: Response,
  file: RemoteFile,
  from: number,
  to: number,
): Promise<Answer> {
  const { status, headers } = response;
  if (status === 401 || status === 403) return { kind: 'refused' };
  if (status === 404 || status === 410 || status === 416) throw new PayloadChangedError();
  const size =
    status === 206 ? headers.get('content-range')?.split('/')[1] : headers.get('content-length');
  if (status !== 200 && status !== 206) throw new Error(`storage answered ${status}`);
  const version = headers.get('etag') ?? headers.get('last-modified') ?? '';
  if (`${size ?? ''}-${version}` !== file.fingerprint) throw new PayloadChangedError();
  const isWhole = from === 0 && to === file.size;
  const range = status === 206 ? headers.get('content-range') : isWhole ? rangeOf(0, to, to) : '';
  // Storage without ranges would send the whole file for each block of it.
  if (range !== rangeOf(from, to, file.size)) throw new Error('storage serves no ranges');
  return { kind: 'bytes', bytes: await bodyOf(response, to - from) };
}

const rangeOf = (from: number, to: number, size: number): string =>
  `bytes ${from}-${to - 1}/${size}`;

/** No more than was asked for is kept, whatever storage sends. */
async function bodyOf(response: Response, length: number): Promise<Buffer> {
  const out = Buffer.allocUnsafeSlow(length);
  let at = 0;
  const body = response.body as ReadableStream<Uint8Array> | null;
  for await (const chunk of body ?? []) {
    if (at + chunk.length > length) throw new Error('storage sent too much');
    out.set(chunk, at);
    at += chunk.length;
  }
  if (at < length) throw new Error('storage sent too little');
  return out;
}
