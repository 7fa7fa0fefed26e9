/** What the main thread and the everseed's thread say to each other. Info-hashes are hexadecimal. */

import type { DialTarget } from './dialler';
import type { Answer } from './open-torrents';
import type { SeedServerOptions } from './server';

/** `workerData` of the thread. */
export type WorkerOptions = SeedServerOptions;

export type ToWorker =
  | { kind: 'add'; infoHashes: readonly string[] }
  | { kind: 'remove'; infoHash: string }
  | { kind: 'forget'; infoHash: string }
  | { kind: 'answer'; id: number; answer: Answer }
  | { kind: 'dial'; target: DialTarget }
  | { kind: 'close'; infoHash: string; address: string | null }
  | { kind: 'stop' };

export type FromWorker =
  | { kind: 'listening'; port: number }
  | { kind: 'cannot-listen'; code: string }
  | { kind: 'ask'; id: number; infoHash: string; address: string; needsSource: boolean }
  | { kind: 'left'; infoHash: string; address: string }
  | { kind: 'changed'; infoHash: string }
  | { kind: 'unreadable'; infoHash: string; code: string }
  /** Bytes of blocks since the last time. */
  | { kind: 'sent'; bytes: readonly (readonly [infoHash: string, bytes: number])[] };
