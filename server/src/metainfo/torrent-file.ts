/** A .torrent file: the info dictionary as it was hashed, and around it what each reader needs. */

import { bencode, RawBencode } from './bencode';

export interface TorrentFileParts {
  /** The bencoded info dictionary, byte for byte. */
  info: Buffer;
  /** Tiers of announce URLs (BEP 12). Never a foreign tracker: the site coordinates its own swarms. */
  trackers: readonly (readonly string[])[];
  /** BEP 19. */
  webSeeds: readonly string[];
  comment?: string | undefined;
  createdBy: string;
  createdAt: Date;
}

/** Bytes of `application/x-bittorrent`. There is no `nodes` key: the DHT must not learn of closed content. */
export function encodeTorrentFile(parts: TorrentFileParts): Buffer {
  const urls = parts.trackers.flat();
  return bencode({
    announce: urls[0],
    'announce-list': urls.length > 1 ? parts.trackers.map((tier) => [...tier]) : undefined,
    comment: parts.comment,
    'created by': parts.createdBy,
    'creation date': Math.floor(parts.createdAt.getTime() / 1000),
    info: new RawBencode(parts.info),
    'url-list': urlList(parts.webSeeds),
  });
}

/** A lone URL is written as a string: the oldest form, which every client reads. */
function urlList(webSeeds: readonly string[]): string | string[] | undefined {
  if (webSeeds.length === 0) return undefined;
  return webSeeds.length === 1 ? webSeeds[0] : [...webSeeds];
}
