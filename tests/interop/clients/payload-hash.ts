import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

/** SHA-256 of one file, in hex. */
export async function sha256File(filename: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(filename, { highWaterMark: 1024 * 1024 }), hash);
  return hash.digest('hex');
}

/** SHA-256 of every file below the folder, by its path with `/`. */
export async function payloadHashes(folder: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const hashes: Record<string, string> = {};
  for (const filename of files) {
    const name = path.relative(folder, filename).split(path.sep).join('/');
    hashes[name] = await sha256File(filename);
  }
  return hashes;
}
