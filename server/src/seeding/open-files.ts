/**
 * The files that are being read, opened once for all their readers and for a while after: clients ask
 * for a file in thousands of ranges. Each is still the one that was hashed.
 */

import { stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { fingerprintOf } from '../metainfo';
import { openHashedFile, type HashedFile, type OpenedFile } from './hashed-file';

/** To be released once. */
export interface OpenFile {
  readonly fd: number;
  release(): void;
}

export type TakenFile = { kind: 'open'; file: OpenFile } | Exclude<OpenedFile, { kind: 'open' }>;

export interface OpenFiles {
  /** The file if it is at hand and has been looked at lately; else {@link open} it. */
  held(file: HashedFile): OpenFile | null;
  open(file: HashedFile): Promise<TakenFile>;
  /** Its bytes are not what they were: whoever asks next opens it anew. */
  forget(filename: string): void;
  /** Those that are read now are closed when their readers have done. */
  close(): Promise<void>;
}

export interface OpenFilesOptions {
  /** Files kept open that nobody reads. */
  most?: number;
  /** Milliseconds for which a file is kept open that nobody reads. */
  idle?: number;
  clock?: () => number;
}

/** Milliseconds for which a file that was looked at is believed to be the same. */
const CHECK_EVERY = 1_000;
const MOST = 64;
const IDLE = 10_000;

export function createOpenFiles(options: OpenFilesOptions = {}): OpenFiles {
  const { most = MOST, idle = IDLE, clock = () => performance.now() } = options;
  const entries = new Map<string, Entry>();
  const opening = new Map<string, Promise<Entry | Exclude<OpenedFile, { kind: 'open' }>>>();
  let sweeping: NodeJS.Timeout | null = null;

  function drop(entry: Entry): void {
    if (entries.get(entry.name) === entry) entries.delete(entry.name);
    entry.closeWhenFree();
    if (entries.size === 0 && sweeping !== null) {
      clearInterval(sweeping);
      sweeping = null;
    }
  }

  function released(entry: Entry): void {
    entry.usedAt = clock();
    if (idle === 0 || entries.size > most) dropFree(idle === 0 ? 0 : most);
  }

  /** The ones not used for longest first. */
  function dropFree(target: number): void {
    const free = [...entries.values()].filter(({ users }) => users === 0);
    free.sort((a, b) => a.usedAt - b.usedAt);
    for (const entry of free) if (entries.size > target) drop(entry);
  }

  function sweep(): void {
    const since = clock() - idle;
    for (const entry of [...entries.values()])
      if (entry.users === 0 && entry.usedAt <= since) drop(entry);
  }

  async function openNew(file: HashedFile): Promise<Entry | Exclude<OpenedFile, { kind: 'open' }>> {
    const opened = await openHashedFile(file);
    if (opened.kind !== 'open') return opened;
    const entry = new Entry(file, opened.handle, clock(), released);
    const before = entries.get(entry.name);
    if (before !== undefined) drop(before);
    entries.set(entry.name, entry);
    sweeping ??= setInterval(sweep, Math.max(1, idle / 2)).unref();
    return entry;
  }

  /** By its name, so that a file put in its place is noticed too. */
  async function isSame(entry: Entry): Promise<boolean> {
    entry.checkedAt = clock(); // first: one look is enough for all who ask meanwhile
    try {
      const now = await stat(entry.name);
      return now.isFile() && fingerprintOf(now) === entry.fingerprint;
    } catch {
      return false; // opening it says why
    }
  }

  return {
    held(file) {
      const entry = entries.get(file.filename);
      if (entry === undefined || entry.fingerprint !== file.fingerprint) return null;
      return clock() - entry.checkedAt < CHECK_EVERY ? entry.take() : null;
    },
    async open(file) {
      const known = entries.get(file.filename);
      if (known !== undefined) {
        const lent = known.take(); // or it might be closed while it is looked at
        if (known.fingerprint === file.fingerprint && (await isSame(known)))
          return { kind: 'open', file: lent };
        lent.release();
        drop(known);
      }
      const key = `${file.fingerprint} ${file.filename}`;
      const pending = opening.get(key) ?? openNew(file).finally(() => opening.delete(key));
      opening.set(key, pending);
      const entry = await pending;
      if (!(entry instanceof Entry)) return entry;
      // Closed already, by somebody who waited as well and did not need it after all.
      return entry.closing === null ? { kind: 'open', file: entry.take() } : this.open(file);
    },
    forget(filename) {
      const entry = entries.get(filename);
      if (entry !== undefined) drop(entry);
    },
    async close() {
      const all = [...entries.values()];
      all.forEach(drop);
      await Promise.all(all.flatMap(({ closing }) => closing ?? []));
    },
  };
}

class Entry implements OpenFile {
  readonly name: string;
  readonly fingerprint: string;
  readonly fd: number;
  users = 0;
  usedAt: number;
  checkedAt: number;
  closing: Promise<void> | null = null;
  private isDropped = false;

  constructor(
    file: HashedFile,
    private readonly handle: FileHandle,
    now: number,
    private readonly onFree: (entry: Entry) => void,
  ) {
    this.name = file.filename;
    this.fingerprint = file.fingerprint;
    this.fd = handle.fd;
    this.usedAt = this.checkedAt = now;
  }

  take(): OpenFile {
    this.users += 1;
    return this;
  }

  release(): void {
    this.users -= 1;
    if (this.users > 0) return;
    if (this.isDropped) this.closeWhenFree();
    else this.onFree(this);
  }

  closeWhenFree(): void {
    this.isDropped = true;
    if (this.users > 0 || this.closing !== null) return;
    // Nothing can be done about a descriptor that does not close.
    this.closing = this.handle.close().catch(() => undefined);
  }
}
