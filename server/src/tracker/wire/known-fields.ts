/**
 * Header fields that have come before, byte for byte. A client sends the same ones with each announce, and
 * all clients of a make nearly do: to compare them takes a fraction of reading them.
 */
import { standsAt, wordsOf, type KnownText } from './words';

/** What fields said. Only such are kept as say nothing about a body or about somebody else's address. */
export interface PlainFields {
  hosts: number;
  close: boolean;
  keepAlive: boolean;
  negotiates: boolean;
}

/** Bytes of fields that are kept; others are long because of cookies and the like. */
const LONGEST = 512;
/** Fields have one place by their length, so that a flood of them costs time and no memory. */
const PLACES = 64;

class Entry implements KnownText {
  length = -1;
  readonly bytes = Buffer.allocUnsafeSlow(LONGEST);
  readonly words = new DataView(this.bytes.buffer);
  readonly said: PlainFields = { hosts: 0, close: false, keepAlive: false, negotiates: false };

  isAt(bytes: Buffer, from: number): boolean {
    const { length } = this;
    if (bytes.length - from !== length) return false;
    return standsAt(wordsOf(bytes), bytes.byteOffset + from, this, length);
  }
}

export class KnownFields {
  private readonly entries: (Entry | undefined)[] = new Array<Entry | undefined>(PLACES);

  /** What the fields from `from` to the end of `bytes` say, when they are known. */
  find(bytes: Buffer, from: number): Readonly<PlainFields> | null {
    const entry = this.entries[(bytes.length - from) % PLACES];
    return entry?.isAt(bytes, from) === true ? entry.said : null;
  }

  /** The same fields have been read, and are all right. */
  keep(bytes: Buffer, from: number, said: PlainFields): void {
    const length = bytes.length - from;
    if (length > LONGEST) return;
    const entry = (this.entries[length % PLACES] ??= new Entry());
    entry.length = bytes.copy(entry.bytes, 0, from);
    Object.assign(entry.said, said);
  }
}
