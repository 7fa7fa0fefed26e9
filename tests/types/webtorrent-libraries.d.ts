/** The parts of the untyped WebTorrent libraries that tests use as independent implementations. */

declare module 'bencode' {
  const bencode: {
    encode(value: unknown): Uint8Array;
    decode(bytes: Uint8Array): Record<string, unknown>;
  };
  export default bencode;
}

declare module 'parse-torrent' {
  export interface ParsedTorrent {
    infoHash: string;
    name: string;
    announce: string[];
    urlList: string[];
    length: number;
    pieceLength: number;
    private?: boolean;
    files: { path: string; length: number }[];
  }
  export default function parseTorrent(torrent: Uint8Array | string): Promise<ParsedTorrent>;
}

declare module 'create-torrent' {
  export interface CreateTorrentOptions {
    name?: string;
    pieceLength?: number;
    /** Always give one: the default adds eight public trackers. */
    announceList: string[][];
    urlList?: string[];
    private?: boolean;
    createdBy?: string;
  }
  type Input = Uint8Array | string | (Uint8Array & { name: string })[] | string[];
  export default function createTorrent(
    input: Input,
    options: CreateTorrentOptions,
    callback: (error: Error | null, torrent: Uint8Array) => void,
  ): void;
}
