/** Bencoding that strangers send (BEP 10 handshakes, BEP 9 requests), and our own info dictionaries. */

export type Bencoded = number | Buffer | Bencoded[] | Map<string, Bencoded>;

export interface Decoded {
  value: Bencoded;
  /** Index behind the value: BEP 9 puts raw bytes there. */
  end: number;
}

const END = 0x65;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
/** Nothing that clients send is nested deeper than three. */
const MAX_DEPTH = 16;

class Malformed extends Error {}

/** `null` for what is not bencoded; never throws. Strings are views of `bytes`, keys are latin1. */
export function bdecode(bytes: Buffer): Decoded | null {
  let at = 0;

  function integer(until: number): number {
    const end = bytes.indexOf(until, at);
    if (end < 0 || end - at > 20) throw new Malformed();
    const text = bytes.toString('latin1', at, end);
    if (!/^(0|-?[1-9]\d*)$/.test(text)) throw new Malformed();
    const value = Number(text);
    if (!Number.isSafeInteger(value)) throw new Malformed();
    at = end + 1;
    return value;
  }

  function text(): Buffer {
    const length = integer(0x3a);
    if (length < 0 || at + length > bytes.length) throw new Malformed();
    at += length;
    return bytes.subarray(at - length, at);
  }

  function value(depth: number): Bencoded {
    if (depth > MAX_DEPTH) throw new Malformed();
    const kind = bytes[at] ?? 0;
    if (kind >= DIGIT_0 && kind <= DIGIT_9) return text();
    at += 1;
    if (kind === 0x69) return integer(END);
    if (kind === 0x6c) {
      const list: Bencoded[] = [];
      while (!ended()) list.push(value(depth + 1));
      return list;
    }
    if (kind !== 0x64) throw new Malformed();
    const dictionary = new Map<string, Bencoded>();
    while (!ended()) dictionary.set(text().toString('latin1'), value(depth + 1));
    return dictionary;
  }

  function ended(): boolean {
    if (bytes[at] !== END) return false;
    at += 1;
    return true;
  }

  try {
    return { value: value(0), end: at };
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** The value under a key, or undefined when `dictionary` is none. */
export function entryOf(dictionary: Bencoded | undefined, key: string): Bencoded | undefined {
  return dictionary instanceof Map ? dictionary.get(key) : undefined;
}
