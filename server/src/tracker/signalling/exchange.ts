/** What a message means: joining and leaving swarms, offers passed on, answers brought back. */
import { errorOfRefusal, TRACKER_ERRORS, type TrackerError } from '../errors';
import type { InfoHash } from '../info-hash';
import type { SwarmCounts } from '../swarm/swarm-store';
import type { SignallingConfig } from './config';
import type { SignallingDeps } from './deps';
import type { Member } from './member';
import type { SignallingPeer } from './peer';
import type {
  AnnounceMessage,
  AnswerMessage,
  ClientMessage,
  Passage,
  ScrapeMessage,
} from './messages';
import type { Room } from './room';
import {
  bytesJson,
  writeAnnounceReply,
  writeFailure,
  writeScrapeReply,
  writeSender,
} from './write-message';

export interface Exchange {
  /** Does what a peer asks, and answers it. */
  handle(peer: SignallingPeer, message: ClientMessage): void;
  counts(infoHash: InfoHash): SwarmCounts;
}

export function createExchange(
  deps: SignallingDeps,
  config: SignallingConfig,
  room: Room,
): Exchange {
  const { gate, clock, random, completed, admits, tally } = deps;
  const canonical = deps.canonical ?? ((infoHash: InfoHash): InfoHash => infoHash);
  const picked: Member[] = [];
  const seconds = (): number => clock() / 1000;

  function announce(peer: SignallingPeer, message: AnnounceMessage): TrackerError | null {
    const { infoHash, peerId, event } = message;
    const key = canonical(infoHash);
    const known = peer.members.get(key);
    const owner = gate.admit(infoHash, peer.passkey);
    if (owner < 0) {
      if (known !== undefined) room.leave(known);
      return errorOfRefusal(owner);
    }
    if (known !== undefined) countIfCompleted(known, message);
    if (event === 'stopped') {
      if (known !== undefined) room.leave(known);
      replyTo(peer, infoHash, key);
      return null;
    }
    if (known !== undefined) room.update(known, infoHash, peerId, message.left === 0);
    const member = known ?? join(peer, key, message, owner);
    if ('kind' in member) return member;
    member.owner = owner;
    member.seen = peer.seen = seconds();
    replyTo(peer, infoHash, key);
    if (message.offers.length > 0) passOffersOn(member, message);
    return null;
  }

  function join(
    peer: SignallingPeer,
    key: InfoHash,
    { infoHash, peerId, left }: AnnounceMessage,
    owner: number,
  ): Member | TrackerError {
    if (peer.members.size >= config.maxTorrentsPerConnection) {
      return TRACKER_ERRORS['too-many-torrents'];
    }
    // One that comes complete has nothing to complete here.
    const counted = left === 0 || peer.completed?.has(key) === true;
    const joining = { infoHash, peerId, owner, isSeeder: left === 0, seen: seconds(), counted };
    return room.join(peer, key, joining) ?? TRACKER_ERRORS['swarm-full'];
  }

  function countIfCompleted(member: Member, { event, left, downloaded }: AnnounceMessage): void {
    // As over HTTP: the announce that says "completed" can get lost.
    if (member.counted || left !== 0 || (event !== 'completed' && downloaded === 0)) return;
    member.counted = true;
    const { peer, swarm } = member;
    peer.completed ??= new Set();
    if (peer.completed.size >= config.maxTorrentsPerConnection) return;
    peer.completed.add(swarm.infoHash);
    completed.count(swarm.infoHash, downloaded);
  }

  function replyTo(peer: SignallingPeer, infoHash: InfoHash, key: InfoHash): void {
    const swarm = room.swarms.get(key);
    const infoHashJson = swarm?.jsonOf(infoHash) ?? bytesJson(infoHash);
    const { interval } = config;
    const seeders = swarm?.seeders.length ?? 0;
    const leechers = swarm?.leechers.length ?? 0;
    peer.wire.send(writeAnnounceReply(infoHashJson, interval, seeders, leechers));
  }

  function passOffersOn(member: Member, { offers, source }: AnnounceMessage): void {
    member.swarm.pick(member, offers.length, random, picked);
    const expires = seconds() + config.offerLifetime;
    for (let i = 0; i < picked.length; i += 1) {
      const offer = offers[i];
      const other = picked[i];
      if (offer === undefined || other === undefined) continue;
      if (!other.peer.pending.add({ id: offer.id, from: member, to: other, expires })) {
        tally?.dropped('websocket-unroutable');
        continue;
      }
      pass(member, other, source, offer);
    }
    picked.length = 0; // nobody who has gone is held here
  }

  function pass(from: Member, to: Member, source: Uint8Array, passage: Passage): void {
    // Nobody looks for what he is told under a hash that he does not know.
    const sender =
      to.infoHash === from.infoHash
        ? from.sender
        : writeSender(to.swarm.jsonOf(to.infoHash), from.peerId);
    to.peer.wire.pass(sender, source, passage.from, passage.to);
  }

  function answer(peer: SignallingPeer, message: AnswerMessage): TrackerError | null {
    const { infoHash, offerId, toPeerId } = message;
    const member = memberOf(peer, infoHash, peer.pending.find(offerId)?.to);
    const to = member === undefined ? null : peer.pending.take(offerId, seconds());
    const isThere = to !== null && to.index >= 0 && to.swarm === member?.swarm;
    if (member === undefined || !isThere || to.peerId !== toPeerId) {
      tally?.dropped('websocket-unroutable');
      return null;
    }
    const owner = gate.admit(infoHash, peer.passkey);
    if (owner < 0) {
      room.leave(member);
      return errorOfRefusal(owner);
    }
    pass(member, to, message.source, message);
    return null;
  }

  /** @param likely the one that was made the offer */
  function memberOf(
    peer: SignallingPeer,
    infoHash: InfoHash,
    likely: Member | undefined,
  ): Member | undefined {
    const isIt = likely !== undefined && likely.index >= 0 && likely.infoHash === infoHash;
    return isIt ? likely : peer.members.get(canonical(infoHash));
  }

  function scrape(peer: SignallingPeer, { infoHashes }: ScrapeMessage): TrackerError | null {
    const files: [InfoHash, SwarmCounts][] = [];
    for (const infoHash of infoHashes) {
      const owner = gate.admit(infoHash, peer.passkey);
      if (owner >= 0) files.push([infoHash, counts(infoHash)]);
      else if (errorOfRefusal(owner) === TRACKER_ERRORS.starting) return TRACKER_ERRORS.starting;
      // Otherwise the hash is just not there, be it unknown or forbidden.
    }
    peer.wire.send(writeScrapeReply(files, config.interval));
    return null;
  }

  function counts(infoHash: InfoHash): SwarmCounts {
    const swarm = room.swarms.get(canonical(infoHash));
    const seeders = swarm?.seeders.length ?? 0;
    const leechers = swarm?.leechers.length ?? 0;
    return { seeders, leechers, downloaders: leechers, completed: completed.of(infoHash) };
  }

  function outcomeOf(peer: SignallingPeer, message: ClientMessage): TrackerError | null {
    if (message.kind === 'answer') return answer(peer, message);
    if (admits?.(peer.address, peer.family) === false) return TRACKER_ERRORS['rate-limited'];
    if (message.kind === 'announce') return announce(peer, message);
    return message.kind === 'scrape' ? scrape(peer, message) : message.error;
  }

  return {
    handle(peer, message) {
      const failure = outcomeOf(peer, message);
      const isScrape =
        message.kind === 'invalid' ? message.action === 'scrape' : message.kind === 'scrape';
      if (failure !== null) {
        const infoHash = message.kind === 'scrape' ? null : message.infoHash;
        peer.wire.send(writeFailure(isScrape ? 'scrape' : 'announce', failure, infoHash));
      }
      if (isScrape) tally?.scraped('websocket', peer.family, failure);
      else if (message.kind !== 'answer' || failure !== null) {
        tally?.announced('websocket', peer.family, failure);
      }
    },
    counts,
  };
}
