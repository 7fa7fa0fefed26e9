/** Reads the packet of a UDP announce (BEP 15, 41) into an `AnnounceRequest`. */
import type { AnnounceEvent, AnnounceRequest } from '../announce';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';
import type { AnnouncePath } from './announce-path';
import type { InfoHashCache } from './info-hash-cache';
import { ANNOUNCE_BYTES, MAX_PEERS4, MAX_PEERS6, readWord } from './udp-packet';
import { passkeyOfUrl, readUrlData } from './udp-url-data';

const INFO_HASH_AT = 16;
const DOWNLOADED_AT = 56;
const LEFT_AT = 64;
const UPLOADED_AT = 72;
const EVENT_AT = 80;
// At 84 an address and at 88 a key: whoever believes the first lets anybody add any address.
const NUMWANT_AT = 92;
const PORT_AT = 96;

/** By number; 4 is BEP 21's, as libtorrent sends it. */
const EVENTS: readonly AnnounceEvent[] = ['none', 'completed', 'started', 'stopped', 'paused'];

export function emptyUdpAnnounce(): AnnounceRequest {
  return {
    transport: 'udp',
    infoHash: '' as InfoHash,
    passkey: null,
    endpoint: Buffer.alloc(18),
    family: 4,
    port: 0,
    event: 'none',
    left: 0,
    uploaded: 0,
    downloaded: 0,
    numwant: -1,
  };
}

/**
 * Reads all but the source address, which `request` holds already.
 * @param packet of {@link ANNOUNCE_BYTES} at least
 * @returns `'truncated'` when its options are, what else is wrong with it, or `null`
 */
export function readUdpAnnounce(
  packet: Buffer,
  path: AnnouncePath,
  hashes: InfoHashCache,
  request: AnnounceRequest,
): TrackerError | 'truncated' | null {
  request.passkey = null;
  if (packet.length > ANNOUNCE_BYTES) {
    const url = readUrlData(packet, ANNOUNCE_BYTES);
    if (url === null) return 'truncated';
    const passkey = url === '' ? null : passkeyOfUrl(url, path);
    if (passkey !== null && typeof passkey !== 'string') return passkey;
    request.passkey = passkey;
  }
  const event = EVENTS[readWord(packet, EVENT_AT)];
  if (event === undefined) return TRACKER_ERRORS['invalid-event'];
  const port = readWord(packet, PORT_AT - 2) & 0xffff;
  if (port === 0 && event !== 'stopped') return TRACKER_ERRORS['invalid-port'];
  const { family, endpoint } = request;
  const want = readWord(packet, NUMWANT_AT);
  request.infoHash = hashes.read(packet, INFO_HASH_AT);
  request.event = event;
  request.port = port;
  const portAt = family === 4 ? 4 : 16;
  endpoint[portAt] = port >> 8;
  endpoint[portAt + 1] = port;
  request.left = readAmount(packet, LEFT_AT);
  request.uploaded = readAmount(packet, UPLOADED_AT);
  request.downloaded = readAmount(packet, DOWNLOADED_AT);
  request.numwant = want < 0 ? -1 : Math.min(want, family === 4 ? MAX_PEERS4 : MAX_PEERS6);
  return null;
}

/** 64 bits to the nearest number, unsigned: a client that means "unknown" by -1 has much left. */
function readAmount(packet: Buffer, at: number): number {
  return (readWord(packet, at) >>> 0) * 2 ** 32 + (readWord(packet, at + 4) >>> 0);
}
