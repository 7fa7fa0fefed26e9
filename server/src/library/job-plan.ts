/** From the media of a field to the job that makes their torrent. */

import type { Access } from '../access';
import { describePayload, folderNameFor, HashError, uniqueSafeNames } from '../metainfo';
import type { MediaRow } from './field-instances';
import { jobKey, twinKey, type JobFile, type JobOptions } from './job';
import { mediaName, type Media } from './media';
import type { Storage } from './storage';
import type { TorrentField } from './torrent-fields';
import type { TorrentProblem } from '../../../shared/torrent-value';
import { MAX_FILES } from './field-value';

export interface JobPlan {
  key: string;
  /** The job of the same files with the other private flag. */
  twinKey: string;
  files: JobFile[];
  options: JobOptions;
  /** Why this job need not even be tried. */
  problem: TorrentProblem | null;
}

/** The files of a field; `missing`: picked once, and no longer in the media library. */
export interface MediaSelection {
  media: readonly MediaRow[];
  missing: readonly string[];
  /** The editor wants the torrent although its files are open to anybody. */
  confirmed: boolean;
}

/** Site-wide options that go into the info dictionary. */
export interface MetainfoOptions {
  /** Bytes, or `null` for the size to decide. */
  pieceLength: number | null;
  source: string | null;
}

export interface JobPlanner {
  plan(field: TorrentField, contentType: string, selection: MediaSelection): Promise<JobPlan>;
  /** What storage says of a job's files now, in their order. */
  fingerprints(media: readonly MediaRow[]): Promise<(string | null)[]>;
}

export interface JobPlannerDeps {
  media: Media;
  access: Access;
  metainfo: MetainfoOptions;
  storage: Storage;
}

export function createJobPlanner({ media, access, metainfo, storage }: JobPlannerDeps): JobPlanner {
  async function describe(row: MediaRow): Promise<Pick<JobFile, 'size' | 'fingerprint'>> {
    try {
      return await describePayload(await media.sourceOf(row));
    } catch (error) {
      // The job itself will say what is wrong with the file, where people look for it.
      if (error instanceof HashError) return { size: null, fingerprint: null };
      throw error;
    }
  }

  return {
    async plan(field, contentType, { media: rows, missing, confirmed }) {
      const tooMany = rows.length > MAX_FILES;
      const files = await filesOf(rows, tooMany ? unknown : describe);
      files.push(...missing.map(missingFile));
      const options: JobOptions = {
        format: field.format,
        private: isPrivate(field, contentType, access),
        pieceLength: metainfo.pieceLength,
        source: metainfo.source,
        name: torrentName(files),
      };
      const exposed = !confirmed && !access.isPublicType(contentType, field.roles);
      const open = exposed && (await storage.isOpenUnasked(rows));
      const problem = tooMany ? TOO_MANY_FILES : open ? UNPROTECTED : null;
      const key = jobKey(files, options);
      return { key, twinKey: twinKey(files, options), files, options, problem };
    },
    fingerprints: async (rows) =>
      (await Promise.all(rows.map(describe))).map(({ fingerprint }) => fingerprint),
  };
}

const TOO_MANY_FILES: TorrentProblem = {
  code: 'too-many-files',
  message: `A torrent may hold at most ${MAX_FILES} files.`,
};

const UNPROTECTED: TorrentProblem = {
  code: 'unprotected',
  message: 'The storage gives these files to anybody; confirm that you want the torrent.',
};

function unknown(): Promise<Pick<JobFile, 'size' | 'fingerprint'>> {
  return Promise.resolve({ size: null, fingerprint: null });
}

/** Kept in the plan: a torrent of the files that are left would look complete, and is not. */
function missingFile(documentId: string): JobFile {
  return { documentId, name: documentId, path: documentId, size: null, fingerprint: null };
}

function torrentName(files: readonly JobFile[]): string {
  const [first] = files;
  const paths = files.map(({ path }) => path);
  return first !== undefined && files.length === 1 ? first.path : folderNameFor(paths);
}

/**
 * In the order of their names: an editor who drags a file up and down does not want another
 * info-hash. Equal names are told apart by the identity of the media, which does not change either.
 */
async function filesOf(
  rows: readonly MediaRow[],
  describe: (row: MediaRow) => Promise<Pick<JobFile, 'size' | 'fingerprint'>>,
): Promise<JobFile[]> {
  const sorted = [...rows].sort(
    (a, b) =>
      Buffer.compare(Buffer.from(mediaName(a)), Buffer.from(mediaName(b))) ||
      (a.documentId < b.documentId ? -1 : 1),
  );
  const paths = uniqueSafeNames(sorted.map(mediaName));
  return Promise.all(
    sorted.map(async (row, index) => ({
      documentId: row.documentId,
      name: row.name,
      path: paths[index] ?? row.documentId,
      ...(await describe(row)),
    })),
  );
}

/** BEP 27 `auto`: private unless the Public role may read the type. */
export function isPrivate(field: TorrentField, contentType: string, access: Access): boolean {
  if (field.private !== 'auto') return field.private === 'always';
  return !access.isPublicType(contentType, field.roles);
}
