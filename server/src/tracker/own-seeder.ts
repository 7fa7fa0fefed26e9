/**
 * The site's own seeder in the answers of its tracker. It announces to nobody and is in no swarm:
 * it is written behind the peers of an answer where there is room, so that a healthy swarm carries
 * itself; where nobody else has the whole torrent, it takes the place of the last peer.
 */
import { reachOf } from './address';
import type { InfoHash } from './info-hash';
import { ROLE, type PeerUpdate, type SwarmAnswer } from './swarm/swarm-store';

export interface OwnSeeder {
  /** Address and port under which readers reach it, as compact peers: 6 and 18 bytes. */
  readonly ipv4?: Buffer;
  readonly ipv6?: Buffer;
  /**
   * Asked with the hash that the swarm is kept under, once per announce of a downloader.
   * @param seeders others that have it all
   */
  has(infoHash: InfoHash, seeders: number): boolean;
}

export function addOwnSeeder(answer: SwarmAnswer, update: PeerUpdate, seeder: OwnSeeder): void {
  if (update.leaving || (update.role !== ROLE.downloader && !update.mayLackInfo)) return;
  if (!seeder.has(update.infoHash, answer.seeders)) return;
  const { ipv4, ipv6 } = seeder;
  const reach = reachOf(update.endpoint, update.family);
  if (ipv4 !== undefined && reachOf(ipv4, 4) <= reach) {
    answer.count4 = place(ipv4, answer.peers4, answer.count4, answer, update.want);
  }
  if (ipv6 !== undefined && reachOf(ipv6, 6) <= reach) {
    answer.count6 = place(ipv6, answer.peers6, answer.count6, answer, update.want);
  }
}

/** Returns how many endpoints are in `peers` now. */
function place(
  endpoint: Buffer,
  peers: Buffer,
  count: number,
  answer: SwarmAnswer,
  want: number,
): number {
  const isRoom = answer.count4 + answer.count6 < want;
  if (!isRoom && (answer.seeders > 0 || count === 0)) return count;
  const at = isRoom ? count : count - 1;
  endpoint.copy(peers, at * endpoint.length);
  return at + 1;
}
