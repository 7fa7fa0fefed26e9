/** Bencoded replies, written straight into the buffer that goes to the socket. */
import { formatAddress } from '../address';
import type { AnnounceReply } from '../announce';
import type { TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';
import type { AddressFamily, SwarmAnswer, SwarmCounts } from '../swarm/swarm-store';
import type { HttpAnnounce } from './announce-query';
import { bytesOf, type ByteWriter } from './byte-writer';

/** The words between the numbers of an announce's reply; keys in byte order, as bencode asks. */
const WORDS = {
  complete: bytesOf('d8:completei'),
  downloaded: bytesOf('e10:downloadedi'),
  downloaders: bytesOf('e11:downloadersi'),
  externalIp: { 4: bytesOf('e11:external ip4:'), 6: bytesOf('e11:external ip16:') },
  incomplete: bytesOf('10:incompletei'),
  interval: bytesOf('e8:intervali'),
  minInterval: bytesOf('e12:min intervali'),
  peers: bytesOf('e5:peers'),
  peers6: bytesOf('6:peers6'),
} as const;

const COLON = bytesOf(':');
const END = bytesOf('e');

/** All of a reply but its peers: words, six numbers, an address. */
const MOST_BYTES = 384;
/** `d2:ip39:…4:porti65535ee` */
const MOST_BYTES_OF_LISTED = 70;

/** BEP 3 with BEP 7 (`peers6`), 21 (`downloaders`), 23 (compact or not) and 24 (`external ip`). */
export function writeAnnounceReply(
  { swarm, interval, minInterval }: AnnounceReply,
  { family, endpoint, compact }: HttpAnnounce,
  out: ByteWriter,
): void {
  const { count4, count6 } = swarm;
  out.reserve(
    MOST_BYTES + (compact ? count4 * 6 + count6 * 18 : (count4 + count6) * MOST_BYTES_OF_LISTED),
  );
  out.copy(WORDS.complete);
  out.decimal(swarm.seeders);
  out.copy(WORDS.downloaded);
  out.decimal(swarm.completed);
  out.copy(WORDS.downloaders);
  out.decimal(swarm.downloaders);
  out.copy(WORDS.externalIp[family]);
  out.copyFirst(endpoint, family === 4 ? 4 : 16);
  out.copy(WORDS.incomplete);
  out.decimal(swarm.leechers);
  out.copy(WORDS.interval);
  out.decimal(interval);
  out.copy(WORDS.minInterval);
  out.decimal(minInterval);
  out.copy(WORDS.peers);
  if (compact) writeCompactPeers(swarm, out);
  else out.latin1(listedPeers(swarm));
  out.copy(END);
}

function writeCompactPeers({ peers4, count4, peers6, count6 }: SwarmAnswer, out: ByteWriter): void {
  out.decimal(count4 * 6);
  out.copy(COLON);
  out.copyFirst(peers4, count4 * 6);
  if (count6 === 0) return;
  out.copy(WORDS.peers6);
  out.decimal(count6 * 18);
  out.copy(COLON);
  out.copyFirst(peers6, count6 * 18);
}

/**
 * BEP 3's dictionaries, both families in one list. Without `peer id`, as if `no_peer_id=1` had
 * been asked for: an id would more than double the memory of a peer for a form of reply that no
 * current client asks for, and clients learn the true id in the handshake.
 */
function listedPeers({ peers4, count4, peers6, count6 }: SwarmAnswer): string {
  let list = 'l';
  for (let i = 0; i < count4; i += 1) list += listedPeer(peers4, i * 6, 4);
  for (let i = 0; i < count6; i += 1) list += listedPeer(peers6, i * 18, 6);
  return `${list}e`;
}

function listedPeer(peers: Buffer, at: number, family: AddressFamily): string {
  const ip = formatAddress(peers, at, family);
  return `d2:ip${ip.length}:${ip}4:porti${peers.readUInt16BE(at + (family === 4 ? 4 : 16))}ee`;
}

/** BEP 48, with BEP 21's `downloaders`. The entries come sorted by info-hash. */
export function encodeScrapeReply(
  entries: readonly (readonly [InfoHash, SwarmCounts])[],
  minInterval: number,
): string {
  let files = '';
  for (const [infoHash, counts] of entries) {
    files +=
      `20:${infoHash}d8:completei${counts.seeders}e10:downloadedi${counts.completed}` +
      `e11:downloadersi${counts.downloaders}e10:incompletei${counts.leechers}ee`;
  }
  return `d5:filesd${files}e5:flagsd20:min_request_intervali${minInterval}eee`;
}

const failures = new Map<TrackerError, string>();

/** BEP 3 `failure reason`, with the intervals that clients really obey and BEP 31 `retry in`. */
export function encodeFailure(error: TrackerError): string {
  let body = failures.get(error);
  if (body === undefined) {
    const { text, retryAfter } = error;
    body =
      `d14:failure reason${text.length}:${text}8:intervali${retryAfter}e` +
      `12:min intervali${retryAfter}e8:retry ini${Math.ceil(retryAfter / 60)}ee`;
    failures.set(error, body);
  }
  return body;
}
