/**
 * Payload that was read lately, in memory for all connections: clients ask for the blocks of a few
 * pieces in turns (Transmission) or at the same time (a crowd), and a read for each would be the
 * better part of the work.
 */

import type { OpenTorrent, PayloadReader } from './payload-reader';

/** A stretch of the payload that begins at a multiple of this, read at once. */
export const SPAN_BYTES = 256 * 1024;

/** Takes bytes that begin at this byte of the payload; they are good during the call only. */
export type TakeBytes = (position: number, bytes: Buffer) => void;

export interface Spans {
  /** Gives the bytes of a range, part by part, at once: if they all lie in memory, else nothing and false. */
  copyHeld(open: OpenTorrent, position: number, length: number, take: TakeBytes): boolean;
  /** Reads what is missing, in whatever order it comes. Rejects as the reader does. */
  copy(open: OpenTorrent, position: number, length: number, take: TakeBytes): Promise<void>;
  /** Nobody is there to ask for it again. */
  clear(): void;
}

/**
 * The memory of a span is used again for another: giving it back to the collector and asking anew
 * costs more than the reading.
 * @param most spans kept
 */
export function createSpans({ most }: { most: number }): Spans {
  /** In the order of their last use. A new reader (its files have moved, perhaps) starts anew. */
  const kept = new Map<string, Buffer>();
  const loading = new Map<string, Promise<Buffer>>();
  const spare: Buffer[] = [];
  const names = new WeakMap<PayloadReader, string>();
  let lastName = 0;

  function keyOf(reader: PayloadReader, index: number): string {
    let name = names.get(reader);
    if (name === undefined) {
      lastName += 1;
      name = `${lastName} `;
      names.set(reader, name);
    }
    return `${name}${index}`;
  }

  function freeBuffer(): Buffer {
    const [oldest] = kept.size + loading.size < most ? [] : kept;
    if (oldest === undefined) return spare.pop() ?? Buffer.allocUnsafeSlow(SPAN_BYTES);
    kept.delete(oldest[0]);
    return wholeOf(oldest[1]);
  }

  async function read({ reader, torrent }: OpenTorrent, key: string, index: number) {
    const start = index * SPAN_BYTES;
    const buffer = freeBuffer();
    try {
      const span = buffer.subarray(0, Math.min(SPAN_BYTES, torrent.size - start));
      await reader.read(start, span);
      kept.set(key, span);
      return span;
    } catch (error) {
      spare.push(buffer);
      throw error;
    } finally {
      loading.delete(key);
    }
  }

  function load(open: OpenTorrent, key: string, index: number): Promise<Buffer> {
    const running = loading.get(key) ?? read(open, key, index);
    if (!kept.has(key)) loading.set(key, running);
    return running;
  }

  return {
    copyHeld({ reader }, position, length, take) {
      const indexes = indexesOf(position, length);
      const keys = indexes.map((index) => keyOf(reader, index));
      if (!keys.every((key) => kept.has(key))) return false;
      keys.forEach((key, n) => {
        const span = kept.get(key);
        if (span === undefined) return;
        kept.delete(key); // to the end: it was used last
        kept.set(key, span);
        give(span, indexes[n] ?? 0, position, length, take);
      });
      return true;
    },
    async copy(open, position, length, take) {
      const parts = indexesOf(position, length).map(async (index) => {
        const key = keyOf(open.reader, index);
        const span = kept.get(key) ?? (await load(open, key, index));
        give(span, index, position, length, take);
      });
      await Promise.all(parts);
    },
    clear() {
      kept.clear();
      spare.length = 0;
    },
  };
}

const wholeOf = (span: Buffer): Buffer => Buffer.from(span.buffer, 0, SPAN_BYTES);

function indexesOf(position: number, length: number): number[] {
  const indexes: number[] = [];
  const last = Math.floor((position + length - 1) / SPAN_BYTES);
  for (let index = Math.floor(position / SPAN_BYTES); index <= last; index += 1)
    indexes.push(index);
  return indexes;
}

/** What of the range lies in this span. */
function give(span: Buffer, index: number, position: number, length: number, take: TakeBytes) {
  const start = index * SPAN_BYTES;
  const from = Math.max(0, position - start);
  take(start + from, span.subarray(from, position + length - start));
}
