/** What the signalling is given, and what it is asked for. */
import type { Clock, Random } from '../clock';
import type { TrackerError } from '../errors';
import type { Gate } from '../gate';
import type { InfoHash } from '../info-hash';
import type { AddressFamily } from '../swarm/swarm-store';
import type { SignallingConfig } from './config';

export type SignallingDrop =
  | 'websocket-malformed'
  | 'websocket-too-large'
  /** For an offer that never was, or for a peer that is gone. */
  | 'websocket-unroutable'
  /** The reader is too slow. */
  | 'websocket-backlog'
  | 'websocket-limit'
  | 'websocket-origin';

/** What happens is counted, not logged. */
export interface SignallingTally {
  announced(transport: 'websocket', family: AddressFamily, failure: TrackerError | null): void;
  scraped(transport: 'websocket', family: AddressFamily, failure: TrackerError | null): void;
  dropped(reason: SignallingDrop): void;
}

export interface SignallingDeps {
  gate: Gate;
  clock: Clock;
  random: Random;
  /** What is left out has the value of SIGNALLING_DEFAULTS. */
  config?: Partial<SignallingConfig>;
  /** The hash that a torrent's swarm is kept under; default: itself. See `Tracker.link`. */
  canonical?: (infoHash: InfoHash) => InfoHash;
  /** Lifetime counters, shared with the swarms of IP peers. */
  completed: {
    of(infoHash: InfoHash): number;
    count(infoHash: InfoHash, downloaded: number): void;
  };
  /** Whether the network of an address may ask now; asked for each message but answers. */
  admits?: (address: Uint8Array, family: AddressFamily) => boolean;
  tally?: SignallingTally;
  /** Told when the sweeping timer catches an error; the timer goes on. */
  onFault?: (error: unknown) => void;
}
