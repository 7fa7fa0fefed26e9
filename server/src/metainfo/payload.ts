/** Where the bytes of a payload file are, and how to tell that they are still the same bytes. */

import { open, stat } from 'node:fs/promises';
import type { ReadableStream } from 'node:stream/web';
import { HashError, toHashError } from './hash-error';

export type PayloadSource = { kind: 'path'; filename: string } | { kind: 'url'; url: string };

export interface PayloadDescription {
  /** Bytes. */
  size: number;
  /** Changes when the bytes may have changed; comparable as text only. */
  fingerprint: string;
}

const CHUNK = 1024 * 1024; // 1 MiB chunks hash 1.3 times faster than 64 KiB ones (measured)
const REMOTE_TIMEOUT_MS = 15_000;

/** Size and modification time: what a replaced, edited or truncated file cannot keep. */
export function fingerprintOf(stats: { size: number; mtimeMs: number }): string {
  return `${stats.size}-${Math.trunc(stats.mtimeMs)}`;
}

/** @throws HashError `file-missing`, `file-unreadable` */
export async function describePayload(
  source: PayloadSource,
  file: number | null = null,
): Promise<PayloadDescription> {
  try {
    return source.kind === 'path'
      ? await describePath(source.filename)
      : await describeUrl(source.url);
  } catch (error) {
    throw toHashError(error, file);
  }
}

async function describePath(filename: string): Promise<PayloadDescription> {
  const stats = await stat(filename);
  if (!stats.isFile()) throw new HashError('file-unreadable', 'This is not a regular file.');
  return { size: stats.size, fingerprint: fingerprintOf(stats) };
}

/** One byte is asked for with GET: signed S3 URLs are signed for GET, and refuse HEAD. */
async function describeUrl(url: string): Promise<PayloadDescription> {
  const response = await request(url, 'bytes=0-0');
  await response.body?.cancel();
  const size =
    response.status === 206
      ? Number(response.headers.get('content-range')?.split('/')[1])
      : Number(response.headers.get('content-length') ?? NaN);
  // An empty object has no byte 0: storage answers 416 to the range.
  if (response.status === 416) return { size: 0, fingerprint: '0' };
  if (!Number.isSafeInteger(size)) {
    throw new HashError('file-unreadable', 'Storage does not tell the size of the file.');
  }
  const version = response.headers.get('etag') ?? response.headers.get('last-modified') ?? '';
  return { size, fingerprint: `${size}-${version}` };
}

async function request(url: string, range: string): Promise<Response> {
  // A stalled answer must not hold a hashing slot; the body may take as long as it needs
  // (fetch itself gives up when no chunk has come for five minutes).
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), REMOTE_TIMEOUT_MS);
  const response = await fetch(url, {
    headers: { range, 'accept-encoding': 'identity' },
    signal: patience.signal,
  })
    .catch((error: unknown) => {
      throw new HashError('file-unreadable', `Storage cannot be reached (${reasonOf(error)}).`);
    })
    .finally(() => clearTimeout(timer));
  if (response.ok || response.status === 416) return response;
  await response.body?.cancel();
  if (response.status === 404 || response.status === 410) {
    throw new HashError('file-missing', 'The file is not in storage.');
  }
  throw new HashError('file-unreadable', `Storage answered ${response.status}.`);
}

/** The system's code where there is one: the text of a fetch error may hold the URL. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error && error.name === 'AbortError' ? 'no answer' : 'failed';
}

/** The bytes from `offset` on, in chunks that stay valid until the next one is asked for. */
export function readPayload(source: PayloadSource, offset: number): AsyncIterable<Uint8Array> {
  return source.kind === 'path' ? readPath(source.filename, offset) : readUrl(source.url, offset);
}

/** Two buffers: the next chunk is being read while the last one is being hashed. */
async function* readPath(filename: string, offset: number): AsyncGenerator<Uint8Array> {
  const handle = await open(filename, 'r');
  try {
    let position = offset;
    let current = Buffer.allocUnsafeSlow(CHUNK);
    let spare = Buffer.allocUnsafeSlow(CHUNK);
    let pending = handle.read(current, 0, CHUNK, position);
    for (;;) {
      const { bytesRead } = await pending;
      if (bytesRead === 0) return;
      position += bytesRead;
      pending = handle.read(spare, 0, CHUNK, position);
      // Never left unobserved: the consumer may stop before this read is awaited.
      pending.catch(() => undefined);
      yield current.subarray(0, bytesRead);
      [current, spare] = [spare, current];
    }
  } finally {
    await handle.close();
  }
}

async function* readUrl(url: string, offset: number): AsyncGenerator<Uint8Array> {
  const response = await request(url, `bytes=${offset}-`);
  if (response.body === null || response.status === 416) return;
  let skip = response.status === 206 ? 0 : offset;
  const body = response.body as ReadableStream<Uint8Array>;
  for await (const chunk of body) {
    if (skip >= chunk.byteLength) {
      skip -= chunk.byteLength;
      continue;
    }
    yield skip > 0 ? chunk.subarray(skip) : chunk;
    skip = 0;
  }
}
