/** What a WebTorrent client says, as values. Bytes are characters U+0000..U+00FF. */
import type { AnnounceEvent } from '../announce';
import type { TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';

/**
 * What is passed on as it stands: the last fields of an object of JSON, in UTF-8, and its closing brace.
 * It lies in `source` of the message, and only for the time of the call.
 */
export interface Passage {
  readonly from: number;
  readonly to: number;
}

/** The passage is its description and its id. */
export interface Offer extends Passage {
  readonly id: string;
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
  readonly source: Uint8Array;
}

export interface AnswerMessage extends Passage {
  readonly kind: 'answer';
  readonly infoHash: InfoHash;
  readonly toPeerId: string;
  readonly offerId: string;
  readonly source: Uint8Array;
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
