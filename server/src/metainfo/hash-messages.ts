/** What the hash pool and its workers say to each other. */

import type { HashErrorCode } from './hash-error';
import type { HashRequest, PayloadLayout } from './hash-payload';

export type ToWorker = { kind: 'hash'; request: HashRequest } | { kind: 'abort' };

export type FromWorker =
  | { kind: 'layout'; layout: PayloadLayout; pieces: Uint8Array }
  | { kind: 'pieces'; pieces: Uint8Array; hashedBytes: number }
  | { kind: 'done' }
  | { kind: 'failed'; code: HashErrorCode; message: string; file: number | null };
