/**
 * What the files of a job hold, by SHA-256 of the whole file. It costs as much as hashing once more,
 * so it is asked only about files that may be what somebody took down: those of the same size.
 */

import { describePayload, HashError, type HashPool } from '../metainfo';
import type { JobFile } from './job';
import type { Media } from './media';

export interface FileContent {
  /** Bytes. */
  size: number;
  /** 64 hex digits. */
  sha256: string;
}

export interface FileContents {
  /**
   * Of the files that `isWanted` by their size.
   * @returns `null` when they are not, or no longer, the bytes that were hashed
   */
  of(
    files: readonly JobFile[],
    isWanted: (size: number) => boolean,
    signal?: AbortSignal,
  ): Promise<FileContent[] | null>;
}

export interface FileContentsDeps {
  media: Media;
  pool: HashPool;
}

const NEVER = new AbortController().signal;

export function createFileContents({ media, pool }: FileContentsDeps): FileContents {
  async function read(
    files: readonly (JobFile & { size: number })[],
    signal: AbortSignal,
  ): Promise<FileContent[] | null> {
    const rows = await media.findAll(files.map(({ documentId }) => documentId));
    if (rows.length < files.length) return null;
    const sources = await Promise.all(rows.map((row) => media.sourceOf(row)));
    const digests = await pool.digest(sources, signal);
    // Asked afterwards: a file that was replaced meanwhile has another fingerprint.
    const now = await Promise.all(sources.map((source) => describePayload(source)));
    if (files.some(({ fingerprint }, n) => fingerprint !== now[n]?.fingerprint)) return null;
    return files.map(({ size }, n) => ({ size, sha256: digests[n] ?? '' }));
  }

  return {
    async of(files, isWanted, signal = NEVER) {
      const wanted = files.filter(
        (file): file is JobFile & { size: number } => file.size !== null && isWanted(file.size),
      );
      if (wanted.length === 0) return [];
      try {
        return await read(wanted, signal);
      } catch (error) {
        const isFault = !(error instanceof HashError) || error.code === 'internal';
        if (isFault || error.code === 'aborted') throw error;
        return null;
      }
    },
  };
}
