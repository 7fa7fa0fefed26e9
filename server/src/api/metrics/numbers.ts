/** What metrics are made of: numbers that others keep anyway, read when somebody asks. */

export interface RequestCount {
  transport: string;
  family: number;
  /** `ok` or the code of a failure. */
  outcome: string;
  count: number;
}

/** A histogram as its owner keeps it. */
export interface Buckets {
  /** Microseconds, rising. */
  bounds: readonly number[];
  /** Not cumulative; the last one is above all bounds. */
  counts: readonly number[];
  /** Microseconds. */
  sum: number;
}

/** All of them at one moment. */
export interface Numbers {
  requests: {
    announces: readonly RequestCount[];
    scrapes: readonly RequestCount[];
    drops: readonly { reason: string; count: number }[];
    latency: Buckets;
  };
  swarms: { swarms: number; peers4: number; peers6: number };
  stock: {
    torrents: number;
    /** Bytes of their payloads. */
    bytes: number;
    /** Jobs by status. */
    jobs: Readonly<Record<string, number>>;
  };
  /** Bytes since the start of this process. */
  traffic: { webSeed: number; everseed: number; downloaded: number };
  /** Things that an operator should mend, by a short name. */
  warnings: readonly { name: string; active: boolean }[];
}
