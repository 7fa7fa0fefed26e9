/** What the hash pool and its workers say to each other. */

import type { HashErrorCode } from './hash-error';
import type { HashRequest, PayloadLayout } from './hash-payload';
import type { PayloadSource } from './payload';

export type ToWorker =
  | { kind: 'hash'; request: HashRequest }
  | { kind: 'digest'; sources: readonly PayloadSource[] }
  | { kind: 'abort' };

export type FromWorker =
  | { kind: 'layout'; layout: PayloadLayout; pieces: Uint8Array }
  | { kind: 'pieces'; pieces: Uint8Array; hashedBytes: number }
  | { kind: 'done' }
  | { kind: 'digests'; digests: string[] }
  | { kind: 'failed'; code: HashErrorCode; message: string; file: number | null };
