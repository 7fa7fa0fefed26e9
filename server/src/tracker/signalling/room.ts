/** All swarms of browsers, and who is in which. An empty swarm is forgotten. */
import type { InfoHash } from '../info-hash';
import type { SignallingConfig } from './config';
import type { Member } from './member';
import type { SignallingPeer } from './peer';
import { SignallingSwarm } from './signalling-swarm';
import { writeSender } from './write-message';

export type Joining = Pick<
  Member,
  'infoHash' | 'peerId' | 'owner' | 'isSeeder' | 'seen' | 'counted'
>;

export class Room {
  readonly swarms = new Map<InfoHash, SignallingSwarm>();
  private memberships = 0;

  constructor(private readonly limits: Pick<SignallingConfig, 'maxPeers' | 'maxPeersPerTorrent'>) {}

  get members(): number {
    return this.memberships;
  }

  /**
   * @param key the hash that the swarm is kept under
   * @returns `null` when there is no room
   */
  join(peer: SignallingPeer, key: InfoHash, joining: Joining): Member | null {
    if (this.memberships >= this.limits.maxPeers) return null;
    const swarm = this.swarms.get(key) ?? new SignallingSwarm(key);
    if (swarm.size >= this.limits.maxPeersPerTorrent) return null;
    const { infoHash, peerId, owner, isSeeder, seen, counted } = joining;
    const sender = writeSender(swarm.jsonOf(infoHash), peerId);
    const member: Member = {
      peer,
      swarm,
      infoHash,
      peerId,
      sender,
      owner,
      isSeeder,
      index: -1,
      seen,
      counted,
    };
    swarm.add(member);
    this.swarms.set(key, swarm);
    peer.members.set(key, member);
    this.memberships += 1;
    return member;
  }

  update(member: Member, infoHash: InfoHash, peerId: string, isSeeder: boolean): void {
    const { swarm } = member;
    if (member.peerId !== peerId || member.infoHash !== infoHash) {
      member.peerId = peerId;
      member.infoHash = infoHash;
      member.sender = writeSender(swarm.jsonOf(infoHash), peerId);
    }
    if (member.isSeeder === isSeeder) return;
    swarm.remove(member);
    member.isSeeder = isSeeder;
    swarm.add(member);
  }

  /** Two swarms have become one. Who is in both already stays once; who finds no room has to go. */
  merge(from: InfoHash, to: InfoHash): void {
    const swarm = this.swarms.get(from);
    if (swarm === undefined) return;
    for (const member of [...swarm.seeders, ...swarm.leechers]) {
      this.leave(member);
      if (!member.peer.members.has(to)) this.join(member.peer, to, member);
    }
  }

  leave(member: Member): void {
    const { peer, swarm } = member;
    swarm.remove(member);
    peer.members.delete(swarm.infoHash);
    this.memberships -= 1;
    if (swarm.size === 0) this.swarms.delete(swarm.infoHash);
  }
}
