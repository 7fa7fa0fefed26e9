/**
 * IP addresses between text and bytes. Own code, because it runs once per announce: no regular
 * expression, no array, no substring.
 */
import type { AddressFamily } from './swarm/swarm-store';

const DOT = 0x2e;
const COLON = 0x3a;
/** Longest text of an IPv6 address: eight groups, the last two in dotted form. */
const MAX_LENGTH = 45;

/**
 * Writes the address into `out` (16 bytes at least). An IPv4-mapped address (`::ffff:a.b.c.d`) is
 * the IPv4 address; a zone (`%eth0`) is cut off.
 * @returns the family, or 0 when `text` is no address
 */
export function parseAddress(text: string, out: Uint8Array): AddressFamily | 0 {
  // Most are IPv4, and an IPv6 address is found not to be within five characters.
  if (parseIPv4(text, 0, text.length, out, 0)) return 4;
  const zone = text.indexOf('%');
  const end = zone < 0 ? text.length : zone;
  if (end === 0 || end > MAX_LENGTH || !parseIPv6(text, end, out)) return 0;
  if (!isMapped(out)) return 6;
  out.copyWithin(0, 12, 16);
  return 4;
}

/** Dotted decimal, four parts, no leading zeros (some systems read those as octal). */
function parseIPv4(text: string, from: number, to: number, out: Uint8Array, at: number): boolean {
  let part = -1;
  let parts = 0;
  for (let i = from; i <= to; i += 1) {
    const code = i === to ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (part < 0 || parts === 4) return false;
      out[at + parts] = part;
      parts += 1;
      part = -1;
      continue;
    }
    const digit = code - 0x30;
    if (digit < 0 || digit > 9 || part === 0) return false;
    part = part < 0 ? digit : part * 10 + digit;
    if (part > 255) return false;
  }
  return parts === 4;
}

function parseIPv6(text: string, end: number, out: Uint8Array): boolean {
  let at = 0;
  /** Where `::` stands, in bytes written before it. */
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = 0;
    i = 2;
  }
  while (i < end) {
    if (at === 16) return false;
    const next = groupEnd(text, i, end);
    if (next < end && text.charCodeAt(next) === DOT) {
      if (at > 12 || !parseIPv4(text, i, end, out, at)) return false;
      at += 4;
      break;
    }
    const group = parseGroup(text, i, next);
    if (group < 0) return false;
    out[at] = group >> 8;
    out[at + 1] = group & 0xff;
    at += 2;
    i = next;
    if (i === end) break;
    // A single colon needs a group after it; a double one may stand at the end.
    i += 1;
    if (i < end && text.charCodeAt(i) === COLON) {
      if (gap >= 0) return false;
      gap = at;
      i += 1;
    } else if (i === end) return false;
  }
  if (gap < 0) return at === 16;
  if (at > 14) return false;
  out.copyWithin(16 - (at - gap), gap, at);
  out.fill(0, gap, 16 - (at - gap));
  return true;
}

/** Index of the colon or dot that ends the group, or `end`. */
function groupEnd(text: string, from: number, end: number): number {
  let i = from;
  for (; i < end; i += 1) {
    const code = text.charCodeAt(i);
    if (code === COLON || code === DOT) return i;
  }
  return i;
}

/** One to four hex digits, or -1. */
function parseGroup(text: string, from: number, to: number): number {
  if (to === from || to - from > 4) return -1;
  let value = 0;
  for (let i = from; i < to; i += 1) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

const HEX_DIGITS = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit += 1) {
  const text = digit.toString(16);
  HEX_DIGITS[text.charCodeAt(0)] = HEX_DIGITS[text.toUpperCase().charCodeAt(0)] = digit;
}

/** Value of a hex digit's character code, or -1. */
export function hexDigit(code: number): number {
  return HEX_DIGITS[code] ?? -1;
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i += 1) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** Text of an address; IPv6 in full groups, which every parser reads. */
export function formatAddress(bytes: Uint8Array, at: number, family: AddressFamily): string {
  const part = (i: number): number => bytes[at + i] ?? 0;
  if (family === 4) return `${part(0)}.${part(1)}.${part(2)}.${part(3)}`;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((part(i) << 8) | part(i + 1)).toString(16));
  return groups.join(':');
}

/**
 * Whether a peer could be reached there at all: not "this network", link-local, multicast, reserved
 * or broadcast. Loopback and private addresses are reachable for somebody.
 */
export function isUsableSource(bytes: Uint8Array, family: AddressFamily): boolean {
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  if (family === 4) return first !== 0 && first < 224 && !(first === 169 && second === 254);
  if (first === 0xff || (first === 0xfe && (second & 0xc0) === 0x80)) return false;
  for (let i = 0; i < 16; i += 1) if (bytes[i] !== 0) return true;
  return false;
}

/** From where an address can be reached; a higher one sees what is on its own level and below. */
export const REACH = {
  /** From everywhere. */
  public: 0,
  /** From the same local network (RFC 1918, RFC 4193), provider network (RFC 6598) or link. */
  private: 1,
  /** From this machine. */
  loopback: 2,
} as const;

export type Reach = (typeof REACH)[keyof typeof REACH];

export function reachOf(bytes: Uint8Array, family: AddressFamily): Reach {
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  if (family === 4) {
    if (first === 127) return REACH.loopback;
    const isPrivate =
      first === 10 ||
      (first === 192 && second === 168) ||
      (first === 172 && (second & 0xf0) === 16) ||
      (first === 100 && (second & 0xc0) === 64) ||
      (first === 169 && second === 254);
    return isPrivate ? REACH.private : REACH.public;
  }
  if ((first & 0xfe) === 0xfc) return REACH.private;
  if (first === 0xfe && (second & 0xc0) === 0x80) return REACH.private;
  if (first !== 0 || bytes[15] !== 1) return REACH.public;
  for (let i = 1; i < 15; i += 1) if (bytes[i] !== 0) return REACH.public;
  return REACH.loopback;
}
