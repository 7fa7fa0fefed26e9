/** A file of random bytes, torrents of it, and folders for what becomes of it. */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { payloadHashes } from './clients';

export interface Payload {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** The folder of all of this, for whatever else a test has to keep. */
  readonly folder: string;
  /** A folder with nothing in it but the file. */
  readonly data: string;
  /** What a complete download of it has. */
  readonly hashes: Record<string, string>;
  /** A torrent file that names these trackers, each in a tier of its own. */
  torrentFor(trackers: readonly string[]): Promise<{ torrent: string; infoHash: string }>;
  /** Another folder with nothing in it but the file: seeders write into theirs. */
  copy(): Promise<string>;
  /** The path of a folder that is not there yet. */
  newFolder(): string;
  remove(): Promise<void>;
}

const PIECE_LENGTH = 64 * 1024;

export async function makePayload(name = 'payload.bin', size = 1_000_007): Promise<Payload> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'interop-'));
  const data = path.join(folder, 'data');
  await fs.mkdir(data);
  await fs.writeFile(path.join(data, name), randomBytes(size));
  let made = 0;
  const next = (what: string): string => path.join(folder, `${what}-${(made += 1)}`);

  return {
    name,
    size,
    folder,
    data,
    hashes: await payloadHashes(data),
    async torrentFor(trackers) {
      const bytes = await createTorrent(path.join(data, name), name, trackers);
      const { default: parseTorrent } = await import('parse-torrent');
      const torrent = `${next('torrent')}.torrent`;
      await fs.writeFile(torrent, bytes);
      return { torrent, infoHash: (await parseTorrent(bytes)).infoHash };
    },
    async copy() {
      const copied = next('copy');
      await fs.cp(data, copied, { recursive: true });
      return copied;
    },
    newFolder: () => next('out'),
    remove: () => fs.rm(folder, { recursive: true, force: true }),
  };
}

async function createTorrent(
  filename: string,
  name: string,
  trackers: readonly string[],
): Promise<Buffer> {
  const { default: create } = await import('create-torrent');
  const announceList = trackers.map((tracker) => [tracker]);
  return new Promise((resolve, reject) => {
    create(filename, { name, pieceLength: PIECE_LENGTH, announceList }, (error, torrent) => {
      if (error === null) resolve(Buffer.from(torrent));
      else reject(error);
    });
  });
}

/** Whether it came true in time. */
export async function until(what: () => boolean, seconds = 10): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (!what() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
  return what();
}
