/**
 * The site's public address as its peers see it (BEP 10, `yourip`): believed when peers of several networks
 * say the same, because one of them could send all our readers to somebody else.
 */

import { formatAddress, parseAddress, REACH, reachOf, type AddressFamily } from '../tracker';

export interface LearntAddresses {
  /**
   * A peer has told what it sees.
   * @param peer its own address, as the socket gives it
   * @param seen 4 or 16 bytes
   */
  heard(peer: string, seen: Uint8Array): void;
  /** What is believed now; `null` while peers of too few networks agree. */
  of(family: AddressFamily): string | null;
}

/** Networks that have to agree, and more of them than of all others together. */
const NETWORKS = 3;
/** Networks whose word is kept: the ones heard last. */
const MAX_VOTERS = 64;
const FORGET_MS = 24 * 3_600_000;
/** A network as those have it who could speak with many tongues: a provider's block. */
const NETWORK_BYTES = { 4: 2, 6: 4 } as const;

interface Vote {
  seen: string;
  at: number;
}

export function createLearntAddresses({ clock }: { clock: () => number }): LearntAddresses {
  const votes: Record<AddressFamily, Map<string, Vote>> = { 4: new Map(), 6: new Map() };
  const scratch = Buffer.alloc(16);

  return {
    heard(peer, seen) {
      const family = seen.length === 4 ? 4 : seen.length === 16 ? 6 : null;
      // An address that only neighbours can reach, seen or seeing, says nothing of the internet.
      if (family === null || reachOf(seen, family) !== REACH.public) return;
      if (parseAddress(peer, scratch) !== family || reachOf(scratch, family) !== REACH.public)
        return;
      const network = scratch.toString('hex', 0, NETWORK_BYTES[family]);
      const voters = votes[family];
      voters.delete(network);
      voters.set(network, { seen: formatAddress(Buffer.from(seen), 0, family), at: clock() });
      const [oldest] = voters.keys();
      if (voters.size > MAX_VOTERS && oldest !== undefined) voters.delete(oldest);
    },
    of(family) {
      const now = clock();
      const counts = new Map<string, number>();
      let all = 0;
      for (const { seen, at } of votes[family].values()) {
        if (now - at > FORGET_MS) continue;
        all += 1;
        counts.set(seen, (counts.get(seen) ?? 0) + 1);
      }
      for (const [seen, count] of counts) {
        if (count >= NETWORKS && count > all / 2) return seen;
      }
      return null;
    },
  };
}
