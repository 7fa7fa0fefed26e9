/** A generation job: which files, at which version, with which options. */

import { createHash } from 'node:crypto';
import type { TorrentFormat } from '../../../shared/field-options';
import type { TorrentProblem } from '../../../shared/torrent-value';

export interface JobFile {
  /** `documentId` of the media. */
  documentId: string;
  /** Name in the media library when the job was made. */
  name: string;
  /** Path inside the torrent, below its folder; set when the job is made, so that a rename changes nothing. */
  path: string;
  /** Bytes; `null` until storage was read. */
  size: number | null;
  /** Tells whether the bytes may have changed; `null` when storage could not be read. */
  fingerprint: string | null;
}

export interface JobOptions {
  format: TorrentFormat;
  private: boolean;
  /** Bytes, or `null` for the size to decide. */
  pieceLength: number | null;
  source: string | null;
  /** Name of the torrent: of its only file, or of the folder of several. */
  name: string;
}

/** Why a job has no torrent, as it is stored. */
export interface JobProblem extends TorrentProblem {
  /** Of a job that was taken down: the bytes (`payloadKey`) whose takedown holds it. */
  takedown?: string;
}

/** As readers and editors are told. */
export function shownProblem(problem: JobProblem | null): TorrentProblem | null {
  return problem === null ? null : { code: problem.code, message: problem.message };
}

export interface StoredCheckpoint {
  fingerprints: string[];
  pieceLength: number;
  /** Base64. */
  pieces: string;
}

/**
 * Identity of a job. Names are left out: renaming media changes neither bytes nor torrent.
 * Unreadable files count by their identity, so that "try again" finds the same job.
 */
export function jobKey(files: readonly JobFile[], options: JobOptions): string {
  const identity = [
    files.map(({ documentId, fingerprint }) => [documentId, fingerprint]),
    [options.format, options.private, options.pieceLength, options.source],
  ];
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** Key of the job of the same files with the other private flag. */
export function twinKey(files: readonly JobFile[], options: JobOptions): string {
  return jobKey(files, { ...options, private: !options.private });
}
