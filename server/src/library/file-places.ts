/** Where the files of torrents lie, remembered for a while: a web seed is asked for thousands of ranges. */

import type { PayloadSource } from '../metainfo';
import type { Job, Torrent } from './catalog';
import type { Details } from './details';
import type { JobFile } from './job';
import type { Media } from './media';
import type { Tables } from './tables';

/** Where one file of a torrent lies. */
export interface Backing {
  /** Of the media. */
  documentId: string;
  source: PayloadSource;
  size: number;
  fingerprint: string;
}

interface Remembered {
  until: number;
  job: Job;
  backings: Backing[];
  /** By the path in the URL. */
  places: Map<string, Place>;
}

/** A file of a torrent, as far as it does not depend on who asks. */
export interface Place extends Backing {
  /** What an info-hash and a position name never changes: the strongest validator there is. */
  etag: string;
}

export interface FilePlaces {
  /** From memory; `null` when it has to be looked up. */
  recall(torrent: Torrent, path: string): Place | null;
  /** `null` when there is no such file, or its bytes are gone. @param path as in the URL, decoded */
  find(torrent: Torrent, path: string): Promise<Place | null>;
  /** Of all files; `null` when no job has them any more. */
  backingsOf(torrent: Torrent): Promise<Backing[] | null>;
  /** The same, with URLs that are signed anew. */
  renewedBackingsOf(torrent: Torrent): Promise<Backing[] | null>;
  /** What was remembered of a job's files is void. */
  forget(job: Job): void;
}

export interface FilePlacesDeps {
  details: Details;
  media: Media;
  tables: Pick<Tables, 'jobs'>;
}

/** Signed URLs of a provider live for minutes: they are asked for anew well before. */
const REMEMBER_MS = 30_000;
const REMEMBERED = 1_000;

export function createFilePlaces(deps: FilePlacesDeps): FilePlaces {
  const remembered = new Map<string, Remembered>();

  /** Any job whose bytes still exist will do: equal torrents may come from several uploads. */
  async function backingsOf(torrent: Torrent): Promise<Backing[] | null> {
    return (await lookUp(torrent))?.backings ?? null;
  }

  async function lookUp(torrent: Torrent): Promise<Remembered | null> {
    const known = recall(torrent);
    if (known !== null) return known;
    for (const job of torrent.jobs) {
      const backings = isUsable(torrent, job) ? await backingsOfJob(job) : null;
      if (backings === null) continue;
      const entry = { until: Date.now() + REMEMBER_MS, job, backings, places: new Map() };
      remember(torrent.infoHash, entry);
      return entry;
    }
    return null;
  }

  function recall(torrent: Torrent): Remembered | null {
    const known = remembered.get(torrent.infoHash);
    const holds = known !== undefined && known.until > Date.now() && isUsable(torrent, known.job);
    return holds ? known : null;
  }

  function remember(infoHash: string, entry: Remembered): void {
    const [oldest] = remembered.keys();
    if (remembered.size >= REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    remembered.set(infoHash, entry);
  }

  async function backingsOfJob(job: Job): Promise<Backing[] | null> {
    const row = await deps.tables.jobs.findOne({ where: { key: job.key }, select: ['files'] });
    if (row === null) return null;
    const rows = await deps.media.findAll(row.files.map(({ documentId }) => documentId));
    if (rows.length !== row.files.length) return null;
    const sources = await Promise.all(rows.map((media) => deps.media.sourceOf(media)));
    return row.files.map((file, index) => backing(file, sources[index]));
  }

  async function fileAt(torrent: Torrent, path: string): Promise<number> {
    const files = await deps.details.files(torrent.infoHash);
    // BEP 19: a base URL gets name and path appended; a client may also ask for the base itself.
    if (files.length === 1) return path === torrent.name || path === '' ? 0 : -1;
    return files.findIndex((file) => `${torrent.name}/${file.path}` === path);
  }

  async function placeOf(torrent: Torrent, path: string): Promise<Place | null> {
    const index = await fileAt(torrent, path);
    const entry = index < 0 ? null : await lookUp(torrent);
    const backing = entry?.backings[index];
    if (entry === null || backing === undefined) return null;
    const place = { ...backing, etag: `"${torrent.infoHash}-${index}"` };
    entry.places.set(path, place);
    return place;
  }

  return {
    recall: (torrent, path) => recall(torrent)?.places.get(path) ?? null,
    find: placeOf,
    backingsOf,
    renewedBackingsOf(torrent) {
      remembered.delete(torrent.infoHash);
      return backingsOf(torrent);
    },
    forget(job) {
      if (job.infoHash !== null) remembered.delete(job.infoHash);
    },
  };
}

function isUsable(torrent: Torrent, job: Job): boolean {
  return job.status === 'ready' && torrent.jobs.has(job);
}

function backing(file: JobFile, source: PayloadSource | undefined): Backing {
  if (source === undefined || file.size === null || file.fingerprint === null) {
    throw new Error(`The finished job of ${file.documentId} lacks its size or place`);
  }
  const { documentId, size, fingerprint } = file;
  return { documentId, source, size, fingerprint };
}
