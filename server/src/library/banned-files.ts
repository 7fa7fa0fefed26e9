/** Whole files that were taken down, by what they hold: in any torrent, cut in any way. */

import type { FileContent, FileContents } from './file-contents';
import type { JobFile } from './job';
import type { TakedownRow } from './tables';

export interface BannedFiles {
  /** As the table is. True when there are files that were not known. */
  replace(rows: readonly TakedownRow[]): boolean;
  set(payload: string, files: readonly FileContent[]): void;
  knows(payload: string): boolean;
  /** What a takedown of these files bans; `null` when they cannot be read any more. */
  contentsOf(files: readonly JobFile[]): Promise<FileContent[] | null>;
  /** Whether one of the files is banned; reads those whose size says that it may be. */
  includes(files: readonly JobFile[], signal?: AbortSignal): Promise<boolean>;
}

/**
 * Of a torrent of several files, what is smaller than this share of it is not banned by itself: a
 * licence or a cover is in other torrents with good right.
 */
const COMPANION = 0.01;

export function createBannedFiles(contents: FileContents): BannedFiles {
  let byPayload = new Map<string, readonly FileContent[]>();
  let digestsBySize = new Map<number, Set<string>>();

  function index(): void {
    digestsBySize = new Map();
    for (const { size, sha256 } of [...byPayload.values()].flat()) {
      digestsBySize.set(size, (digestsBySize.get(size) ?? new Set()).add(sha256));
    }
  }

  const isBanned = ({ size, sha256 }: FileContent): boolean =>
    digestsBySize.get(size)?.has(sha256) === true;

  return {
    replace(rows) {
      const isNews = rows.some(({ files }) => files?.some((file) => !isBanned(file)));
      byPayload = new Map(rows.map(({ payload, files }) => [payload, files ?? []]));
      index();
      return isNews;
    },
    set(payload, files) {
      byPayload.set(payload, files);
      index();
    },
    knows: (payload) => (byPayload.get(payload)?.length ?? 0) > 0,
    contentsOf(files) {
      const total = files.reduce((sum, { size }) => sum + (size ?? 0), 0);
      return contents.of(files, (size) => size > 0 && size >= total * COMPANION);
    },
    async includes(files, signal) {
      if (digestsBySize.size === 0) return false;
      const suspects = await contents.of(files, (size) => digestsBySize.has(size), signal);
      return suspects?.some(isBanned) === true;
    },
  };
}
