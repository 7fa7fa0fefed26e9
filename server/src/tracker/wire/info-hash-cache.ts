/**
 * Info-hashes as strings, found again by their bytes: that takes a fraction of making a new string,
 * and a map finds a string that it has been asked for before without hashing it anew.
 */
import { INFO_HASH_BYTES, type InfoHash } from '../info-hash';

/** Each hash has one place, so that a flood of hashes costs time and no memory. */
const PLACES = 16_384;

export class InfoHashCache {
  private readonly texts = new Array<string>(PLACES).fill('');

  /** The 20 bytes from `at` on, which must be there. */
  read(bytes: Buffer, at: number): InfoHash {
    const place = ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)) & (PLACES - 1);
    const known = this.texts[place] ?? '';
    if (isTextOf(known, bytes, at)) return known;
    const text = bytes.toString('latin1', at, at + INFO_HASH_BYTES);
    this.texts[place] = text;
    return text as InfoHash;
  }
}

function isTextOf(text: string, bytes: Buffer, at: number): text is InfoHash {
  if (text.length !== INFO_HASH_BYTES) return false;
  for (let i = 0; i < INFO_HASH_BYTES; i += 1) {
    if (text.charCodeAt(i) !== bytes[at + i]) return false;
  }
  return true;
}
