/**
 * Counts what happens, in place of log lines: the labels are finite, nothing of a peer is kept, and
 * counting is one write into a typed array. Whoever shows the numbers reads them when asked.
 */
import type { Transport } from '../announce';
import { TRACKER_ERRORS, type TrackerError, type TrackerErrorCode } from '../errors';
import type { AddressFamily } from '../swarm/swarm-store';
import { LatencyHistogram, type LatencySnapshot } from './latency';

/** What is thrown away without an answer. */
export const DROP_REASONS = [
  /** Too short, or with options that BEP 41 does not allow. */
  'udp-malformed',
  /** Neither connect, announce nor scrape. */
  'udp-action',
  /** Unknown, expired, or of another address: the source may be forged. */
  'udp-connection-id',
  /** Port 0, or an address that is none. */
  'udp-source',
  /** The socket could not send the answer. */
  'udp-unsent',
  'websocket-malformed',
  'websocket-too-large',
  /** For an offer that never was, or for a peer that is gone. */
  'websocket-unroutable',
  /** The reader is too slow. */
  'websocket-backlog',
  /** More connections or swarms than one client or address may have. */
  'websocket-limit',
  'websocket-origin',
  /** A trusted proxy sent something that is no address; the socket's was taken. */
  'forwarded-address',
] as const;

export type DropReason = (typeof DROP_REASONS)[number];

export type Outcome = 'ok' | TrackerErrorCode;

export interface RequestCount {
  transport: Transport;
  family: AddressFamily;
  outcome: Outcome;
  count: number;
}

export interface TallySnapshot {
  /** Those that happened. */
  announces: RequestCount[];
  scrapes: RequestCount[];
  /** Every reason, also those at zero. */
  drops: { reason: DropReason; count: number }[];
  /** One announce of {@link LATENCY_SAMPLE}. */
  latency: LatencySnapshot;
}

export interface Tally {
  /** @param failure what the peer was told instead of peers */
  announced(transport: Transport, family: AddressFamily, failure: TrackerError | null): void;
  /** Once per request, however many info-hashes it asks about. */
  scraped(transport: Transport, family: AddressFamily, failure: TrackerError | null): void;
  dropped(reason: DropReason): void;
  /** Whether this announce is one to measure; then call {@link observe}. */
  isSampled(): boolean;
  /** @param milliseconds between the two calls of the clock */
  observe(milliseconds: number): void;
  snapshot(): TallySnapshot;
}

/** The clock costs more than everything else here; one of so many announces is measured. */
export const LATENCY_SAMPLE = 16;

const TRANSPORTS: readonly Transport[] = ['http', 'udp', 'websocket'];
const FAMILIES: readonly AddressFamily[] = [4, 6];
const OUTCOMES: readonly Outcome[] = ['ok', ...(Object.keys(TRACKER_ERRORS) as TrackerErrorCode[])];
const OUTCOME_INDEX = new Map(OUTCOMES.map((outcome, index) => [outcome, index]));
const DROP_INDEX = new Map(DROP_REASONS.map((reason, index) => [reason, index]));

export function createTally(): Tally {
  const announces = new Float64Array(TRANSPORTS.length * FAMILIES.length * OUTCOMES.length);
  const scrapes = new Float64Array(announces.length);
  const drops = new Float64Array(DROP_REASONS.length);
  const latency = new LatencyHistogram();
  let calls = 0;

  return {
    announced: (transport, family, failure) => add(announces, indexOf(transport, family, failure)),
    scraped: (transport, family, failure) => add(scrapes, indexOf(transport, family, failure)),
    dropped: (reason) => add(drops, DROP_INDEX.get(reason) ?? 0),
    isSampled() {
      calls = (calls + 1) % LATENCY_SAMPLE;
      return calls === 0;
    },
    observe: (milliseconds) => latency.observe(milliseconds * 1000),
    snapshot: () => ({
      announces: requestCounts(announces),
      scrapes: requestCounts(scrapes),
      drops: DROP_REASONS.map((reason, index) => ({ reason, count: drops[index] ?? 0 })),
      latency: latency.snapshot(),
    }),
  };
}

function add(counters: Float64Array, index: number): void {
  counters[index] = (counters[index] ?? 0) + 1;
}

function indexOf(
  transport: Transport,
  family: AddressFamily,
  failure: TrackerError | null,
): number {
  const row = (transport === 'http' ? 0 : transport === 'udp' ? 2 : 4) + (family === 4 ? 0 : 1);
  const outcome = failure === null ? 0 : (OUTCOME_INDEX.get(failure.code) ?? 0);
  return row * OUTCOMES.length + outcome;
}

function requestCounts(counters: Float64Array): RequestCount[] {
  const counts: RequestCount[] = [];
  let index = 0;
  for (const transport of TRANSPORTS) {
    for (const family of FAMILIES) {
      for (const outcome of OUTCOMES) {
        const count = counters[index] ?? 0;
        if (count > 0) counts.push({ transport, family, outcome, count });
        index += 1;
      }
    }
  }
  return counts;
}
