import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { requireProgram } from './requirements';

const SCRIPT = path.join(__dirname, 'libtorrent_info_hash.py');

export interface InfoHashOptions {
  /** `info.name`. */
  name: string;
  /**
   * A filename makes a single-file torrent. A list makes a multi-file one, in this order;
   * `path` is the file's path inside the torrent, without its name.
   */
  content: string | readonly { path: string; filename: string }[];
  /** Bytes. */
  pieceLength: number;
  /** BEP 27; default false. */
  private?: boolean;
  source?: string;
}

/** The v1 info-hash, 40 lower-case hex digits, as libtorrent computes it from the files' bytes. */
export async function libtorrentInfoHash(options: InfoHashOptions): Promise<string> {
  const { name, content, pieceLength, source = null } = options;
  const files =
    typeof content === 'string'
      ? [{ path: name, filename: path.resolve(content) }]
      : content.map((file) => ({
          path: `${name}/${file.path}`,
          filename: path.resolve(file.filename),
        }));
  const job = { files, pieceLength, private: options.private ?? false, source };
  const { stdout } = await promisify(execFile)(requireProgram('libtorrent'), [
    SCRIPT,
    JSON.stringify(job),
  ]);
  return stdout.trim();
}
