/** What the main thread and the everseed's thread say to each other. Info-hashes are hexadecimal. */

import type { DialTarget } from './dialler';
import type { Answer } from './open-torrents';
import type { SeedSource } from './seed-torrent';
import type { SeedServerOptions } from './server';

/** `workerData` of the thread. */
export type WorkerOptions = SeedServerOptions;

export type ToWorker =
  | { kind: 'add'; infoHashes: readonly string[] }
  | { kind: 'remove'; infoHash: string }
  | { kind: 'forget'; infoHash: string }
  | { kind: 'answer'; id: number; answer: Answer }
  | { kind: 'source'; id: number; source: SeedSource | null }
  | { kind: 'dial'; target: DialTarget }
  | { kind: 'close'; infoHash: string; address: string | null }
  | { kind: 'stop' };

export type FromWorker =
  | { kind: 'listening'; port: number; peerId: Uint8Array }
  | { kind: 'cannot-listen'; code: string }
  | { kind: 'ask'; id: number; infoHash: string; address: string; needsSource: boolean }
  | { kind: 'renew'; id: number; infoHash: string }
  /** A peer has told our own address (4 or 16 bytes) as it sees it. */
  | { kind: 'seen'; peer: string; address: Uint8Array }
  | { kind: 'left'; infoHash: string; address: string }
  | { kind: 'changed'; infoHash: string }
  | { kind: 'unreadable'; infoHash: string; code: string }
  /** Bytes of blocks since the last time. */
  | { kind: 'sent'; bytes: readonly (readonly [infoHash: string, bytes: number])[] };
