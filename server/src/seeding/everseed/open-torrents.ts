/** Torrents that peers are connected for, and a few that they were connected for lately. */

import { PayloadChangedError, type FileCache } from './file-cache';
import { createPayloadReader, type OpenTorrent } from './payload-reader';
import type { RemoteFiles } from './remote-files';
import { readSeedTorrent, type SeedSource } from './seed-torrent';

/** What the site says about a peer and a torrent. */
export interface Answer {
  allowed: boolean;
  /** Sent when it was asked for and can be served. */
  source: SeedSource | null;
}

export type Ask = (infoHash: string, address: string, needsSource: boolean) => Promise<Answer>;

export interface OpenTorrents {
  /** The torrent, when this address may have it now; the caller gives it back once. */
  enter(infoHash: string, address: string): Promise<OpenTorrent | null>;
  leave(infoHash: string): void;
  /** Its files may lie elsewhere by now: they are asked for anew. */
  forget(infoHash: string): void;
  /** Reading it has failed. True when its bytes are wrong: then nobody is served any more. */
  fail(infoHash: string, error: unknown): boolean;
}

interface Entry {
  open: OpenTorrent;
  peers: number;
}

const MAX_IDLE = 64;
/** A torrent whose bytes were wrong is not looked at again for as long. */
const BROKEN_MS = 10 * 60_000;
/** One whose storage refuses: each newcomer would make it be asked again. */
const UNREADABLE_MS = 15_000;
const MAX_BROKEN = 1_000;

export interface OpenTorrentsDeps {
  ask: Ask;
  files: FileCache;
  remote: RemoteFiles;
  clock: () => number;
}

export function createOpenTorrents(deps: OpenTorrentsDeps): OpenTorrents {
  const { ask, clock } = deps;
  /** In the order of their last use. */
  const entries = new Map<string, Entry>();
  const broken = new Map<string, number>();

  function isBroken(infoHash: string): boolean {
    const until = broken.get(infoHash);
    if (until === undefined) return false;
    if (until > clock()) return true;
    broken.delete(infoHash);
    return false;
  }

  function dropIdle(): void {
    let idle = 0;
    for (const [infoHash, { peers }] of [...entries].reverse()) {
      if (peers === 0 && (idle += 1) > MAX_IDLE) entries.delete(infoHash);
    }
  }

  function openFrom(infoHash: string, source: SeedSource | null): Entry | null {
    const known = entries.get(infoHash); // by another peer, meanwhile
    if (known !== undefined) return known;
    const torrent = source === null ? null : readSeedTorrent(infoHash, source);
    if (torrent === null) return null;
    return {
      open: { torrent, reader: createPayloadReader(torrent, deps.files, deps.remote) },
      peers: 0,
    };
  }

  return {
    async enter(infoHash, address) {
      if (isBroken(infoHash)) return null;
      const { allowed, source } = await ask(infoHash, address, !entries.has(infoHash));
      const entry = allowed ? openFrom(infoHash, source) : null;
      if (entry === null) return null;
      entry.peers += 1;
      entries.delete(infoHash);
      entries.set(infoHash, entry);
      return entry.open;
    },
    leave(infoHash) {
      const entry = entries.get(infoHash);
      if (entry === undefined) return;
      entry.peers = Math.max(0, entry.peers - 1);
      if (entry.peers === 0 && entries.size > MAX_IDLE) dropIdle();
    },
    forget(infoHash) {
      entries.delete(infoHash);
      broken.delete(infoHash);
    },
    fail(infoHash, error) {
      entries.delete(infoHash);
      const isChanged = error instanceof PayloadChangedError;
      const [oldest] = broken.keys();
      if (broken.size >= MAX_BROKEN && oldest !== undefined) broken.delete(oldest);
      broken.set(infoHash, clock() + (isChanged ? BROKEN_MS : UNREADABLE_MS));
      return isChanged;
    },
  };
}
