/**
 * What the tracker says to a WebTorrent client: JSON in UTF-8, one character per byte, so that
 * nothing has to be converted when it is sent.
 */
import type { TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';
import type { SwarmCounts } from '../swarm/swarm-store';
import { bytesOf } from '../wire/byte-writer';

/** How a byte stands in a JSON string, when bytes are written as characters U+0000..U+00FF. */
const JSON_BYTES = Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(JSON.stringify(String.fromCharCode(byte)).slice(1, -1)),
);
/** The longest is \u00xx. */
const scratch = Buffer.alloc(2 + 6 * 20);
const QUOTE = 0x22;
const NOTHING = Buffer.alloc(0);

/** @param bytes 20 characters U+0000..U+00FF: an info-hash, a peer id, an offer id */
export function bytesJson(bytes: string): string {
  scratch[0] = QUOTE;
  let length = 1;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes.charCodeAt(i);
    if (byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== 0x5c) {
      scratch[length] = byte;
      length += 1;
      continue;
    }
    // One string in one piece: pieces would have to be put together again for each message.
    for (const part of JSON_BYTES[byte] ?? NOTHING) {
      scratch[length] = part;
      length += 1;
    }
  }
  scratch[length] = QUOTE;
  return scratch.toString('latin1', 0, length + 1);
}

/** The first half of everything that is passed on from one peer: written once per peer. */
export function writeSender(infoHashJson: string, peerId: string): Uint8Array {
  return bytesOf(
    `{"action":"announce","info_hash":${infoHashJson},"peer_id":${bytesJson(peerId)},`,
  );
}

/**
 * The second half, and the end of the message.
 * @param sdpJson a JSON string
 */
export function writeDescription(
  offerId: string,
  type: 'offer' | 'answer',
  sdpJson: string,
): string {
  return `"offer_id":${bytesJson(offerId)},"${type}":{"type":"${type}","sdp":${sdpJson}}}`;
}

export function writeAnnounceReply(
  infoHashJson: string,
  interval: number,
  seeders: number,
  leechers: number,
): string {
  return `{"action":"announce","interval":${interval},"info_hash":${infoHashJson},"complete":${seeders},"incomplete":${leechers}}`;
}

export function writeScrapeReply(
  files: readonly (readonly [InfoHash, SwarmCounts])[],
  minInterval: number,
): string {
  const entries = files.map(
    ([infoHash, { seeders, leechers, completed }]) =>
      `${bytesJson(infoHash)}:{"complete":${seeders},"incomplete":${leechers},"downloaded":${completed}}`,
  );
  return `{"action":"scrape","files":{${entries.join(',')}},"flags":{"min_request_interval":${minInterval}}}`;
}

/** The texts of failures are ASCII. */
export function writeFailure(
  action: 'announce' | 'scrape',
  { text, retryAfter }: TrackerError,
  infoHash: InfoHash | null,
): string {
  const about = infoHash === null ? '' : `,"info_hash":${bytesJson(infoHash)}`;
  return `{"action":"${action}","failure reason":${JSON.stringify(text)},"interval":${retryAfter}${about}}`;
}
