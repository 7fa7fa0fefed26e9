/**
 * Torrents with two info-hashes: a hybrid (BEP 52) is announced under its v1 hash by some clients
 * and under its v2 hash, cut to 20 bytes, by others. They are one swarm, kept under one of the two.
 */
import type { InfoHash } from './info-hash';

export class Aliases {
  private readonly targets = new Map<InfoHash, InfoHash>();

  /** The hash that the swarm is kept under. */
  resolve(infoHash: InfoHash): InfoHash {
    // Without hybrids this is all that it costs.
    if (this.targets.size === 0) return infoHash;
    let resolved = infoHash;
    for (;;) {
      const target = this.targets.get(resolved);
      if (target === undefined) return resolved;
      resolved = target;
    }
  }

  /** False when the two were one already. */
  link(alias: InfoHash, infoHash: InfoHash): boolean {
    const target = this.resolve(infoHash);
    // Never a ring: whatever leads to `alias` may be a target of others, but not of itself.
    if (this.resolve(alias) === target) return false;
    this.targets.set(this.resolve(alias), target);
    return true;
  }

  unlink(alias: InfoHash): void {
    this.targets.delete(alias);
  }
}
