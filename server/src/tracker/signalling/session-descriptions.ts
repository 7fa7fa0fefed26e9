/**
 * Session descriptions are nearly all that a message is made of, and go on to another peer as they
 * came. They are cut out of the message's bytes, so that only the small rest is decoded and parsed,
 * and put into the outgoing message as they are: that halves the cost of a message.
 */

export interface Skeleton {
  /** The message with a number in place of each description. */
  readonly text: string;
  /** JSON string bodies, one character per byte. */
  readonly cut: readonly string[];
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** As `JSON.stringify` writes it. Whoever writes it otherwise is read in the slow way. */
const BEFORE_SDP = Buffer.from('"sdp":"');
const CONTROL = /[\u0000-\u001f]/; // JSON forbids them
const ESCAPE = /^(?:["\\/bfnrt]|u[\da-fA-F]{4})/;

let scratch = Buffer.alloc(4096);

/**
 * Where the bytes in front of a value are those of BEFORE_SDP, a string begins in any valid JSON, even
 * when the first quote is an escaped one inside a longer key. So the message is valid JSON exactly
 * if the skeleton and all that was cut out are.
 * @param data a text message, valid UTF-8
 * @returns `null` when what was cut out is no JSON
 */
export function cutDescriptions(data: Buffer): Skeleton | null {
  let key = data.indexOf(BEFORE_SDP);
  if (key < 0) return { text: data.toString(), cut: [] };
  if (scratch.length < data.length) scratch = Buffer.alloc(2 * data.length);
  const cut: string[] = [];
  let length = 0;
  let at = 0;
  while (key >= 0) {
    const from = key + BEFORE_SDP.length;
    const to = stringEnd(data, from);
    if (to < 0) return null;
    const body = data.toString('latin1', from, to);
    if (!isStringBody(body)) return null;
    length += data.copy(scratch, length, at, from);
    length += writeNumber(cut.length, length);
    cut.push(body);
    at = to;
    key = data.indexOf(BEFORE_SDP, at);
    // Without a description a number could need more room than there was.
    if (length + 16 > scratch.length - (data.length - at)) return null;
  }
  length += data.copy(scratch, length, at);
  return { text: scratch.toString('utf8', 0, length), cut };
}

/**
 * @param value what was parsed from a skeleton where a description should be
 * @returns the JSON string body of its `sdp`, one character per byte, or `null`
 */
export function readDescription(
  value: unknown,
  type: 'offer' | 'answer',
  { cut }: Skeleton,
  maxLength: number,
): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const description = value as { type?: unknown; sdp?: unknown };
  const { sdp } = description;
  if (description.type !== type || typeof sdp !== 'string') return null;
  // Who writes numbers himself gets his own descriptions mixed up, nobody else's.
  const body = cut[Number(sdp)] ?? bytesOf(JSON.stringify(sdp).slice(1, -1));
  return body.length > 0 && body.length <= maxLength ? body : null;
}

/** One character per byte of UTF-8: what is put together for sending. */
export function bytesOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function writeNumber(n: number, at: number): number {
  if (n > 9) return scratch.write(String(n), at, 'latin1');
  scratch[at] = 0x30 + n;
  return 1;
}

/** Index of the quote that ends the string whose body begins at `from`, or -1. */
function stringEnd(data: Buffer, from: number): number {
  let to = data.indexOf(QUOTE, from);
  while (to >= 0 && isEscaped(data, from, to)) to = data.indexOf(QUOTE, to + 1);
  return to;
}

/** An odd number of backslashes before it. */
function isEscaped(data: Buffer, from: number, at: number): boolean {
  let first = at;
  while (first > from && data[first - 1] === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}

function isStringBody(body: string): boolean {
  if (CONTROL.test(body)) return false;
  let at = body.indexOf('\\');
  while (at >= 0) {
    // Each line of a description ends with \r\n; a look at one letter is enough for these.
    const letter = body.charCodeAt(at + 1);
    if (letter !== 0x6e && letter !== 0x72 && !ESCAPE.test(body.slice(at + 1, at + 6)))
      return false;
    at = body.indexOf('\\', at + 2);
  }
  return true;
}
