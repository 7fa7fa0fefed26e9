/** Reads the query of an HTTP scrape (BEP 48). A scrape without an info-hash is refused: it would tell all. */
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import { INFO_HASH_BYTES, type InfoHash } from '../info-hash';
import { decodeBytes, decodePasskey, QueryCursor } from './query';

export interface HttpScrape {
  readonly kind: 'scrape';
  /** Each once, at most {@link MAX_SCRAPE}, in byte order as bencode wants its keys. */
  readonly infoHashes: readonly InfoHash[];
  readonly passkey: string | null;
}

/** Info-hashes answered per scrape; what comes after them is left out. */
export const MAX_SCRAPE = 100;

const cursor = new QueryCursor();
const infoHashBytes = Buffer.alloc(INFO_HASH_BYTES);

export function parseScrapeQuery(
  url: string,
  from: number,
  pathKey: string | null,
): HttpScrape | TrackerError {
  const infoHashes = new Set<InfoHash>();
  let passkey = pathKey;
  let keys = pathKey === null ? 0 : 1;
  cursor.open(url, from);
  while (cursor.next()) {
    const { keyFrom, keyTo, valueFrom, valueTo } = cursor;
    if (keyTo - keyFrom === 9 && url.startsWith('info_hash', keyFrom)) {
      const length = decodeBytes(url, valueFrom, valueTo, infoHashBytes);
      if (length !== INFO_HASH_BYTES) return TRACKER_ERRORS['invalid-info-hash'];
      const infoHash = infoHashBytes.toString('latin1') as InfoHash;
      if (infoHashes.size < MAX_SCRAPE) infoHashes.add(infoHash);
      continue;
    }
    if (!cursor.hasValidEscapes()) return TRACKER_ERRORS['malformed-query'];
    if (keyTo - keyFrom === 7 && url.startsWith('passkey', keyFrom)) {
      passkey = decodePasskey(url, valueFrom, valueTo);
      keys += 1;
    }
  }
  if (keys > 1) return TRACKER_ERRORS['repeated-parameter'];
  if (infoHashes.size === 0) return TRACKER_ERRORS['missing-info-hash'];
  // Strings of one byte per character compare as their bytes do.
  return { kind: 'scrape', infoHashes: [...infoHashes].sort(compareBytes), passkey };
}

const compareBytes = (a: string, b: string): number => (a < b ? -1 : 1);
