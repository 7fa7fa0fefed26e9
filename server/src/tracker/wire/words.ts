/** Bytes read four at a time, wherever they begin. */

let view: DataView = new DataView(new ArrayBuffer(0));

/**
 * One view for all that lies in the same memory, as the messages of one chunk do.
 * @returns its offsets are those of the memory: add `bytes.byteOffset`
 */
export function wordsOf(bytes: Uint8Array): DataView {
  if (view.buffer !== bytes.buffer) view = new DataView(bytes.buffer);
  return view;
}
