/** Finished downloads in the life of each torrent: they outlive the swarm and, saved outside, the process. */
import type { InfoHash } from '../info-hash';

export class CompletedCounters {
  private readonly counts = new Map<InfoHash, number>();
  private changed = new Map<InfoHash, number>();

  of(infoHash: InfoHash): number {
    return this.counts.get(infoHash) ?? 0;
  }

  restore(infoHash: InfoHash, completed: number): void {
    this.counts.set(infoHash, completed);
  }

  /** Counts one more and returns the new number. */
  increment(infoHash: InfoHash): number {
    const completed = this.of(infoHash) + 1;
    this.counts.set(infoHash, completed);
    this.changed.set(infoHash, completed);
    return completed;
  }

  /** Adds one torrent's counter to another's, forgets the one, and returns the other. */
  merge(from: InfoHash, into: InfoHash): number {
    const added = this.of(from);
    const completed = this.of(into) + added;
    if (added > 0) {
      this.counts.set(into, completed);
      this.changed.set(into, completed);
    }
    this.forget(from);
    return completed;
  }

  forget(infoHash: InfoHash): void {
    this.counts.delete(infoHash);
    this.changed.delete(infoHash);
  }

  /** What moved since the last call. */
  takeChanged(): Map<InfoHash, number> {
    const taken = this.changed;
    this.changed = new Map();
    return taken;
  }
}
