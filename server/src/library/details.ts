/**
 * What is too large to keep of every torrent: its files and its info dictionary. The torrents asked
 * for lately stay in memory, because a web seed is asked for thousands of ranges of one.
 */

import type { TorrentFile } from '../../../shared/torrent-value';
import type { Tables } from './tables';

export interface TorrentFiles {
  files: readonly TorrentFile[];
}

export interface Details {
  /** @throws Error when there is no such torrent */
  files(infoHash: string): Promise<readonly TorrentFile[]>;
  /** The bencoded info dictionary. */
  info(infoHash: string): Promise<Buffer>;
}

const REMEMBERED = 256;

export function createDetails({ torrents }: Pick<Tables, 'torrents'>): Details {
  const remembered = new Map<string, readonly TorrentFile[]>();

  return {
    async files(infoHash) {
      const known = remembered.get(infoHash);
      if (known !== undefined) {
        remembered.delete(infoHash); // to the end: the first key is the one not used for longest
        remembered.set(infoHash, known);
        return known;
      }
      const row = await torrents.findOne({ where: { infoHash }, select: ['files'] });
      if (row === null) throw new Error(`There is no torrent ${infoHash}`);
      remembered.set(infoHash, row.files);
      const [oldest] = remembered.keys();
      if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      return row.files;
    },
    async info(infoHash) {
      const row = await torrents.findOne({ where: { infoHash }, select: ['info'] });
      if (row === null) throw new Error(`There is no torrent ${infoHash}`);
      return Buffer.from(row.info, 'base64');
    },
  };
}
