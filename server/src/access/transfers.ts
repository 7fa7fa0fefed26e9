/** The web-seed transfers that are running, so that they can be cut when their reader loses the right. */

export interface Transfer {
  /** Aborted when the reader may have the torrent no more. */
  readonly signal: AbortSignal;
  /** The transfer is over. */
  release(): void;
}

/** Holds one record per reader and torrent with a transfer running: bounded by the connections. */
export interface Transfers<Key extends string> {
  open(owner: number, infoHash: Key): Transfer;
  /** Cuts those whose reader `hasLost` the right; returns how many records that were. */
  cut(hasLost: (infoHash: Key, owner: number) => boolean): number;
  readonly size: number;
}

interface Running<Key> {
  readonly owner: number;
  readonly infoHash: Key;
  readonly abort: AbortController;
  /** A client fetches several ranges of a torrent at once. */
  count: number;
}

export function createTransfers<Key extends string>(): Transfers<Key> {
  const running = new Map<string, Running<Key>>();

  return {
    open(owner, infoHash) {
      const key = `${owner} ${infoHash}`;
      const record = running.get(key) ?? {
        owner,
        infoHash,
        abort: new AbortController(),
        count: 0,
      };
      record.count += 1;
      running.set(key, record);
      let released = false;
      return {
        signal: record.abort.signal,
        release() {
          if (released) return;
          released = true;
          record.count -= 1;
          // A record that was cut may have a successor under its key.
          if (record.count === 0 && running.get(key) === record) running.delete(key);
        },
      };
    },
    cut(hasLost) {
      let cut = 0;
      for (const [key, { owner, infoHash, abort }] of running) {
        if (!hasLost(infoHash, owner)) continue;
        running.delete(key);
        abort.abort();
        cut += 1;
      }
      return cut;
    },
    get size() {
      return running.size;
    },
  };
}
