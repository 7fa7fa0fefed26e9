/** The client half of bittorrent-tracker, as far as tests use it. */
declare module 'bittorrent-tracker/client' {
  import type { EventEmitter } from 'node:events';

  export type InfoHashName = string | Uint8Array;
  export interface ClientOptions {
    infoHash: string;
    peerId: Uint8Array;
    announce: string[];
    port: number;
  }
  export interface AnnounceOptions {
    left?: number;
    numwant?: number;
  }
  export interface TrackerClient extends EventEmitter {
    start(options?: AnnounceOptions): void;
    update(options?: AnnounceOptions): void;
    complete(options?: AnnounceOptions): void;
    stop(options?: AnnounceOptions): void;
    destroy(): void;
  }
  const Client: {
    new (options: ClientOptions): TrackerClient;
    scrape(
      options: { announce: string; infoHash: InfoHashName | InfoHashName[] },
      callback: (error: Error | null, result: object) => void,
    ): void;
  };
  export default Client;
}

declare namespace jest {
  /** For modules that are imported as such; @types/jest does not know it yet. */
  function unstable_mockModule(name: string, factory: () => unknown): void;
}
