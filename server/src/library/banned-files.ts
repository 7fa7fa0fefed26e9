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
  /**
   * The payload whose takedown bans one of the files, or `null`; reads those whose size says that
   * they may be banned.
   */
  takedownOf(files: readonly JobFile[], signal?: AbortSignal): Promise<string | null>;
}

/**
 * Of a torrent of several files, what is smaller than this share of it is not banned by itself: a
 * licence or a cover is in other torrents with good right.
 */
const COMPANION = 0.01;

export function createBannedFiles(contents: FileContents): BannedFiles {
  let byPayload = new Map<string, readonly FileContent[]>();
  /** Payloads by SHA-256, by size. */
  let bannedBySize = new Map<number, Map<string, string>>();

  function index(): void {
    bannedBySize = new Map();
    for (const [payload, files] of byPayload) {
      for (const { size, sha256 } of files) {
        const payloads = bannedBySize.get(size) ?? new Map<string, string>();
        bannedBySize.set(size, payloads.set(sha256, payload));
      }
    }
  }

  const bannedBy = ({ size, sha256 }: FileContent): string | undefined =>
    bannedBySize.get(size)?.get(sha256);

  return {
    replace(rows) {
      const isNews = rows.some(({ files }) => files?.some((file) => bannedBy(file) === undefined));
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
    async takedownOf(files, signal) {
      if (bannedBySize.size === 0) return null;
      const suspects = await contents.of(files, (size) => bannedBySize.has(size), signal);
      return suspects?.flatMap((file) => bannedBy(file) ?? [])[0] ?? null;
    },
  };
}
