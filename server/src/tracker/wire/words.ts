/** Bytes read four at a time, wherever they begin. */
import { bytesOf } from './byte-writer';

let view: DataView = new DataView(new ArrayBuffer(0));

/**
 * One view for all that lies in the same memory, as the messages of one chunk do.
 * @returns its offsets are those of the memory: add `bytes.byteOffset`
 */
export function wordsOf(bytes: Uint8Array): DataView {
  if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
  return view;
}

/** What is looked for often. */
export interface KnownText {
  readonly bytes: Uint8Array;
  /** The same. */
  readonly words: DataView;
}

/** @param text one character per byte */
export function knownText(text: string): KnownText {
  const bytes = bytesOf(text);
  return { bytes, words: new DataView(bytes.buffer) };
}

/**
 * @param words of {@link wordsOf}, and `at` an offset of theirs that has `length` bytes behind it
 * @returns whether the first `length` bytes of `text` stand there
 */
export function standsAt(
  words: DataView,
  at: number,
  text: KnownText,
  length = text.bytes.length,
): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    if (words.getInt32(at + i, true) !== text.words.getInt32(i, true)) return false;
  }
  for (; i < length; i += 1) if (words.getUint8(at + i) !== text.bytes[i]) return false;
  return true;
}
