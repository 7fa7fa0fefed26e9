/** Sets or clears BEP 27's `private` in a finished info dictionary: the pieces need no hashing again. */

import { bencode, RawBencode } from './bencode';

/**
 * Every other key is kept byte for byte, also those that this version of the plugin does not know.
 * @throws RangeError when it is no bencoded dictionary
 */
export function withPrivate(info: Buffer, isPrivate: boolean): Buffer {
  const entries = dictionaryEntries(info).filter(([key]) => key !== 'private');
  return bencode({ ...Object.fromEntries(entries), private: isPrivate ? 1 : undefined });
}

/** Top-level keys of info dictionaries are ASCII. */
function dictionaryEntries(bytes: Buffer): [string, RawBencode][] {
  if (bytes[0] !== 0x64 || bytes.at(-1) !== 0x65) throw new RangeError('Not a dictionary');
  const entries: [string, RawBencode][] = [];
  let at = 1;
  while (at < bytes.length - 1) {
    const key = stringAt(bytes, at);
    const end = endOf(bytes, key.end);
    entries.push([
      bytes.toString('utf8', key.start, key.end),
      new RawBencode(bytes.subarray(key.end, end)),
    ]);
    at = end;
  }
  if (at !== bytes.length - 1) throw new RangeError('Not a dictionary');
  return entries;
}

/** Position after the value that begins at `at`. Without recursion: the depth is the writer's to choose. */
function endOf(bytes: Buffer, at: number): number {
  let depth = 0;
  let position = at;
  do {
    const type = bytes[position];
    if (type === 0x64 || type === 0x6c) {
      depth += 1;
      position += 1;
    } else if (type === 0x65) {
      depth -= 1;
      position += 1;
    } else if (type === 0x69) {
      position = bytes.indexOf(0x65, position) + 1;
      if (position === 0) throw new RangeError('Number without an end');
    } else {
      position = stringAt(bytes, position).end;
    }
  } while (depth > 0);
  return position;
}

function stringAt(bytes: Buffer, at: number): { start: number; end: number } {
  const colon = bytes.indexOf(0x3a, at);
  const digits = colon === -1 ? '' : bytes.toString('latin1', at, colon);
  const start = colon + 1;
  const end = start + Number(digits);
  if (!/^\d{1,10}$/.test(digits) || end > bytes.length) throw new RangeError('Malformed string');
  return { start, end };
}
