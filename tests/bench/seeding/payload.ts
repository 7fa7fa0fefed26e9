/** A file to seed: pseudo-random bytes, and a .torrent of them for each seeder. */
import { createCipheriv, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  encodeInfo,
  encodeTorrentFile,
  fingerprintOf,
  infoHashOf,
} from '../../../server/src/metainfo';
import type { HashedFile } from '../../../server/src/seeding/hashed-file';
import { WrongAnswer } from '../rounds';

export interface Payload {
  /** Holds the file under its name. */
  folder: string;
  file: HashedFile;
  info: Buffer;
  infoHash: string;
  /** Writes a .torrent with this one tracker. @returns its path */
  torrentWith(announce: string): Promise<string>;
  /** Gives an empty folder to download into. */
  freshFolder(): Promise<string>;
  /** Throws {@link WrongAnswer} unless the folder holds this file and nothing else. Empties it. */
  check(folder: string): Promise<void>;
  remove(): Promise<void>;
}

const NAME = 'payload.bin';
const made = { createdBy: 'benchmark', createdAt: new Date(0) };
const STEP = 4 * 1024 * 1024;

/** @param size bytes, a multiple of the piece length */
export async function makePayload(size: number, pieceLength = 1024 * 1024): Promise<Payload> {
  const root = await mkdtemp(join(tmpdir(), 'bittorrent-bench-seed-'));
  const folder = join(root, 'seed');
  await mkdir(folder);
  const filename = join(folder, NAME);
  const { pieces, sha256 } = await writeRandom(filename, size, pieceLength);
  const info = encodeInfo({
    name: NAME,
    files: [{ path: NAME, size }],
    pieceLength,
    pieces,
    private: false,
    source: undefined,
  });
  let folders = 0;
  return {
    folder,
    file: { filename, size, fingerprint: fingerprintOf(await stat(filename)) },
    info,
    infoHash: infoHashOf(info),
    async torrentWith(announce) {
      folders += 1;
      const file = join(root, `${folders}.torrent`);
      await writeFile(
        file,
        encodeTorrentFile({ info, trackers: [[announce]], webSeeds: [], ...made }),
      );
      return file;
    },
    async freshFolder() {
      folders += 1;
      const fresh = join(root, `out-${folders}`);
      await mkdir(fresh);
      return fresh;
    },
    async check(out) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(join(out, NAME), { highWaterMark: STEP }), hash);
      if (hash.digest('hex') !== sha256)
        throw new WrongAnswer('the payload arrived with other bytes');
      const names = (await readdir(out)).filter((name) => name !== NAME);
      if (names.length > 0) throw new WrongAnswer(`beside the payload: ${names.join(', ')}`);
      await rm(out, { recursive: true });
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Zeros, enciphered: as random as can be, the same every time, and faster than the disk. */
async function writeRandom(filename: string, size: number, pieceLength: number) {
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
  const zeros = Buffer.alloc(STEP);
  const whole = createHash('sha256');
  const pieces: Buffer[] = [];
  const handle = await open(filename, 'w');
  try {
    for (let at = 0; at < size; at += STEP) {
      const bytes = cipher.update(zeros.subarray(0, Math.min(STEP, size - at)));
      whole.update(bytes);
      for (let from = 0; from < bytes.length; from += pieceLength) {
        const piece = bytes.subarray(from, from + pieceLength);
        pieces.push(createHash('sha1').update(piece).digest());
      }
      await handle.write(bytes);
    }
    await handle.sync(); // written back before it is measured, not while
  } finally {
    await handle.close();
  }
  return { pieces: Buffer.concat(pieces), sha256: whole.digest('hex') };
}
