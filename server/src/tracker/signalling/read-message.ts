/**
 * What a WebTorrent client says, from any JSON to values. There is no specification: this is what the
 * clients of `bittorrent-tracker` and its relatives send. Bytes travel as characters U+0000..U+00FF.
 */
import { isUtf8 } from 'node:buffer';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import { INFO_HASH_BYTES, type InfoHash } from '../info-hash';
import type { SignallingConfig } from './config';
import { EVENTS } from './messages';
import type {
  AnnounceMessage,
  AnswerMessage,
  ClientMessage,
  InvalidMessage,
  ScrapeMessage,
} from './messages';
import { writeDescription } from './write-message';

type Fields = Record<string, unknown>;

/** An absurd list is refused instead of being cut: no client makes so many connections at once. */
const ABSURD_OFFERS = 100;

/**
 * @param data a text message that was nothing for `RegularReader`
 * @returns `null` for what is no JSON object in UTF-8: nobody speaks this protocol there
 */
export function readMessage(data: Buffer, config: SignallingConfig): ClientMessage | null {
  if (!isUtf8(data)) return null;
  let value: unknown;
  try {
    value = JSON.parse(data.toString());
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  if (value['action'] === 'scrape') return readScrape(value, config);
  if (value['action'] !== 'announce') return invalid('invalid-message', null);
  const infoHash = readInfoHash(value['info_hash']);
  if (typeof infoHash !== 'string') return { ...infoHash, action: 'announce' };
  const peerId = value['peer_id'];
  if (peerId === undefined) return invalid('missing-peer-id', infoHash);
  if (!isBytes20(peerId)) return invalid('invalid-peer-id', infoHash);
  return value['answer'] == null
    ? readAnnounce(value, infoHash, peerId, config)
    : readAnswer(value, infoHash, config);
}

function readAnnounce(
  fields: Fields,
  infoHash: InfoHash,
  peerId: string,
  config: SignallingConfig,
): AnnounceMessage | InvalidMessage {
  const event = EVENTS.get(fields['event']);
  if (event === undefined) return invalid('invalid-event', infoHash);
  // Infinity, for a magnet link without metadata, is null in JSON.
  const left = readAmount(fields['left'], Infinity);
  const downloaded = readAmount(fields['downloaded'], 0);
  if (left < 0 || downloaded < 0) return invalid('invalid-amount', infoHash);
  const list = readOffers(fields, config);
  if ('text' in list) return { ...invalid('invalid-offers', infoHash), error: list };
  return { kind: 'announce', infoHash, peerId, event, left, downloaded, ...writeOffers(list) };
}

interface ReadOffer {
  id: string;
  sdpJson: string;
}

/** As one buffer, as if they had come so. */
function writeOffers(list: readonly ReadOffer[]): Pick<AnnounceMessage, 'offers' | 'source'> {
  let from = 0;
  const parts = list.map(({ id, sdpJson }) =>
    Buffer.from(writeDescription(id, 'offer', sdpJson), 'latin1'),
  );
  const offers = parts.map(({ length }, i) => {
    const to = from + length;
    const offer = { id: list[i]?.id ?? '', from, to };
    from = to;
    return offer;
  });
  return { offers, source: Buffer.concat(parts) };
}

function readOffers(
  { offers, numwant }: Fields,
  { maxOffers, maxDescription }: SignallingConfig,
): readonly ReadOffer[] | TrackerError {
  if (offers === undefined) return [];
  if (!Array.isArray(offers) || offers.length > ABSURD_OFFERS) {
    return TRACKER_ERRORS['invalid-offers'];
  }
  if (numwant != null && !Number.isInteger(numwant)) return TRACKER_ERRORS['invalid-numwant'];
  // A negative number leaves it to us, and nobody can be given a peer without an offer.
  const wanted = typeof numwant === 'number' && numwant >= 0 ? numwant : maxOffers;
  const count = Math.min(offers.length, wanted, maxOffers);
  const list: ReadOffer[] = [];
  for (let i = 0; i < count; i += 1) {
    const item: unknown = offers[i];
    const id = isObject(item) ? item['offer_id'] : null;
    const sdpJson = isObject(item) ? readDescription(item['offer'], 'offer', maxDescription) : null;
    if (!isBytes20(id) || sdpJson === null) return TRACKER_ERRORS['invalid-offers'];
    list.push({ id, sdpJson });
  }
  return list;
}

function readAnswer(
  fields: Fields,
  infoHash: InfoHash,
  { maxDescription }: SignallingConfig,
): AnswerMessage | InvalidMessage {
  const { to_peer_id: toPeerId, offer_id: offerId, answer } = fields;
  const sdpJson = readDescription(answer, 'answer', maxDescription);
  if (!isBytes20(toPeerId) || !isBytes20(offerId) || sdpJson === null) {
    return invalid('invalid-answer', infoHash);
  }
  const source = Buffer.from(writeDescription(offerId, 'answer', sdpJson), 'latin1');
  return { kind: 'answer', infoHash, toPeerId, offerId, source, from: 0, to: source.length };
}

/** @returns its `sdp` as a JSON string, one character per byte of UTF-8 */
function readDescription(
  value: unknown,
  type: 'offer' | 'answer',
  maxLength: number,
): string | null {
  if (!isObject(value) || value['type'] !== type || typeof value['sdp'] !== 'string') return null;
  const json = Buffer.from(JSON.stringify(value['sdp'])).toString('latin1');
  const length = json.length - 2;
  return length > 0 && length <= maxLength ? json : null;
}

function readScrape(
  { info_hash: wanted }: Fields,
  { maxScrape }: SignallingConfig,
): ScrapeMessage | InvalidMessage {
  const infoHashes = new Set<InfoHash>();
  for (const item of Array.isArray(wanted) ? wanted.slice(0, maxScrape) : [wanted]) {
    const infoHash = readInfoHash(item);
    if (typeof infoHash !== 'string') return infoHash;
    infoHashes.add(infoHash);
  }
  // A full scrape would tell everybody what is here.
  if (infoHashes.size === 0) return { ...invalid('missing-info-hash', null), action: 'scrape' };
  return { kind: 'scrape', infoHashes: [...infoHashes] };
}

function readInfoHash(value: unknown): InfoHash | InvalidMessage {
  if (isBytes20(value)) return value as InfoHash;
  const code = value === undefined ? 'missing-info-hash' : 'invalid-info-hash';
  return { ...invalid(code, null), action: 'scrape' };
}

/** @returns -1 for what is no whole number of bytes */
function readAmount(value: unknown, whenUnknown: number): number {
  if (value == null) return whenUnknown;
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : -1;
}

/** 20 bytes, as characters: more bytes in fewer characters are not the same. */
function isBytes20(value: unknown): value is string {
  if (typeof value !== 'string' || value.length !== INFO_HASH_BYTES) return false;
  for (let i = 0; i < INFO_HASH_BYTES; i += 1) if (value.charCodeAt(i) > 0xff) return false;
  return true;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(code: keyof typeof TRACKER_ERRORS, infoHash: InfoHash | null): InvalidMessage {
  return { kind: 'invalid', action: 'announce', infoHash, error: TRACKER_ERRORS[code] };
}
