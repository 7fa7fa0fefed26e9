/** The options behind an announce (BEP 41), and the passkey in the URL that they carry. */
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import { decodePasskey, QueryCursor } from './query';
import type { AnnouncePath, TrackerTarget } from './announce-path';

const OPTION = { end: 0, nop: 1, urlData: 2 } as const;

/**
 * Path and query of the announce URL: the URL data of all options, joined. aria2 sends no option
 * but two zero bytes, which end the list.
 * @returns `null` when an option reaches beyond the packet
 */
export function readUrlData(packet: Buffer, from: number): string | null {
  let url = '';
  for (let at = from; at < packet.length;) {
    const option = packet[at];
    at += 1;
    if (option === OPTION.end) break;
    if (option === OPTION.nop) continue;
    // Every other option says its length, also those that BEP 41 does not know yet.
    const length = packet[at];
    if (length === undefined) return null;
    at += 1;
    if (at + length > packet.length) return null;
    if (option === OPTION.urlData) url += packet.toString('latin1', at, at + length);
    at += length;
  }
  return url;
}

const cursor = new QueryCursor();
const target: TrackerTarget = { action: 'announce', passkey: null, queryFrom: 0 };

/**
 * The passkey of `/announce/K` or `?passkey=K`, by the rules of HTTP. Whatever else the URL says
 * means nothing: this port is the tracker's alone.
 */
export function passkeyOfUrl(url: string, path: AnnouncePath): string | null | TrackerError {
  let passkey: string | null = null;
  let from = url.indexOf('?') + 1;
  if (from === 0) from = url.length;
  if (path.read(url, target)) {
    passkey = target.passkey;
    from = target.queryFrom;
  }
  let keys = passkey === null ? 0 : 1;
  cursor.open(url, from);
  while (cursor.next()) {
    if (!cursor.hasValidEscapes()) return TRACKER_ERRORS['malformed-query'];
    const { keyFrom, keyTo, valueFrom, valueTo } = cursor;
    if (keyTo - keyFrom !== 7 || !url.startsWith('passkey', keyFrom)) continue;
    passkey = decodePasskey(url, valueFrom, valueTo);
    keys += 1;
  }
  return keys > 1 ? TRACKER_ERRORS['repeated-parameter'] : passkey;
}
