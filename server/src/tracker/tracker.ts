/**
 * The tracker proper: decides what an announce means, asks the gate, lets the store do the work.
 * Knows no sockets and no wire format; codecs and transports call it.
 */
import { isUsableSource } from './address';
import type { AnnounceReply, AnnounceRequest } from './announce';
import type { Clock, Eventually, Random } from './clock';
import { TRACKER_DEFAULTS, type TrackerConfig } from './config';
import { errorOfRefusal, TRACKER_ERRORS, type TrackerError } from './errors';
import type { Gate } from './gate';
import type { InfoHash } from './info-hash';
import { createAddressWatch, type AddressWatch } from './limits/address-watch';
import type { RateLimiter } from './limits/rate-limiter';
import { isServicePort } from './service-port';
import { MemorySwarmStore } from './swarm/memory-swarm-store';
import { createSwarmAnswer, ROLE, type PeerRole, type PeerUpdate } from './swarm/swarm-store';
import type { AddressFamily, StoreTotals, SwarmCounts, SwarmStore } from './swarm/swarm-store';
import { attendAnnounces } from './tally/attended-announce';
import { createTally, type Tally } from './tally/tally';

export interface TrackerDeps {
  gate: Gate;
  clock: Clock;
  random: Random;
  /** What is left out has the value of TRACKER_DEFAULTS. */
  config?: Partial<TrackerConfig>;
  /** Where swarms live; this process's memory by default. */
  store?: SwarmStore;
  /** Without one, nobody is limited. */
  limiter?: RateLimiter;
  /** Told when the sweeping timer catches an error; the timer goes on. */
  onFault?: (error: unknown) => void;
}

export interface Tracker {
  readonly config: TrackerConfig;
  /** Announces count themselves; codecs count what fails before it comes to an announce. */
  readonly tally: Tally;
  readonly addresses: Pick<AddressWatch, 'allShareOnePrivateAddress'>;

  /**
   * Whether the network of this address may ask now. Announces ask by themselves; a codec asks
   * once per scrape, and answers TRACKER_ERRORS['rate-limited'] when it may not.
   * @param address its first 4 or 16 bytes count
   */
  admits(address: Uint8Array, family: AddressFamily): boolean;
  /**
   * A reply from memory is one reused object: read it before the next call. A failure is a value,
   * nothing is thrown for what a peer can cause.
   */
  announce(request: AnnounceRequest): Eventually<AnnounceReply | TrackerError>;
  /**
   * Counts for a reader, or why there are none. A wire codec must not show the difference between
   * the reasons (but `starting`): a scrape is no way to learn which hashes exist.
   */
  scrape(infoHash: InfoHash, passkey: string | null): SwarmCounts | TrackerError;

  counts(infoHash: InfoHash): SwarmCounts;
  /** Calls `visit` for each swarm that has a peer: for sorting by live counts. */
  forEachSwarm: SwarmStore['forEachSwarm'];
  totals(): StoreTotals;

  /** Sets a lifetime counter as it was saved; call it before the gate opens. */
  restoreCompleted(infoHash: InfoHash, completed: number): void;
  /** Absolute lifetime counters that moved since the last call, for the caller to save. */
  takeChangedCompleted(): Map<InfoHash, number>;

  /** The torrent is closed for now: its peers leave, its counter stays. */
  dropPeers(infoHash: InfoHash): void;
  /** The torrent is gone: its peers leave, its counter is forgotten. */
  dropSwarm(infoHash: InfoHash): void;
  /** A reader lost all rights: his peers leave every swarm. Returns how many they were. */
  dropOwner(owner: number): number;
  /** A reader lost his right to one torrent. Returns how many of his peers were in its swarm. */
  dropOwnerFrom(infoHash: InfoHash, owner: number): number;

  /**
   * Removes peers not heard of for two intervals, for about 2 ms; `true` when all swarms have been
   * looked at. {@link start} does this every second; the timer never keeps the process alive.
   */
  sweep(): boolean;
  start(): void;
  stop(): void;
}

/** Milliseconds between two slices of sweeping. */
const SWEEP_EVERY = 1000;

const UNLIMITED: RateLimiter = { admit: () => true, sparesProxy: () => false };

