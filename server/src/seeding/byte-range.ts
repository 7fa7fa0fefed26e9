/** `Range: bytes=…` of RFC 9110 section 14, applied to a file of a known size. Pure. */

/** Both ends inclusive, as in `Content-Range`; always inside the file. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * `whole`: no range asked, or one that must be ignored. `ranges`: at least one, in the order asked.
 * `unsatisfiable`: 416.
 */
export type RangeSelection =
  { kind: 'whole' } | { kind: 'ranges'; ranges: ByteRange[] } | { kind: 'unsatisfiable' };

/**
 * More ranges than this in one request are refused with 416, which RFC 9110 section 15.5.17 names for
 * "an excessive request of small or overlapping ranges". The whole file instead could be a million
 * times what was asked. No torrent client asks for more than one.
 */
export const MAX_RANGES = 16;

const WHOLE: RangeSelection = { kind: 'whole' };
const UNSATISFIABLE: RangeSelection = { kind: 'unsatisfiable' };

/** `null` bounds are left out in the header: `500-` has no last, `-500` no first. */
interface RangeSpec {
  first: number | null;
  last: number | null;
}

/** A header that is malformed or in another unit is ignored: RFC 9110 section 14.2. */
export function selectByteRanges(header: string | undefined, size: number): RangeSelection {
  const specs = header === undefined ? null : parseRangeSet(header);
  if (specs === null) return WHOLE;
  if (specs.length > MAX_RANGES) return UNSATISFIABLE;
  if (size === 0) return isSuffixOfNothing(specs) ? WHOLE : UNSATISFIABLE;

  const ranges = specs.flatMap((spec) => resolveSpec(spec, size) ?? []);
  if (ranges.length === 0) return UNSATISFIABLE;
  // Overlaps that ask for more than there is: the whole file is the shorter answer and holds it all.
  const asked = ranges.reduce((sum, range) => sum + range.end - range.start + 1, 0);
  return ranges.length > 1 && asked > size ? WHOLE : { kind: 'ranges', ranges };
}

/** The list syntax allows white space and empty elements around commas (RFC 9110 section 5.6.1). */
function parseRangeSet(header: string): RangeSpec[] | null {
  const set = /^bytes=(.*)$/i.exec(header)?.[1];
  if (set === undefined) return null;
  const specs: RangeSpec[] = [];
  for (const element of set.split(',')) {
    const text = element.replace(/^[ \t]+|[ \t]+$/g, '');
    if (text === '') continue;
    const spec = parseSpec(text);
    if (spec === null) return null;
    specs.push(spec);
  }
  return specs.length === 0 ? null : specs;
}

function parseSpec(text: string): RangeSpec | null {
  const match = /^(\d*)-(\d*)$/.exec(text);
  if (match === null || text === '-') return null;
  const first = position(match[1]);
  const last = position(match[2]);
  return first !== null && last !== null && last < first ? null : { first, last };
}

/** Beyond 2^53 digits are lost; every such number is past the end of any file anyway. */
const position = (digits: string | undefined): number | null =>
  digits === undefined || digits === '' ? null : Number(digits);

/** libtorrent and others ask past the end of the last piece: the end is clamped, the start is not. */
function resolveSpec({ first, last }: RangeSpec, size: number): ByteRange | null {
  if (first === null) {
    return last === null || last === 0 ? null : { start: Math.max(0, size - last), end: size - 1 };
  }
  return first < size ? { start: first, end: Math.min(last ?? Infinity, size - 1) } : null;
}

/** "The last n bytes" of an empty file are satisfiable, but no Content-Range can say so: send it all. */
const isSuffixOfNothing = (specs: RangeSpec[]): boolean =>
  specs.some((spec) => spec.first === null && spec.last !== 0);
