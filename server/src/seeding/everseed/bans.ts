/** Addresses that have misbehaved again and again are not talked to for some time. */

/** What a peer has done, by its weight. */
export const OFFENCE = {
  /** Bytes that open no connection: a scanner, or a client whose torrent we do not have. */
  greeting: 1,
  /** Messages that no client sends: claims of gigabytes, blocks that we never asked for. */
  protocol: 5,
} as const;

export interface Bans {
  /** @param weight of {@link OFFENCE} */
  readonly strike: (address: string, weight: number) => void;
  has(address: string): boolean;
}

/** Many readers may share an address: a few broken clients among them must not shut out the others. */
const LIMIT = 50;
const WINDOW_MS = 10 * 60_000;
/** Addresses remembered; the one not heard of for longest makes room. */
const MOST = 10_000;

interface Record {
  weight: number;
  until: number;
}

export function createBans({ clock }: { clock: () => number }): Bans {
  const records = new Map<string, Record>();

  function recordOf(address: string): Record | undefined {
    const record = records.get(address);
    if (record === undefined || record.until > clock()) return record;
    records.delete(address);
    return undefined;
  }

  return {
    strike(address, weight) {
      const record = recordOf(address) ?? { weight: 0, until: 0 };
      record.weight += weight;
      record.until = clock() + WINDOW_MS;
      records.delete(address);
      records.set(address, record);
      const [oldest] = records.size > MOST ? records.keys() : [];
      if (oldest !== undefined) records.delete(oldest);
    },
    has: (address) => (recordOf(address)?.weight ?? 0) >= LIMIT,
  };
}
