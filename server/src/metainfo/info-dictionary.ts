/** The info dictionary of BEP 3: the part of a .torrent that the info-hash is made of. */

import { createHash } from 'node:crypto';
import { bencode } from './bencode';

export interface PayloadFile {
  /** Path below the torrent's folder, `/` between segments; the name itself for a single file. */
  path: string;
  /** Bytes. */
  size: number;
}

export interface InfoDictionaryV1 {
  name: string;
  files: readonly PayloadFile[];
  /** Bytes. */
  pieceLength: number;
  /** SHA-1 of every piece, 20 bytes each, one after the other. */
  pieces: Buffer;
  /** BEP 27. Left out unless true: some trackers and clients read `private=0` as private. */
  private: boolean;
  /** Any text that gives the same payload another info-hash on another site. */
  source?: string | undefined;
}

/** The bencoded info dictionary. One file makes a single-file torrent, never a one-entry list (libtorrent#3519). */
export function encodeInfo(info: InfoDictionaryV1): Buffer {
  const [first] = info.files;
  const single = info.files.length === 1 && first !== undefined;
  return bencode({
    ...(single
      ? { length: first.size }
      : { files: info.files.map(({ path, size }) => ({ length: size, path: path.split('/') })) }),
    name: info.name,
    'piece length': info.pieceLength,
    pieces: info.pieces,
    private: info.private ? 1 : undefined,
    source: info.source,
  });
}

/** 40 lower-case hex digits. */
export function infoHashOf(info: Uint8Array): string {
  return createHash('sha1').update(info).digest('hex');
}
