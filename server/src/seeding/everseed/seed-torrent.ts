/** A torrent as the everseed needs it: read from its info dictionary, and from nothing else. */

import type { HashedFile } from '../hashed-file';
import type { RemoteFile } from './remote-files';
import { bdecode, entryOf, type Bencoded } from './wire/bdecode';

/** On this disk, or at a storage provider. */
export type SeedFile = HashedFile | RemoteFile;

/** What the main thread knows of a torrent. */
export interface SeedSource {
  /** The bencoded info dictionary. */
  info: Uint8Array;
  /** In the order of the info dictionary, pad files (BEP 47) left out. */
  files: readonly SeedFile[];
}

/** A stretch of the payload. */
export interface Segment {
  /** Byte of the payload where it begins. */
  start: number;
  length: number;
  /** `null`: padding, all zeros. */
  file: SeedFile | null;
}

export interface SeedTorrent {
  /** 40 hex digits. */
  readonly infoHash: string;
  readonly info: Buffer;
  /** BEP 27: then nobody gets the info dictionary from us. */
  readonly private: boolean;
  /** Bytes. */
  readonly size: number;
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** 20 bytes per piece. */
  readonly digests: Buffer;
  readonly segments: readonly Segment[];
}

/** `null` when it has no v1 part, or files and info do not belong together. */
export function readSeedTorrent(infoHash: string, source: SeedSource): SeedTorrent | null {
  const info = Buffer.from(source.info.buffer, source.info.byteOffset, source.info.byteLength);
  const root = bdecode(info)?.value;
  const pieceLength = entryOf(root, 'piece length');
  const digests = entryOf(root, 'pieces');
  if (typeof pieceLength !== 'number' || pieceLength <= 0 || !Buffer.isBuffer(digests)) return null;
  const segments = segmentsOf(root, source.files);
  if (segments === null) return null;
  const size = segments.reduce((sum, { length }) => sum + length, 0);
  const pieceCount = Math.ceil(size / pieceLength);
  if (pieceCount === 0 || digests.length !== pieceCount * 20) return null;
  return {
    infoHash,
    info,
    private: entryOf(root, 'private') === 1,
    size,
    pieceLength,
    pieceCount,
    digests,
    segments,
  };
}

/** Bytes of a piece: the last one is shorter. */
export function pieceSize({ size, pieceLength }: SeedTorrent, piece: number): number {
  return Math.min(pieceLength, size - piece * pieceLength);
}

function segmentsOf(root: Bencoded | undefined, files: readonly SeedFile[]): Segment[] | null {
  const listed = entryOf(root, 'files');
  const entries = Array.isArray(listed) ? listed : [root];
  const segments: Segment[] = [];
  let start = 0;
  let next = 0;
  for (const entry of entries) {
    const length = entryOf(entry, 'length');
    if (typeof length !== 'number' || length < 0) return null;
    const attributes = entryOf(entry, 'attr');
    const isPadding = Buffer.isBuffer(attributes) && attributes.includes('p');
    const file = isPadding ? null : (files[next++] ?? null);
    if (!isPadding && file?.size !== length) return null;
    if (length > 0) segments.push({ start, length, file });
    start += length;
  }
  return next === files.length ? segments : null;
}
