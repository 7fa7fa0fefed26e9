/**
 * The browsers that share one torrent. They are no endpoints but connections, so they live apart
 * from IP peers: neither kind can reach the other.
 */
import type { Random } from '../clock';
import type { InfoHash } from '../info-hash';
import type { Member } from './member';
import { bytesJson } from './write-message';

export class SignallingSwarm {
  /** Of no order that means anything: members are swapped about when some are picked. */
  readonly seeders: Member[] = [];
  readonly leechers: Member[] = [];
  private readonly json: string;

  /** @param infoHash that it is kept under; a hybrid has another one as well */
  constructor(readonly infoHash: InfoHash) {
    this.json = bytesJson(infoHash);
  }

  /** One of its hashes, as it stands in a message. */
  jsonOf(infoHash: InfoHash): string {
    return infoHash === this.infoHash ? this.json : bytesJson(infoHash);
  }

  get size(): number {
    return this.seeders.length + this.leechers.length;
  }

  add(member: Member): void {
    const peers = this.peersLike(member);
    member.index = peers.length;
    peers.push(member);
  }

  remove(member: Member): void {
    const peers = this.peersLike(member);
    swap(peers, member.index, peers.length - 1);
    peers.pop();
    member.index = -1;
  }

  /**
   * Fills `picked` with up to `want` others, each set of them as likely as any other. A leecher gets
   * seeders first; a seeder gets no seeders, because they have nothing for each other.
   */
  pick(asker: Member, want: number, random: Random, picked: Member[]): void {
    picked.length = 0;
    if (!asker.isSeeder) pickFrom(this.seeders, this.seeders.length, want, random, picked);
    const { leechers } = this;
    let others = leechers.length;
    if (!asker.isSeeder && asker.index >= 0) {
      others -= 1;
      swap(leechers, asker.index, others); // out of the way
    }
    pickFrom(leechers, others, want - picked.length, random, picked);
  }

  private peersLike(member: Member): Member[] {
    return member.isSeeder ? this.seeders : this.leechers;
  }
}

/** The first steps of a Fisher-Yates shuffle of `peers[0..among)`: unbiased, and nothing is copied. */
function pickFrom(
  peers: Member[],
  among: number,
  want: number,
  random: Random,
  picked: Member[],
): void {
  const count = Math.min(want, among);
  for (let i = 0; i < count; i += 1) {
    swap(peers, i, i + Math.floor(random() * (among - i)));
    const member = peers[i];
    if (member !== undefined) picked.push(member);
  }
}

function swap(peers: Member[], a: number, b: number): void {
  const first = peers[a];
  const second = peers[b];
  if (first === undefined || second === undefined || a === b) return;
  peers[a] = second;
  peers[b] = first;
  second.index = a;
  first.index = b;
}
