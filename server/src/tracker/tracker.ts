/**
 * The tracker proper: decides what an announce means, asks the gate, lets the store do the work.
 * Knows no sockets and no wire format; codecs and transports call it.
 */
import { Aliases } from './aliases';
import type { AnnounceReply, AnnounceRequest } from './announce';
import { CoarseClock, type Clock, type Eventually, type Random } from './clock';
import { TRACKER_DEFAULTS, type TrackerConfig } from './config';
import { errorOfRefusal, type TrackerError } from './errors';
import type { Gate } from './gate';
import type { InfoHash } from './info-hash';
import { createIntervals } from './interval';
import { addOwnSeeder, type OwnSeeder } from './own-seeder';
import { createAddressWatch, type AddressWatch } from './limits/address-watch';
import type { RateLimiter } from './limits/rate-limiter';
import { emptyUpdate, fillUpdate, lotOf, problemWith } from './peer-update';
import { createSweepTimer } from './sweep-timer';
import { MemorySwarmStore } from './swarm/memory-swarm-store';
import { createSwarmAnswer, type PeerUpdate } from './swarm/swarm-store';
import type { RestoreOutcome, StoreTotals, SwarmAnswer } from './swarm/swarm-store';
import type { AddressFamily, SwarmCounts, SwarmStore } from './swarm/swarm-store';
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
  /**
   * Told of each announce of a reader who may have the torrent, with the seconds after which the peer
   * is to come again: before the answer leaves, and the request is filled anew for the next one.
   */
  onAdmitted?: (request: AnnounceRequest, interval: number) => void;
  /** Told when two swarms have become one: there may be others elsewhere, of browsers. */
  onMerged?: (from: InfoHash, to: InfoHash) => void;
  /**
   * Told of each finished download that is counted: once per peer, so never of most announces.
   * @param bytes as the client claims
   */
  onDownloaded?: (infoHash: InfoHash, bytes: number) => void;
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

  /**
   * From now on both hashes (v1 and truncated v2 of a hybrid) are one swarm, kept under `infoHash`:
   * announces, scrapes, counts, drops. The gate goes on being asked with the hash that a peer sent.
   */
  link(alias: InfoHash, infoHash: InfoHash): void;
  /** The alias is a torrent of its own again; the peers stay with the other. */
  unlink(alias: InfoHash): void;
  /** The hash that a torrent's swarm is kept under: itself, unless it was linked. */
  canonical(infoHash: InfoHash): InfoHash;

  /** The site's own seeder, to be named to downloaders behind all others; `null` for none. */
  setOwnSeeder(seeder: OwnSeeder | null): void;

  /**
   * The living swarms as bytes, to be taken one by one with pauses for others; `null` when the
   * store keeps them itself.
   * @param wallClock milliseconds since 1970
   */
  snapshot(wallClock: number): Generator<Buffer, void> | null;
  /**
   * Brings the peers of a snapshot back, but those that are too old by now or that the gate does
   * not let stay; to be taken step by step like {@link snapshot}. Link hybrids first.
   */
  restore(snapshot: Buffer, wallClock: number): Generator<undefined, RestoreOutcome>;

  /** Sets a lifetime counter as it was saved; call it before the gate opens. */
  restoreCompleted(infoHash: InfoHash, completed: number): void;
  /**
   * One more finished download, of a peer that lives elsewhere: in the swarms of browsers.
   * @param downloaded bytes, as it claims
   */
  countCompleted(infoHash: InfoHash, downloaded: number): void;
  /** Absolute lifetime counters that moved since the last call, for the caller to save. */
  takeChangedCompleted(): Map<InfoHash, number>;

  /** A reader lost all rights: his peers leave every swarm. Returns how many they were. */
  dropOwner(owner: number): number;
  /** Readers lost their right to one torrent: `hasLost` is asked once for each owner of a peer there. */
  dropOwnersWhere(infoHash: InfoHash, hasLost: (owner: number) => boolean): number;

  /**
   * Removes peers not heard of for two of the intervals that they were told, for about 2 ms; `true` when all swarms have been
   * looked at. {@link start} does this every second; the timer never keeps the process alive.
   */
  sweep(): boolean;
  start(): void;
  stop(): void;
}

const UNLIMITED: RateLimiter = { admit: () => true, sparesProxy: () => false };

