/** Walks round and round over all connections, a few milliseconds at a time. */
import type { Clock } from '../clock';
import type { SignallingPeer } from './peer';

/** Milliseconds a slice may take. */
const SLICE = 2;
/** Memberships and connections between two looks at the clock. */
const WORK_BETWEEN_LOOKS = 512;

export class PeerSweeper {
  /** A Set's iterator stays valid while entries come and go. */
  private walk: IterableIterator<SignallingPeer> | null = null;

  constructor(
    private readonly peers: ReadonlySet<SignallingPeer>,
    private readonly clock: Clock,
  ) {}

  /** Calls `visit` for about 2 ms; `true` when the walk has come round. */
  slice(visit: (peer: SignallingPeer) => void): boolean {
    const deadline = this.clock() + SLICE;
    let work = 0;
    for (;;) {
      this.walk ??= this.peers.values();
      const step: IteratorResult<SignallingPeer, undefined> = this.walk.next();
      if (step.done === true) {
        this.walk = null;
        return true;
      }
      work += 1 + step.value.members.size;
      visit(step.value);
      if (work < WORK_BETWEEN_LOOKS) continue;
      if (this.clock() >= deadline) return false;
      work = 0;
    }
  }
}
