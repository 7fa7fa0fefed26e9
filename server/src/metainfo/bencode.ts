/**
 * Bencoding of our own metainfo (BEP 3). Own code and not a library because the info dictionary
 * must be spliced in byte for byte, and because v2 dictionaries have binary keys (BEP 52).
 */

/** Bytes that are bencoded already and go into the output unchanged. */
export class RawBencode {
  constructor(readonly bytes: Buffer) {}
}

export type Bencodable =
  | number
  | string
  | Uint8Array
  | RawBencode
  | readonly Bencodable[]
  | { readonly [key: string]: Bencodable | undefined };

/** @throws RangeError for a number that is not a safe integer. */
export function bencode(value: Bencodable): Buffer {
  const parts: Buffer[] = [];
  append(parts, value);
  return Buffer.concat(parts);
}

function append(parts: Buffer[], value: Bencodable): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`Not an integer: ${value}`);
    parts.push(Buffer.from(`i${value}e`));
  } else if (typeof value === 'string') {
    appendBytes(parts, Buffer.from(value, 'utf8'));
  } else if (value instanceof Uint8Array) {
    appendBytes(parts, value);
  } else if (value instanceof RawBencode) {
    parts.push(value.bytes);
  } else if (isList(value)) {
    parts.push(Buffer.from('l'));
    for (const item of value) append(parts, item);
    parts.push(Buffer.from('e'));
  } else {
    appendDictionary(parts, value);
  }
}

function appendBytes(parts: Buffer[], bytes: Uint8Array): void {
  parts.push(Buffer.from(`${bytes.byteLength}:`), Buffer.from(bytes));
}

function appendDictionary(
  parts: Buffer[],
  value: Readonly<Record<string, Bencodable | undefined>>,
): void {
  // BEP 3: keys are sorted as raw bytes, which differs from JavaScript's UTF-16 order beyond the BMP.
  const entries = Object.entries(value)
    .map(([key, item]) => [Buffer.from(key, 'utf8'), item] as const)
    .sort(([a], [b]) => Buffer.compare(a, b));
  parts.push(Buffer.from('d'));
  for (const [key, item] of entries) {
    if (item === undefined) continue;
    appendBytes(parts, key);
    append(parts, item);
  }
  parts.push(Buffer.from('e'));
}

function isList(value: Bencodable): value is readonly Bencodable[] {
  return Array.isArray(value);
}
