/** Who is served now, and who waits: a bounded number at once, and nobody for ever. */

export interface SlotHolder {
  choke(): void;
  unchoke(): void;
}

export interface Slots<Holder extends SlotHolder> {
  /** Serves it now or later. */
  add(holder: Holder): void;
  /** It wants nothing more, or has gone. */
  remove(holder: Holder): void;
  /** When somebody waits, whoever was served longest makes room. Call it every few seconds. */
  rotate(): void;
}

/** Sets keep their order: the first one served is the one served longest. */
export function createSlots<Holder extends SlotHolder>(count: number): Slots<Holder> {
  const served = new Set<Holder>();
  const waiting = new Set<Holder>();

  function fill(): void {
    for (const holder of waiting) {
      if (served.size >= count) return;
      waiting.delete(holder);
      served.add(holder);
      holder.unchoke();
    }
  }

  return {
    add(holder) {
      if (served.has(holder)) return;
      waiting.add(holder);
      fill();
    },
    remove(holder) {
      waiting.delete(holder);
      if (served.delete(holder)) {
        holder.choke();
        fill();
      }
    },
    rotate() {
      // A quarter at a time: clients need some seconds to come up to speed.
      const turns = Math.min(waiting.size, Math.ceil(count / 4));
      const leaving = [...served].slice(0, served.size >= count ? turns : 0);
      for (const holder of leaving) {
        served.delete(holder);
        holder.choke();
        waiting.add(holder);
      }
      fill();
    },
  };
}
