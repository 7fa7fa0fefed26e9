/** A torrent on the disk, for tests of the everseed. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeInfo, fingerprintOf, infoHashOf } from '../../../../server/src/metainfo';
import type { HashedFile } from '../../../../server/src/seeding/hashed-file';
import {
  readSeedTorrent,
  type SeedSource,
  type SeedTorrent,
} from '../../../../server/src/seeding/everseed/seed-torrent';

export interface Payload {
  infoHash: string;
  bytes: Buffer;
  filenames: string[];
  source: SeedSource;
  torrent: SeedTorrent;
  remove(): Promise<void>;
}

/** @param sizes bytes of each file */
export async function makePayload(
  sizes: readonly number[],
  pieceLength: number,
  options: { private?: boolean } = {},
): Promise<Payload> {
  const folder = await mkdtemp(join(tmpdir(), 'everseed-'));
  const files: HashedFile[] = [];
  const parts = sizes.map((size) => randomBytes(size));
  for (const [n, part] of parts.entries()) {
    const filename = join(folder, `${n}.bin`);
    await writeFile(filename, part);
    files.push({ filename, size: part.length, fingerprint: fingerprintOf(await stat(filename)) });
  }
  const bytes = Buffer.concat(parts);
  const source = { info: infoOf(bytes, sizes, pieceLength, options.private ?? false), files };
  const infoHash = infoHashOf(Buffer.from(source.info));
  const torrent = readSeedTorrent(infoHash, source);
  if (torrent === null) throw new Error('no torrent');
  return {
    infoHash,
    bytes,
    filenames: files.map(({ filename }) => filename),
    source,
    torrent,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Without a disk. */
export function torrentOf(size: number, pieceLength: number, isPrivate = false): SeedTorrent {
  const info = infoOf(Buffer.alloc(size), [size], pieceLength, isPrivate);
  const files = [{ filename: '/nowhere', size, fingerprint: '' }];
  const torrent = readSeedTorrent('00'.repeat(20), { info, files });
  if (torrent === null) throw new Error('no torrent');
  return torrent;
}

function infoOf(
  bytes: Buffer,
  sizes: readonly number[],
  pieceLength: number,
  isPrivate: boolean,
): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceLength) {
    pieces.push(
      createHash('sha1')
        .update(bytes.subarray(at, at + pieceLength))
        .digest(),
    );
  }
  return encodeInfo({
    name: 'payload',
    files: sizes.map((size, n) => ({ path: `${n}.bin`, size })),
    pieceLength,
    pieces: Buffer.concat(pieces),
    private: isPrivate,
    source: undefined,
  });
}
