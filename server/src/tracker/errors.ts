/**
 * Every failure that a peer can be told: a code for programs and metrics, one sentence that its
 * user understands, and when to come back. The list is finite, holds no internals, and each entry
 * exists once, so that a refusal costs nothing to make.
 */
import { REFUSAL } from './gate';

export interface TrackerError {
  readonly kind: 'failure';
  readonly code: TrackerErrorCode;
  /** ASCII, shown by clients as "failure reason" (BEP 3). */
  readonly text: string;
  /** Seconds after which the client should try again; also sent as BEP 31 `retry in`. */
  readonly retryAfter: number;
}

const SOON = 60;
/** An ordinary interval, spelled out: spreads out who came all at once. */
const NEXT_TIME = 600;
const LATER = 1800;
const MUCH_LATER = 3600;
/** Once every three hours, the longest interval that tracker lists accept. */
const RARELY = 10_800;

const invalid = (what: string): readonly [string, number] => [
  `Your torrent client sent a request that the tracker cannot read: ${what}.`,
  LATER,
];

const CATALOGUE = {
  starting: ['The tracker is just starting. Your client will try again by itself.', SOON],
  'not-registered': [
    'This torrent is not registered at this tracker. It may have been removed: look for it on the website.',
    MUCH_LATER,
  ],
  'passkey-required': [
    'This torrent is for members. Log in on the website and download the torrent again.',
    MUCH_LATER,
  ],
  'passkey-unknown': [
    'The passkey in this torrent is not valid any more. Log in on the website and download the torrent again.',
    MUCH_LATER,
  ],
  forbidden: ['Your account has no access to this torrent.', LATER],
  closed: ['This torrent is not published at the moment.', LATER],
  replaced: [
    'This torrent was replaced by a newer version. Download the new torrent from the website.',
    RARELY,
  ],
  'taken-down': ['This torrent was taken down by the website.', RARELY],
  'missing-info-hash': invalid('info_hash is missing'),
  'invalid-info-hash': invalid('info_hash must be 20 bytes'),
  'missing-peer-id': invalid('peer_id is missing'),
  'invalid-peer-id': invalid('peer_id must be 20 bytes'),
  'missing-port': invalid('port is missing'),
  'invalid-port': invalid('port must be a number from 1 to 65535'),
  'invalid-amount': invalid('left, uploaded and downloaded must be whole numbers of bytes'),
  'invalid-event': invalid('event must be started, completed, stopped, paused or empty'),
  'invalid-numwant': invalid('numwant must be a whole number'),
  'invalid-compact': invalid('compact must be 0 or 1'),
  'repeated-parameter': invalid('a parameter stands there twice'),
  'malformed-query': invalid('a percent sign must be followed by two hex digits'),
  'service-port': [
    'The tracker refuses this port because other services use it. Choose a port above 1023, like 51413, in your client.',
    LATER,
  ],
  'unusable-address': [
    'The tracker cannot hand out the address that your request came from.',
    LATER,
  ],
  'rate-limited': [
    'Too many requests from your network at once. Your client will try again by itself.',
    NEXT_TIME,
  ],
  'invalid-message': invalid('action must be announce or scrape'),
  'invalid-offers': invalid('offers must be a list of WebRTC offers with their offer_id'),
  'invalid-answer': invalid('answer needs offer_id, to_peer_id and a WebRTC answer'),
  'too-many-torrents': [
    'One connection announces more torrents than the tracker takes. Close some of them.',
    LATER,
  ],
  'swarm-full': [
    'More browsers share this torrent than the tracker can take. Yours will try again by itself.',
    NEXT_TIME,
  ],
  'method-not-allowed': invalid('only GET and HEAD are answered here'),
  internal: ['The tracker has a problem of its own. Your client will try again by itself.', LATER],
} as const satisfies Record<string, readonly [text: string, retryAfter: number]>;

export type TrackerErrorCode = keyof typeof CATALOGUE;

const entries = Object.entries(CATALOGUE) as [TrackerErrorCode, readonly [string, number]][];

export const TRACKER_ERRORS = Object.freeze(
  Object.fromEntries(
    entries.map(([code, [text, retryAfter]]) => [
      code,
      Object.freeze({ kind: 'failure', code, text, retryAfter }),
    ]),
  ),
) as Readonly<Record<TrackerErrorCode, TrackerError>>;

const CODE_OF_REFUSAL: Readonly<Record<keyof typeof REFUSAL, TrackerErrorCode>> = {
  starting: 'starting',
  notRegistered: 'not-registered',
  passkeyRequired: 'passkey-required',
  passkeyUnknown: 'passkey-unknown',
  forbidden: 'forbidden',
  closed: 'closed',
  replaced: 'replaced',
  takenDown: 'taken-down',
};

const BY_REFUSAL = new Map<number, TrackerError>(
  Object.entries(CODE_OF_REFUSAL).map(([name, code]) => [
    REFUSAL[name as keyof typeof REFUSAL],
    TRACKER_ERRORS[code],
  ]),
);

/** What to tell a peer that the gate did not admit: `refusal` is its negative answer. */
export function errorOfRefusal(refusal: number): TrackerError {
  return BY_REFUSAL.get(refusal) ?? TRACKER_ERRORS.internal;
}