export function createTracker(deps: TrackerDeps): Tracker {
  const { gate, clock, random, onFault } = deps;
  const config: TrackerConfig = { ...TRACKER_DEFAULTS, ...deps.config };
  const store = deps.store ?? new MemorySwarmStore({ clock, random, limits: config });
  const update = emptyUpdate();
  const memoryReply = replyOf(config);
  const tally = createTally();
  const addresses = createAddressWatch(clock);
  const limiter = deps.limiter ?? UNLIMITED;
  let timer: NodeJS.Timeout | null = null;

  function announce(request: AnnounceRequest): Eventually<AnnounceReply | TrackerError> {
    const owner = gate.admit(request.infoHash, request.passkey);
    if (owner < 0) return errorOfRefusal(owner);
    const error = problemWith(request, config);
    if (error !== null) return error;
    fillUpdate(update, request, owner, config);
    const answer = store.announce(update);
    if (answer instanceof Promise) return answer.then((swarm) => ({ ...replyOf(config), swarm }));
    memoryReply.swarm = answer;
    return memoryReply;
  }

  function sweep(): boolean {
    return store.sweep(2 * config.interval);
  }

  return {
    config,
    tally,
    addresses,
    admits: (address, family) => limiter.admit(address, family),
    announce: attendAnnounces(announce, { clock, limiter, tally, watch: addresses }),
    scrape(infoHash, passkey) {
      const owner = gate.admit(infoHash, passkey);
      return owner < 0 ? errorOfRefusal(owner) : store.counts(infoHash);
    },
    counts: (infoHash) => store.counts(infoHash),
    forEachSwarm: (visit) => store.forEachSwarm(visit),
    totals: () => store.totals(),
    restoreCompleted: (infoHash, completed) => store.restoreCompleted(infoHash, completed),
    takeChangedCompleted: () => store.takeChangedCompleted(),
    dropPeers: (infoHash) => store.dropPeers(infoHash),
    dropSwarm: (infoHash) => store.dropSwarm(infoHash),
    dropOwner: (owner) => store.dropOwner(null, owner),
    dropOwnerFrom: (infoHash, owner) => store.dropOwner(infoHash, owner),
    sweep,
    start() {
      timer ??= setInterval(() => {
        try {
          sweep();
        } catch (error) {
          onFault?.(error); // an exception in a timer would end the whole of Strapi
        }
      }, SWEEP_EVERY).unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
    },
  };
}

/** Why an admitted reader's announce is refused all the same. A goodbye always passes. */
function problemWith(request: AnnounceRequest, config: TrackerConfig): TrackerError | null {
  if (request.event === 'stopped') return null;
  if (!isUsableSource(request.endpoint, request.family)) return TRACKER_ERRORS['unusable-address'];
  if (config.refuseServicePorts && isServicePort(request.port)) {
    return TRACKER_ERRORS['service-port'];
  }
  return null;
}

function fillUpdate(
  update: PeerUpdate,
  request: AnnounceRequest,
  owner: number,
  config: TrackerConfig,
): void {
  const { event, left, downloaded, numwant } = request;
  update.infoHash = request.infoHash;
  update.family = request.family;
  update.endpoint = request.endpoint;
  update.owner = owner;
  update.role = roleOf(request);
  update.leaving = event === 'stopped';
  // aria2 without seeding says "stopped" where others say "completed", and an announce can get
  // lost: who came with something left and has downloaded the rest has completed.
  update.completing = left === 0 && (event === 'completed' || downloaded > 0);
  update.want = Math.min(numwant < 0 ? config.numwant : numwant, config.maxNumwant);
}

function roleOf({ left, event }: AnnounceRequest): PeerRole {
  if (left === 0) return ROLE.seeder;
  return event === 'paused' ? ROLE.partialSeed : ROLE.downloader;
}

function emptyUpdate(): PeerUpdate {
  return {
    infoHash: '' as InfoHash,
    family: 4,
    endpoint: new Uint8Array(18),
    owner: 0,
    role: ROLE.downloader,
    leaving: false,
    completing: false,
    want: 0,
  };
}

function replyOf({ interval, minInterval }: TrackerConfig): AnnounceReply {
  return { kind: 'peers', interval, minInterval, swarm: createSwarmAnswer(0) };
}
