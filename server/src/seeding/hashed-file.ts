/** The file behind a torrent, served only while it is the one that was hashed. */

import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { fingerprintOf } from '../metainfo';

export interface HashedFile {
  /** Absolute. */
  filename: string;
  /** Bytes. */
  size: number;
  /** `fingerprintOf` the file when it was hashed. */
  fingerprint: string;
}

/** `changed`: gone, or with other bytes. `unreadable`: storage refuses now, the bytes may be fine. */
export type OpenedFile =
  | { kind: 'open'; handle: FileHandle }
  | { kind: 'changed' }
  | { kind: 'unreadable'; error: unknown };

/** The end of the file came before the end of the range: it was truncated while it was sent. */
export class FileTruncatedError extends Error {
  override name = 'FileTruncatedError';
}

/**
 * Looks at the opened handle and not at the path, so that the bytes checked are the bytes sent, even
 * if the path is replaced in between. The caller closes the handle.
 */
export async function openHashedFile(file: HashedFile): Promise<OpenedFile> {
  let handle: FileHandle;
  try {
    // Non-blocking: opening a FIFO that took the file's place would otherwise hold a pool thread forever.
    handle = await open(file.filename, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return isGone(error) ? { kind: 'changed' } : { kind: 'unreadable', error };
  }
  try {
    const stat = await handle.stat();
    const same =
      stat.isFile() && stat.size === file.size && fingerprintOf(stat) === file.fingerprint;
    if (same) return { kind: 'open', handle };
  } catch (error) {
    await handle.close();
    return { kind: 'unreadable', error };
  }
  await handle.close();
  return { kind: 'changed' };
}

const GONE = ['ENOENT', 'ENOTDIR', 'ELOOP'];

const isGone = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  GONE.includes(String(error.code));