export function createTracker(deps: TrackerDeps): Tracker {
  const { gate, clock, random, onFault } = deps;
  const config: TrackerConfig = { ...TRACKER_DEFAULTS, ...deps.config };
  const coarse = new CoarseClock(clock);
  const store =
    deps.store ?? new MemorySwarmStore({ clock, seconds: coarse.read, random, limits: config });
  const aliases = new Aliases();
  const intervals = createIntervals(config);
  const seed = Math.floor(random() * 2 ** 32) | 0;
  const update = emptyUpdate();
  const memoryReply = replyOf(config);
  let ownSeeder: OwnSeeder | null = null;
  const tally = createTally();
  const addresses = createAddressWatch(clock);
  const limiter = deps.limiter ?? UNLIMITED;

  function announce(request: AnnounceRequest): Eventually<AnnounceReply | TrackerError> {
    const owner = gate.admit(request.infoHash, request.passkey);
    if (owner < 0) return errorOfRefusal(owner);
    const error = problemWith(request, config);
    if (error !== null) return error;
    fillUpdate(update, request, aliases.resolve(request.infoHash), owner, config);
    update.lot = lotOf(request, seed);
    const answer = store.announce(update);
    if (answer instanceof Promise) {
      const own = { ...update, endpoint: Uint8Array.from(update.endpoint) };
      const asked = { ...request, endpoint: Buffer.from(request.endpoint) };
      return answer.then((swarm) => tell(asked, finish(replyOf(config), swarm, own)));
    }
    return tell(request, finish(memoryReply, answer, update));
  }

  function tell(request: AnnounceRequest, reply: AnnounceReply): AnnounceReply {
    deps.onAdmitted?.(request, reply.interval);
    if (reply.swarm.isCompletion) {
      deps.onDownloaded?.(aliases.resolve(request.infoHash), request.downloaded);
    }
    return reply;
  }

  function finish(reply: AnnounceReply, swarm: SwarmAnswer, announced: PeerUpdate): AnnounceReply {
    if (ownSeeder !== null) addOwnSeeder(swarm, announced, ownSeeder);
    // By lot and not by chance: peers drift apart all the same, and a repeated answer is the same.
    reply.interval = intervals.of(swarm.sizeClass, announced.lot);
    reply.swarm = swarm;
    return reply;
  }

  function sweep(): boolean {
    return store.sweep(intervals.maxAges);
  }
  const sweeping = createSweepTimer(() => {
    coarse.tick();
    sweep();
  }, onFault);

  function* restore(snapshot: Buffer, wallClock: number): Generator<undefined, RestoreOutcome> {
    if (store.restore === undefined) return { kind: 'restored', peers: 0, left: 0 };
    return yield* store.restore(snapshot, {
      wallClock,
      maxAges: intervals.maxAges,
      place: (infoHash, owner) =>
        gate.mayStay?.(infoHash, owner) === false ? null : aliases.resolve(infoHash),
    });
  }

  return {
    config,
    tally,
    addresses,
    admits: (address, family) => limiter.admit(address, family),
    announce: attendAnnounces(announce, { clock, limiter, tally, watch: addresses }),
    scrape(infoHash, passkey) {
      const owner = gate.admit(infoHash, passkey);
      return owner < 0 ? errorOfRefusal(owner) : store.counts(aliases.resolve(infoHash));
    },
    counts: (infoHash) => store.counts(aliases.resolve(infoHash)),
    forEachSwarm: (visit) => store.forEachSwarm(visit),
    totals: () => store.totals(),
    link(alias, infoHash) {
      const from = aliases.resolve(alias);
      if (!aliases.link(alias, infoHash)) return;
      const to = aliases.resolve(infoHash);
      store.merge(from, to);
      deps.onMerged?.(from, to);
    },
    unlink: (alias) => aliases.unlink(alias),
    canonical: (infoHash) => aliases.resolve(infoHash),
    setOwnSeeder(seeder) {
      ownSeeder = seeder;
    },
    snapshot: (wallClock) => store.snapshot?.(wallClock) ?? null,
    restore,
    restoreCompleted: (infoHash, completed) =>
      store.restoreCompleted(aliases.resolve(infoHash), completed),
    countCompleted(infoHash, downloaded) {
      const key = aliases.resolve(infoHash);
      store.countCompleted(key);
      deps.onDownloaded?.(key, downloaded);
    },
    takeChangedCompleted: () => store.takeChangedCompleted(),
    dropOwner: (owner) => store.dropOwner(owner),
    dropOwnersWhere: (infoHash, hasLost) =>
      store.dropOwnersWhere(aliases.resolve(infoHash), hasLost),
    sweep,
    start() {
      coarse.tick();
      sweeping.start();
    },
    stop() {
      sweeping.stop();
      coarse.stop();
    },
  };
}

function replyOf({ interval, minInterval }: TrackerConfig): AnnounceReply {
  return { kind: 'peers', interval, minInterval, swarm: createSwarmAnswer(0) };
}
