/**
 * A bencode reader that accepts only what BEP 3 allows (keys sorted and unique, integers without
 * leading zeros, nothing behind the end), so that every reply of the tracker is held to it.
 * Strings come back as latin1: one character per byte.
 */
export type Bencoded = number | string | Bencoded[] | { [key: string]: Bencoded };

export function decodeStrictly(text: string): Bencoded {
  const reader = new Reader(text);
  const value = reader.value();
  if (reader.at !== text.length) throw new Error(`bytes behind the end, from ${reader.at} on`);
  return value;
}

/** The same, for a reply whose root is a dictionary. */
export function decodeDictionary(text: string): Record<string, Bencoded> {
  const value = decodeStrictly(text);
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error('not a dictionary');
  return value;
}

class Reader {
  at = 0;

  constructor(private readonly text: string) {}

  value(): Bencoded {
    const head = this.text[this.at];
    if (head === 'i') return this.integer();
    if (head === 'l') return this.list();
    if (head === 'd') return this.dictionary();
    return this.string();
  }

  private integer(): number {
    const match = /^i(0|-?[1-9]\d*)e/.exec(this.text.slice(this.at, this.at + 24));
    if (match?.[1] === undefined) throw new Error(`bad integer at ${this.at}`);
    this.at += match[0].length;
    return Number(match[1]);
  }

  private string(): string {
    const match = /^(0|[1-9]\d*):/.exec(this.text.slice(this.at, this.at + 12));
    if (match?.[1] === undefined) throw new Error(`bad string at ${this.at}`);
    const from = this.at + match[0].length;
    const to = from + Number(match[1]);
    if (to > this.text.length) throw new Error(`string at ${this.at} is longer than the rest`);
    this.at = to;
    return this.text.slice(from, to);
  }

  private list(): Bencoded[] {
    const items: Bencoded[] = [];
    for (this.at += 1; this.text[this.at] !== 'e';) items.push(this.value());
    this.at += 1;
    return items;
  }

  private dictionary(): Record<string, Bencoded> {
    const entries: Record<string, Bencoded> = {};
    let last: string | null = null;
    for (this.at += 1; this.text[this.at] !== 'e';) {
      const key = this.string();
      if (last !== null && key <= last) throw new Error(`key ${key} is not behind ${last}`);
      last = key;
      entries[key] = this.value();
    }
    this.at += 1;
    return entries;
  }
}
