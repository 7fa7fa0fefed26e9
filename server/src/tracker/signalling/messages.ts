/** What a WebTorrent client says, as values. Bytes are characters U+0000..U+00FF. */
import type { AnnounceEvent } from '../announce';
import type { TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';

export interface Offer {
  readonly id: string;
  /** The id as a JSON string, one character per byte of UTF-8. */
  readonly idJson: string;
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
  /** As the offer's. */
  readonly offerIdJson: string;
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

export const EVENTS: ReadonlyMap<unknown, AnnounceEvent> = new Map<unknown, AnnounceEvent>([
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

export const NO_OFFERS: readonly Offer[] = [];
