/**
 * Which files of the uploads folder back torrents, by name, and whether Public may have them. The
 * question is answered from the catalog each time it is asked: there is no list of protected files
 * that could be behind a permission that has just been taken back.
 */

import { PUBLIC, type Access } from '../access';
import type { Catalog, Job } from './catalog';
import type { MediaRow } from './field-instances';
import type { Media } from './media';
import { isTakenDown } from './takedowns';

/** A file as Strapi names it. */
export interface UploadName {
  hash: string;
  ext?: string | null | undefined;
}

/** `alike`: the same name to a file system that folds case; only storage knows whether it is. */
export interface UploadMatch {
  /** `uploads/<name>` as Strapi writes it. */
  path: string;
  exact: boolean;
  /** With its dot, or ''. */
  extension: string;
  mediaIds: readonly string[];
}

export interface UploadIndex {
  /** Reads the names of all media that back torrents. */
  load(): Promise<void>;
  /** Media as it is now; other names it had are forgotten. */
  learn(rows: readonly MediaRow[]): void;
  forget(mediaIds: readonly string[]): void;
  /** @param path `uploads/<name>`, decoded, in whatever case */
  find(path: string): UploadMatch[];
  readonly size: number;
  isProtected(mediaIds: readonly string[]): boolean;
  /** Jobs that make torrents of the media, finished or not. */
  jobsOf(mediaIds: readonly string[]): Job[];
  /** Content types in which torrents of the media are shown, drafts included. */
  contentTypesOf(mediaIds: readonly string[]): ReadonlySet<string>;
}

interface Owner {
  path: string;
  extension: string;
  mediaId: string;
}

/** Below what databases allow as parameters of one query. */
const AT_ONCE = 200;

export function createUploadIndex(deps: {
  access: Access;
  catalog: Catalog;
  media: Media;
}): UploadIndex {
  const { access, catalog } = deps;
  const owners = new Map<string, Set<Owner>>();
  const pathsOfMedia = new Map<string, Owner[]>();

  function forget(mediaId: string): void {
    for (const owner of pathsOfMedia.get(mediaId) ?? []) {
      for (const key of keysOf(owner)) {
        const left = owners.get(key);
        left?.delete(owner);
        if (left?.size === 0) owners.delete(key);
      }
    }
    pathsOfMedia.delete(mediaId);
  }

  function learn(row: MediaRow): void {
    forget(row.documentId);
    if (row.provider !== 'local') return;
    const known = [row, ...Object.values(row.formats ?? {})].map((name): Owner => ({
      path: uploadPath(name),
      extension: name.ext ?? '',
      mediaId: row.documentId,
    }));
    pathsOfMedia.set(row.documentId, known);
    for (const owner of known) {
      for (const key of keysOf(owner)) {
        owners.set(key, (owners.get(key) ?? new Set()).add(owner));
      }
    }
  }

  const jobsOf = (mediaIds: readonly string[]): Job[] =>
    mediaIds.flatMap((mediaId) => catalog.jobsOfMedia(mediaId));

  return {
    async load() {
      const ids = new Set([...catalog.jobs()].flatMap(({ mediaIds }) => mediaIds));
      const all = [...ids];
      for (let at = 0; at < all.length; at += AT_ONCE) {
        (await deps.media.findAll(all.slice(at, at + AT_ONCE))).forEach(learn);
      }
    },
    learn: (rows) => rows.forEach(learn),
    forget: (mediaIds) => mediaIds.forEach(forget),
    find(path) {
      const matches = new Map<string, UploadMatch & { mediaIds: string[] }>();
      for (const owner of owners.get(fold(path)) ?? []) {
        const { path: known, extension, mediaId } = owner;
        const match = matches.get(known) ?? {
          path: known,
          extension,
          exact: known === path || stemOf(owner) === path,
          mediaIds: [],
        };
        match.mediaIds.push(mediaId);
        matches.set(known, match);
      }
      return [...matches.values()];
    },
    get size() {
      return owners.size;
    },
    isProtected(mediaIds) {
      const jobs = jobsOf(mediaIds);
      const shown = jobs.filter((job) => !isTakenDown(job));
      const placements = shown.flatMap((job) => [...job.placements]);
      if (placements.length > 0) return !access.mayRead(PUBLIC, placements);
      if (shown.length < jobs.length) return true;
      // Shown nowhere any more: what was closed does not open because its entry was deleted.
      return jobs.some(({ options }) => options.private);
    },
    jobsOf,
    contentTypesOf: (mediaIds) =>
      new Set(
        jobsOf(mediaIds).flatMap((job) =>
          [...job.placements].map(({ contentType }) => contentType),
        ),
      ),
  };
}

export const uploadPath = ({ hash, ext }: UploadName): string => `uploads/${hash}${ext ?? ''}`;

/**
 * Also without its extension: Strapi's static middleware adds `.gz` and `.br` by itself for clients
 * that accept them, and others where the site says so.
 */
const keysOf = (owner: Owner): string[] => [fold(owner.path), fold(stemOf(owner))];

const stemOf = ({ path, extension }: Owner): string =>
  extension === '' ? path : path.slice(0, -extension.length);

/**
 * One key for all spellings that some file system takes for the same name: case, Unicode form, final
 * dots and spaces, and what follows a colon (NTFS streams).
 */
function fold(path: string): string {
  return path
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '')
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase();
}
