/**
 * Bencoded replies as latin1 strings, one character per byte. For `node:http` that is faster than
 * a Buffer: head and body leave in one write, and nothing of ours is still in use afterwards.
 */
import { formatAddress } from '../address';
import type { AnnounceReply } from '../announce';
import type { TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';
import type { AddressFamily, SwarmAnswer, SwarmCounts } from '../swarm/swarm-store';
import type { HttpAnnounce } from './announce-query';

/** BEP 3 with BEP 7 (`peers6`), 21 (`downloaders`), 23 (compact or not) and 24 (`external ip`). */
export function encodeAnnounceReply(reply: AnnounceReply, request: HttpAnnounce): string {
  const { swarm } = reply;
  const addressLength = request.family === 4 ? 4 : 16;
  // Keys in byte order, as bencode asks.
  return (
    `d8:completei${swarm.seeders}e10:downloadedi${swarm.completed}` +
    `e11:downloadersi${swarm.downloaders}e11:external ip${addressLength}:` +
    request.endpoint.toString('latin1', 0, addressLength) +
    `10:incompletei${swarm.leechers}e8:intervali${reply.interval}` +
    `e12:min intervali${reply.minInterval}e` +
    (request.compact ? compactPeers(swarm) : listedPeers(swarm)) +
    'e'
  );
}

function compactPeers({ peers4, count4, peers6, count6 }: SwarmAnswer): string {
  const peers = `5:peers${count4 * 6}:${peers4.toString('latin1', 0, count4 * 6)}`;
  if (count6 === 0) return peers;
  return `${peers}6:peers6${count6 * 18}:${peers6.toString('latin1', 0, count6 * 18)}`;
}

/**
 * BEP 3's dictionaries, both families in one list. Without `peer id`, as if `no_peer_id=1` had
 * been asked for: an id would more than double the memory of a peer for a form of reply that no
 * current client asks for, and clients learn the true id in the handshake.
 */
function listedPeers({ peers4, count4, peers6, count6 }: SwarmAnswer): string {
  let list = '5:peersl';
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
