/** Hashes a payload file by file, from where an interrupted run stopped. Runs inside the hash worker. */

import { HashError, toHashError } from './hash-error';
import {
  describePayload,
  readPayload,
  type PayloadDescription,
  type PayloadSource,
} from './payload';
import { pieceLengthFor } from './piece-length';
import { createPieceHasher, type PieceHasher } from './piece-hasher';

const DIGEST_LENGTH = 20;

/** What an interrupted run left behind: good only while nothing about the payload has changed. */
export interface Checkpoint {
  fingerprints: readonly string[];
  pieceLength: number;
  /** 20 bytes per finished piece. */
  pieces: Uint8Array;
}

export interface HashRequest {
  sources: readonly PayloadSource[];
  /** Bytes; `null` lets the size decide. */
  pieceLength: number | null;
  checkpoint: Checkpoint | null;
}

export interface PayloadLayout {
  files: readonly PayloadDescription[];
  pieceLength: number;
  /** Bytes, all files together. */
  size: number;
}

export interface HashListener {
  /** `pieces`: those of the checkpoint that still hold. */
  onLayout(layout: PayloadLayout, pieces: Uint8Array): void;
  /** Digests finished since the last call, and how many bytes have been hashed so far. */
  onPieces(pieces: Uint8Array, hashedBytes: number): void;
}

/** @throws HashError */
export async function hashPayload(
  request: HashRequest,
  listener: HashListener,
  signal: AbortSignal,
): Promise<void> {
  const layout = await describeAll(request);
  if (layout.size === 0) throw new HashError('file-empty', 'The file is empty.');
  const resumed = usablePieces(request.checkpoint, layout);
  listener.onLayout(layout, resumed);

  const hasher = createPieceHasher(layout.pieceLength);
  let position = (resumed.byteLength / DIGEST_LENGTH) * layout.pieceLength;
  let fileStart = 0;
  for (const [index, source] of request.sources.entries()) {
    const { size } = descriptionAt(layout, index);
    const offset = Math.max(0, position - fileStart);
    if (offset < size) {
      await hashFile(source, index, { offset, size, hasher, signal }, (hashed) => {
        listener.onPieces(hasher.take(), fileStart + hashed);
      });
      position = fileStart + size;
    }
    fileStart += size;
  }
  hasher.finish();
  await refuseChanged(request.sources, layout);
  listener.onPieces(hasher.take(), layout.size);
}

async function describeAll(request: HashRequest): Promise<PayloadLayout> {
  const files = await Promise.all(request.sources.map(describePayload));
  const size = files.reduce((sum, file) => sum + file.size, 0);
  return { files, size, pieceLength: request.pieceLength ?? pieceLengthFor(size) };
}

function usablePieces(checkpoint: Checkpoint | null, layout: PayloadLayout): Uint8Array {
  const same =
    checkpoint !== null &&
    checkpoint.pieceLength === layout.pieceLength &&
    checkpoint.fingerprints.length === layout.files.length &&
    layout.files.every(({ fingerprint }, n) => fingerprint === checkpoint.fingerprints[n]);
  const limit = Math.floor(layout.size / layout.pieceLength) * DIGEST_LENGTH;
  if (!same || checkpoint.pieces.byteLength > limit) return new Uint8Array(0);
  return checkpoint.pieces;
}

async function hashFile(
  source: PayloadSource,
  index: number,
  part: { offset: number; size: number; hasher: PieceHasher; signal: AbortSignal },
  onChunk: (hashed: number) => void,
): Promise<void> {
  let hashed = part.offset;
  try {
    for await (const chunk of readPayload(source, part.offset)) {
      if (part.signal.aborted) throw new HashError('aborted', 'No longer wanted.');
      hashed += chunk.byteLength;
      if (hashed > part.size) break; // it grows: somebody is still writing
      part.hasher.update(chunk);
      onChunk(hashed);
    }
  } catch (error) {
    throw toHashError(error, index);
  }
  if (hashed !== part.size) throw changed(index);
}

/** The file may have been replaced by one of the same size after its first bytes were read. */
async function refuseChanged(
  sources: readonly PayloadSource[],
  layout: PayloadLayout,
): Promise<void> {
  for (const [index, source] of sources.entries()) {
    const now = await describePayload(source, index);
    if (now.fingerprint !== descriptionAt(layout, index).fingerprint) throw changed(index);
  }
}

function changed(index: number): HashError {
  return new HashError('file-changed', 'The file changed while it was being read.', index);
}

function descriptionAt(layout: PayloadLayout, index: number): PayloadDescription {
  const description = layout.files[index];
  if (description === undefined) throw new RangeError(`No file ${index}`);
  return description;
}
