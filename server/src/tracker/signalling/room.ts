/** All swarms of browsers, and who is in which. An empty swarm is forgotten. */
import type { InfoHash } from '../info-hash';
import type { SignallingConfig } from './config';
import type { Member } from './member';
import type { SignallingPeer } from './peer';
import { SignallingSwarm } from './signalling-swarm';
import { writeSender } from './write-message';

export type Joining = Pick<Member, 'peerId' | 'owner' | 'isSeeder' | 'seen' | 'counted'>;

export class Room {
  readonly swarms = new Map<InfoHash, SignallingSwarm>();
  private memberships = 0;

  constructor(private readonly limits: Pick<SignallingConfig, 'maxPeers' | 'maxPeersPerTorrent'>) {}

  get members(): number {
    return this.memberships;
  }

  /** @returns `null` when there is no room */
  join(peer: SignallingPeer, infoHash: InfoHash, joining: Joining): Member | null {
    if (this.memberships >= this.limits.maxPeers) return null;
    const swarm = this.swarms.get(infoHash) ?? new SignallingSwarm(infoHash);
    if (swarm.size >= this.limits.maxPeersPerTorrent) return null;
    const sender = writeSender(swarm.infoHashJson, joining.peerId);
    const member: Member = { peer, swarm, sender, index: -1, ...joining };
    swarm.add(member);
    this.swarms.set(infoHash, swarm);
    peer.members.set(infoHash, member);
    this.memberships += 1;
    return member;
  }

  update(member: Member, peerId: string, isSeeder: boolean): void {
    const { swarm } = member;
    if (member.peerId !== peerId) {
      member.peerId = peerId;
      member.sender = writeSender(swarm.infoHashJson, peerId);
    }
    if (member.isSeeder === isSeeder) return;
    swarm.remove(member);
    member.isSeeder = isSeeder;
    swarm.add(member);
  }

  leave(member: Member): void {
    const { peer, swarm } = member;
    swarm.remove(member);
    peer.members.delete(swarm.infoHash);
    this.memberships -= 1;
    if (swarm.size === 0) this.swarms.delete(swarm.infoHash);
  }
}
