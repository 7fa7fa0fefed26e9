/** Bytes of a torrent's payload by position; none leaves before its piece was found to be right. */

import { createHash } from 'node:crypto';
import { read as readFd } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { PayloadChangedError, PayloadUnreadableError, type FileCache } from './file-cache';
import { isRemote, type RemoteFiles } from './remote-files';
import { pieceSize, type SeedTorrent, type Segment } from './seed-torrent';

export interface PayloadReader {
  /**
   * Fills `out` with the bytes from `position` on, which must lie within the payload.
   * @throws PayloadChangedError, PayloadUnreadableError
   */
  read(position: number, out: Buffer): Promise<void>;
}

/** A torrent that peers are connected for. */
export interface OpenTorrent {
  readonly torrent: SeedTorrent;
  readonly reader: PayloadReader;
}

/** Bytes hashed at a time: other connections get their turn in between. */
const HASH_STEP = 1024 * 1024;
const DIGEST_BYTES = 20;

export function createPayloadReader(
  torrent: SeedTorrent,
  files: FileCache,
  remote: RemoteFiles,
): PayloadReader {
  /** A bit per piece: it was read once, and its digest was right. */
  const verified = new Uint8Array(Math.ceil(torrent.pieceCount / 8));
  const verifying = new Map<number, Promise<void>>();

  const isVerified = (piece: number): boolean =>
    ((verified[piece >> 3] ?? 0) & (1 << (piece & 7))) !== 0;

  async function verify(piece: number): Promise<void> {
    const hash = createHash('sha1');
    const start = piece * torrent.pieceLength;
    const end = start + pieceSize(torrent, piece);
    fetchAhead(start, end);
    const buffer = Buffer.allocUnsafeSlow(Math.min(HASH_STEP, end - start));
    for (let at = start; at < end; at += HASH_STEP) {
      const step = buffer.subarray(0, Math.min(HASH_STEP, end - at));
      await readRaw(at, step);
      hash.update(step);
    }
    const expected = torrent.digests.subarray(piece * DIGEST_BYTES, (piece + 1) * DIGEST_BYTES);
    if (!hash.digest().equals(expected)) throw new PayloadChangedError();
    verified[piece >> 3] = (verified[piece >> 3] ?? 0) | (1 << (piece & 7));
  }

  function verifyOnce(piece: number): Promise<void> {
    let running = verifying.get(piece);
    if (running === undefined) {
      running = verify(piece).finally(() => verifying.delete(piece));
      verifying.set(piece, running);
    }
    return running;
  }

  async function readRaw(position: number, out: Buffer): Promise<void> {
    const stop = position + out.length;
    let at = position;
    for (let i = segmentAt(torrent.segments, position); at < stop; i += 1) {
      const segment = torrent.segments[i];
      if (segment === undefined) throw new RangeError('a read beyond the end of the payload');
      const end = Math.min(stop, segment.start + segment.length);
      const part = out.subarray(at - position, end - position);
      const { file } = segment;
      const offset = at - segment.start;
      if (file === null) part.fill(0);
      else if (isRemote(file)) await remote.read(torrent.infoHash, file, part, offset);
      else await files.with(file, (handle) => fill(handle, part, offset));
      at = end;
    }
  }

  /** Storage answers after a while, but many requests as soon as one. */
  function fetchAhead(start: number, end: number): void {
    for (let i = segmentAt(torrent.segments, start); ; i += 1) {
      const segment = torrent.segments[i];
      if (segment === undefined || segment.start >= end) return;
      if (segment.file === null || !isRemote(segment.file)) continue;
      const from = Math.max(start, segment.start);
      const to = Math.min(end, segment.start + segment.length);
      remote.ahead(torrent.infoHash, segment.file, from - segment.start, to - from);
    }
  }

  return {
    async read(position, out) {
      const last = Math.floor((position + out.length - 1) / torrent.pieceLength);
      for (let piece = Math.floor(position / torrent.pieceLength); piece <= last; piece += 1) {
        if (!isVerified(piece)) await verifyOnce(piece);
      }
      await readRaw(position, out);
    },
  };
}

/** Index of the segment that holds the position. */
function segmentAt(segments: readonly Segment[], position: number): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((segments[middle]?.start ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The callback form costs less than the handle's own promises, and is called for every chunk. */
function fill(handle: FileHandle, out: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (done: number): void => {
      readFd(handle.fd, out, done, out.length - done, position + done, (error, bytes) => {
        if (error !== null) reject(new PayloadUnreadableError(undefined, { cause: error }));
        else if (bytes === 0)
          reject(new PayloadChangedError()); // cut short
        else if (done + bytes < out.length) step(done + bytes);
        else resolve();
      });
    };
    step(0);
  });
}
