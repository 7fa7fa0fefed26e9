import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { requireProgram } from './requirements';

const SCRIPT = path.join(__dirname, 'libtorrent_hybrid.py');

export interface Hybrid {
  /** Info-hashes, 40 and 64 hex digits. */
  v1: string;
  v2: string;
  /** The bencoded info dictionary. */
  info: Buffer;
  /** Of its v1 half, in its order. */
  files: { path: string; size: number; padding: boolean }[];
}

/**
 * Makes a hybrid torrent (BEP 52) of a folder with libtorrent.
 * @param pieceLength bytes
 * @param torrent where the .torrent is written
 */
export async function makeHybrid(
  folder: string,
  pieceLength: number,
  torrent: string,
): Promise<Hybrid> {
  const job = { folder: path.resolve(folder), pieceLength, torrent };
  const { stdout } = await promisify(execFile)(
    requireProgram('libtorrent'),
    [SCRIPT, JSON.stringify(job)],
    { maxBuffer: 16 * 1024 * 1024 },
  );
  const made = JSON.parse(stdout) as Omit<Hybrid, 'info'> & { info: string };
  return { ...made, info: Buffer.from(made.info, 'hex') };
}
