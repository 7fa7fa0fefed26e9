/**
 * What a WebTorrent client says, from JSON to values. There is no specification: this is what the
 * clients of `bittorrent-tracker` and its relatives send. Bytes travel as characters U+0000..U+00FF.
 */
import type { AnnounceEvent } from '../announce';
import { TRACKER_ERRORS, type TrackerError } from '../errors';
import { INFO_HASH_BYTES, type InfoHash } from '../info-hash';
import type { SignallingConfig } from './config';
import { cutDescriptions, readDescription, type Skeleton } from './session-descriptions';

export interface Offer {
  readonly id: string;
  /** Body of a JSON string, one character per byte. */
  readonly sdp: string;
}

export interface AnnounceMessage {
  readonly kind: 'announce';
  readonly infoHash: InfoHash;
  readonly peerId: string;
  readonly event: AnnounceEvent;
  /** Bytes; Infinity when the client does not know yet. */
  readonly left: number;
  readonly downloaded: number;
  readonly offers: readonly Offer[];
}

export interface AnswerMessage {
  readonly kind: 'answer';
  readonly infoHash: InfoHash;
  readonly toPeerId: string;
  readonly offerId: string;
  readonly sdp: string;
}

export interface ScrapeMessage {
  readonly kind: 'scrape';
  readonly infoHashes: readonly InfoHash[];
}

export interface InvalidMessage {
  readonly kind: 'invalid';
  readonly action: 'announce' | 'scrape';
  readonly infoHash: InfoHash | null;
  readonly error: TrackerError;
}

export type ClientMessage = AnnounceMessage | AnswerMessage | ScrapeMessage | InvalidMessage;

type Fields = Record<string, unknown>;

/** An absurd list is refused instead of being cut: no client makes so many connections at once. */
const ABSURD_OFFERS = 100;

const EVENTS: ReadonlyMap<unknown, AnnounceEvent> = new Map<unknown, AnnounceEvent>([
  [undefined, 'none'],
  [null, 'none'],
  ['', 'none'],
  ['empty', 'none'],
  ['update', 'none'],
  ['started', 'started'],
  ['completed', 'completed'],
  ['stopped', 'stopped'],
  ['paused', 'paused'],
]);

/**
 * @param data a text message, valid UTF-8
 * @returns `null` for what is no JSON object: nobody speaks this protocol there
 */
export function readMessage(data: Buffer, config: SignallingConfig): ClientMessage | null {
  const skeleton = cutDescriptions(data);
  if (skeleton === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(skeleton.text);
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
    ? readAnnounce(skeleton, value, infoHash, peerId, config)
    : readAnswer(skeleton, value, infoHash, config);
}

function readAnnounce(
  skeleton: Skeleton,
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
  const offers = readOffers(skeleton, fields, config);
  if ('kind' in offers) return { ...invalid('invalid-offers', infoHash), error: offers };
  return { kind: 'announce', infoHash, peerId, event, left, downloaded, offers };
}

function readOffers(
  skeleton: Skeleton,
  { offers, numwant }: Fields,
  { maxOffers, maxDescription }: SignallingConfig,
): readonly Offer[] | TrackerError {
  if (offers === undefined) return NO_OFFERS;
  if (!Array.isArray(offers) || offers.length > ABSURD_OFFERS) {
    return TRACKER_ERRORS['invalid-offers'];
  }
  if (numwant != null && !Number.isInteger(numwant)) return TRACKER_ERRORS['invalid-numwant'];
  // A negative number leaves it to us, and nobody can be given a peer without an offer.
  const wanted = typeof numwant === 'number' && numwant >= 0 ? numwant : maxOffers;
  const count = Math.min(offers.length, wanted, maxOffers);
  if (count === 0) return NO_OFFERS;
  const list: Offer[] = [];
  for (let i = 0; i < count; i += 1) {
    const item: unknown = offers[i];
    const id = isObject(item) ? item['offer_id'] : null;
    const sdp = isObject(item)
      ? readDescription(item['offer'], 'offer', skeleton, maxDescription)
      : null;
    if (!isBytes20(id) || sdp === null) return TRACKER_ERRORS['invalid-offers'];
    list.push({ id, sdp });
  }
  return list;
}

const NO_OFFERS: readonly Offer[] = [];

function readAnswer(
  skeleton: Skeleton,
  fields: Fields,
  infoHash: InfoHash,
  { maxDescription }: SignallingConfig,
): AnswerMessage | InvalidMessage {
  const { to_peer_id: toPeerId, offer_id: offerId, answer } = fields;
  const sdp = readDescription(answer, 'answer', skeleton, maxDescription);
  if (!isBytes20(toPeerId) || !isBytes20(offerId) || sdp === null) {
    return invalid('invalid-answer', infoHash);
  }
  return { kind: 'answer', infoHash, toPeerId, offerId, sdp };
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
