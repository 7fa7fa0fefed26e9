/**
 * The WebTorrent tracker: browsers cannot be dialled, so the tracker carries their offers and
 * answers to each other. It decides who gets whose; sockets and frames are the transport's.
 */
import { errorOfRefusal, TRACKER_ERRORS } from '../errors';
import type { InfoHash } from '../info-hash';
import type { AddressFamily, SwarmCounts } from '../swarm/swarm-store';
import { createSweepTimer } from '../sweep-timer';
import { SIGNALLING_DEFAULTS, type SignallingConfig } from './config';
import { ConnectionCounts, networkOf } from './connection-limits';
import type { SignallingDeps } from './deps';
import { createExchange } from './exchange';
import type { Member } from './member';
import type { SignallingPeer, Wire } from './peer';
import { PeerSweeper } from './peer-sweeper';
import { PendingOffers } from './pending-offers';
import { readMessage } from './read-message';
import { RegularReader } from './regular-reader';
import { Room } from './room';
import { writeFailure } from './write-message';

export interface SignallingTotals {
  connections: number;
  swarms: number;
  /** Memberships: a connection is one in each of its torrents. */
  peers: number;
}

export interface Newcomer {
  wire: Wire;
  passkey: string | null;
  /** 4 or 16 bytes, which are copied. */
  address: Uint8Array;
  family: AddressFamily;
}

export interface Signalling {
  readonly config: SignallingConfig;

  /** Whether one more connection from there may be opened. */
  hasRoomFor(address: Uint8Array, family: AddressFamily): boolean;
  connect(newcomer: Newcomer): SignallingPeer;
  /**
   * Nothing is thrown for what a peer can cause.
   * @param bytes a whole text message lies there from `from` to `to`, for the time of the call
   */
  receive(peer: SignallingPeer, bytes: Buffer, from?: number, to?: number): void;
  /** The socket is gone, and with it all memberships. Harmless when called again. */
  disconnect(peer: SignallingPeer): void;

  /** Of browsers alone. */
  counts(infoHash: InfoHash): SwarmCounts;
  /** Calls `visit` for each swarm that has a peer. */
  forEachSwarm(visit: (infoHash: InfoHash, seeders: number, leechers: number) => void): void;
  totals(): SignallingTotals;

  /** The swarm under `from` is part of the one under `to` from now on. */
  merge(from: InfoHash, to: InfoHash): void;
  /**
   * As their namesakes of the tracker: call them after the gate has changed its mind. Who has to
   * leave is told why in the gate's words, and nobody is told of him any more.
   */
  dropOwner(owner: number): number;
  /** `hasLost` is asked once for each owner of a peer there. */
  dropOwnersWhere(infoHash: InfoHash, hasLost: (owner: number) => boolean): number;

  /** Removes who was silent for two intervals, for about 2 ms; `true` when all were looked at. */
  sweep(): boolean;
  /** Sweeps every second; the timer never keeps the process alive. */
  start(): void;
  /** Closes every connection. */
  stop(): void;
}

export function createSignalling(deps: SignallingDeps): Signalling {
  const { gate, clock, tally, onFault } = deps;
  const config: SignallingConfig = { ...SIGNALLING_DEFAULTS, ...deps.config };
  const room = new Room(config);
  const reader = new RegularReader(config);
  const exchange = createExchange(deps, config, room);
  const peers = new Set<SignallingPeer>();
  const networks = new ConnectionCounts();
  const sweeper = new PeerSweeper(peers, clock);
  const seconds = (): number => clock() / 1000;

  function connect({ wire, passkey, address, family }: Newcomer): SignallingPeer {
    const network = networkOf(address, family);
    const peer: SignallingPeer = {
      wire,
      passkey,
      address: address.slice(0, family === 4 ? 4 : 16),
      family,
      network,
      members: new Map(),
      pending: new PendingOffers(config.maxPendingOffers),
      completed: null,
      seen: seconds(),
      isOpen: true,
    };
    peers.add(peer);
    if (network !== null) networks.add(network);
    return peer;
  }

  function disconnect(peer: SignallingPeer): void {
    if (!peer.isOpen) return;
    peer.isOpen = false;
    peers.delete(peer);
    if (peer.network !== null) networks.remove(peer.network);
    for (const member of peer.members.values()) room.leave(member);
  }

  function receive(peer: SignallingPeer, bytes: Buffer, from = 0, to = bytes.length): void {
    if (!peer.isOpen) return;
    const message = reader.read(bytes, from, to) ?? readMessage(bytes.subarray(from, to), config);
    if (message !== null) {
      exchange.handle(peer, message);
      return;
    }
    tally?.dropped('websocket-malformed');
    peer.wire.close('malformed');
  }

  function drop(member: Member): void {
    const { peer, infoHash } = member;
    room.leave(member);
    const owner = gate.admit(infoHash, peer.passkey);
    const error = owner < 0 ? errorOfRefusal(owner) : TRACKER_ERRORS.closed;
    peer.wire.send(writeFailure('announce', error, infoHash));
  }

  function dropOwnersWhere(infoHash: InfoHash, hasLost: (owner: number) => boolean): number {
    const swarm = room.swarms.get(deps.canonical?.(infoHash) ?? infoHash);
    if (swarm === undefined) return 0;
    const members = [...swarm.seeders, ...swarm.leechers];
    const owners = [...new Set(members.map(({ owner }) => owner))];
    const lost = new Set(owners.filter(hasLost));
    const leaving = members.filter(({ owner }) => lost.has(owner));
    leaving.forEach(drop);
    return leaving.length;
  }

  function dropOwner(owner: number): number {
    let dropped = 0;
    for (const { members } of peers) {
      for (const member of members.values()) {
        if (member.owner !== owner) continue;
        drop(member);
        dropped += 1;
      }
    }
    return dropped;
  }

  function visit(peer: SignallingPeer): void {
    const now = seconds();
    if (peer.members.size > 0) peer.seen = now;
    for (const member of peer.members.values()) {
      if (member.seen < now - 2 * config.interval) room.leave(member);
    }
    peer.pending.expire(now);
    if (peer.seen < now - config.idleTimeout) peer.wire.close('idle');
  }

  const sweep = (): boolean => sweeper.slice(visit);
  const sweeping = createSweepTimer(sweep, onFault);

  return {
    config,
    hasRoomFor(address, family) {
      if (peers.size >= config.maxConnections) return false;
      const network = networkOf(address, family);
      return network === null || networks.of(network) < config.maxConnectionsPerNetwork;
    },
    connect,
    receive,
    disconnect,
    counts: (infoHash) => exchange.counts(infoHash),
    forEachSwarm(look) {
      for (const { infoHash, seeders, leechers } of room.swarms.values()) {
        look(infoHash, seeders.length, leechers.length);
      }
    },
    totals: () => ({ connections: peers.size, swarms: room.swarms.size, peers: room.members }),
    merge: (from, to) => room.merge(from, to),
    dropOwner,
    dropOwnersWhere,
    sweep,
    start: () => sweeping.start(),
    stop() {
      sweeping.stop();
      for (const peer of peers) peer.wire.close('going-away');
    },
  };
}
