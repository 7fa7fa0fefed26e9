/** Open files, a bounded number of them, each still the one that was hashed. */

import type { FileHandle } from 'node:fs/promises';
import { fingerprintOf } from '../../metainfo';
import { openHashedFile, type HashedFile } from '../hashed-file';

/** The bytes are not those of the torrent any more. */
export class PayloadChangedError extends Error {
  override name = 'PayloadChangedError';
}

/** Storage refuses now; the bytes may be fine. */
export class PayloadUnreadableError extends Error {
  override name = 'PayloadUnreadableError';
}

export interface FileCache {
  /**
   * Lends the open file to `use`, and closes it some time after.
   * @throws PayloadChangedError, PayloadUnreadableError
   */
  with<Result>(file: HashedFile, use: (handle: FileHandle) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

interface Entry {
  opening: Promise<FileHandle>;
  users: number;
  checkedAt: number;
}

/** A file written over in place keeps its handle: it is looked at again as often as this. */
const CHECK_EVERY_MS = 2_000;

export function createFileCache({ most, clock }: { most: number; clock: () => number }): FileCache {
  /** By name and fingerprint; in the order of their last use. */
  const entries = new Map<string, Entry>();

  async function open(file: HashedFile): Promise<FileHandle> {
    const opened = await openHashedFile(file);
    if (opened.kind === 'open') return opened.handle;
    if (opened.kind === 'changed') throw new PayloadChangedError();
    throw new PayloadUnreadableError(undefined, { cause: opened.error });
  }

  function entryOf(key: string, file: HashedFile): Entry {
    const known = entries.get(key);
    const entry = known ?? { opening: open(file), users: 0, checkedAt: clock() };
    entries.delete(key); // to the end: the first ones are those not used for longest
    entries.set(key, entry);
    return entry;
  }

  function closeOldest(): void {
    for (const [key, entry] of entries) {
      if (entries.size <= most) return;
      if (entry.users === 0) drop(key, entry);
    }
  }

  function drop(key: string, entry: Entry): void {
    if (entries.get(key) === entry) entries.delete(key);
    closeEntry(entry).catch(() => undefined);
  }

  async function check(entry: Entry, handle: FileHandle, file: HashedFile): Promise<void> {
    if (clock() - entry.checkedAt < CHECK_EVERY_MS) return;
    entry.checkedAt = clock();
    if (fingerprintOf(await handle.stat()) !== file.fingerprint) throw new PayloadChangedError();
  }

  return {
    async with(file, use) {
      const key = `${file.fingerprint} ${file.filename}`;
      const entry = entryOf(key, file);
      entry.users += 1;
      let failed = true;
      try {
        const handle = await entry.opening;
        await check(entry, handle, file);
        const result = await use(handle);
        failed = false;
        return result;
      } finally {
        entry.users -= 1;
        // One that failed is opened anew next time: what is wrong may be over by then.
        if (failed && entries.get(key) === entry) entries.delete(key);
        if (entry.users === 0 && entries.get(key) !== entry) drop(key, entry);
        closeOldest();
      }
    },
    async close() {
      const all = [...entries.values()];
      entries.clear();
      await Promise.all(all.filter(({ users }) => users === 0).map(closeEntry));
    },
  };
}

async function closeEntry({ opening }: Entry): Promise<void> {
  const handle = await opening.catch(() => null); // told to who asked for it
  await handle?.close();
}
