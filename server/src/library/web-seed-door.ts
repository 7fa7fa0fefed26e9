/** The web seed's door: which file a request means, and whether this token opens it. */

import {
  PUBLIC,
  PUBLIC_OWNER,
  PUBLIC_TOKEN,
  type Access,
  type Reader,
  type TorrentTokens,
  type Transfer,
  type UserTable,
} from '../access';
import type { FileAnswer, WebSeedAnswer, WebSeedRequest } from '../seeding';
import type { WebSeedState } from '../../../shared/admin-api';
import { describePayload, HashError, type PayloadSource } from '../metainfo';
import type { Catalog, Job, Torrent } from './catalog';
import type { Details } from './details';
import type { JobFile } from './job';
import type { Links } from './links';
import type { Media } from './media';
import type { Tables } from './tables';

export interface WebSeedDoor {
  resolve(request: WebSeedRequest): Promise<WebSeedAnswer>;
  /** Whether a reader would get the bytes now, for the admin panel. */
  check(job: Job): Promise<WebSeedState>;
  /** Where the torrent's files lie, whoever asks; `null` when no job has them any more. */
  backingsOf(torrent: Torrent): Promise<Backing[] | null>;
  /** What was remembered of a job's files is void. */
  forget(job: Job): void;
}

export interface WebSeedDoorDeps {
  enabled: boolean;
  access: Access;
  users: UserTable;
  tokens: TorrentTokens;
  catalog: Catalog;
  details: Details;
  links: Links;
  media: Media;
  tables: Pick<Tables, 'jobs'>;
  /** Registers a transfer that is about to run; `owner` as the tracker knows him. */
  openTransfer: (owner: number, infoHash: string) => Transfer;
}

/** Where one file of a torrent lies. */
export interface Backing {
  source: PayloadSource;
  size: number;
  fingerprint: string;
}

interface Remembered {
  until: number;
  job: Job;
  backings: Backing[];
}

const NOT_FOUND: WebSeedAnswer = {
  kind: 'refused',
  status: 404,
  message: 'There is no such file in this torrent.',
};
const FORBIDDEN: WebSeedAnswer = {
  kind: 'refused',
  status: 403,
  message: 'You may not have this torrent.',
};
/** Signed URLs of a provider live for minutes: they are asked for anew well before. */
const REMEMBER_MS = 30_000;
const REMEMBERED = 1_000;

export function createWebSeedDoor(deps: WebSeedDoorDeps): WebSeedDoor {
  const { access, catalog, users, tokens } = deps;
  const remembered = new Map<string, Remembered>();

  function readerOf(token: string, infoHash: string): Reader | null {
    if (token === PUBLIC_TOKEN) return PUBLIC;
    const userId = tokens.userOf(token, infoHash);
    return userId === undefined ? null : (users.readerOf(userId) ?? null);
  }

  /** The reader, if he may have the torrent now. */
  async function admit({ token, infoHash }: WebSeedRequest): Promise<Reader | null> {
    const reader = readerOf(token, infoHash);
    const torrent = catalog.torrent(infoHash);
    if (reader === null || torrent === undefined) return null;
    return (await access.mayRead(reader, catalog.subjectOf(torrent))) ? reader : null;
  }

  /** Any job whose bytes still exist will do: equal torrents may come from several uploads. */
  async function backingsOf(torrent: Torrent): Promise<Backing[] | null> {
    const known = remembered.get(torrent.infoHash);
    const holds = known !== undefined && known.until > Date.now() && isUsable(torrent, known.job);
    if (holds) return known.backings;
    for (const job of torrent.jobs) {
      const backings = isUsable(torrent, job) ? await backingsOfJob(job) : null;
      if (backings === null) continue;
      remember(torrent.infoHash, { until: Date.now() + REMEMBER_MS, job, backings });
      return backings;
    }
    return null;
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

  async function resolve(request: WebSeedRequest): Promise<WebSeedAnswer> {
    const { infoHash, path } = request;
    if (!deps.enabled) return NOT_FOUND;
    const torrent = catalog.torrent(infoHash);
    // The same answer for unknown torrents: a stranger learns nothing from the difference.
    const reader = await admit(request);
    if (torrent === undefined || reader === null) return FORBIDDEN;
    if (!catalog.placementsOf(torrent).some(({ webSeed }) => webSeed)) return NOT_FOUND;
    const index = await fileAt(torrent, path);
    const file = index < 0 ? undefined : (await backingsOf(torrent))?.[index];
    if (file === undefined) return NOT_FOUND;
    if (file.source.kind === 'url') return { kind: 'redirect', url: file.source.url };
    const transfer = deps.openTransfer(ownerOf(reader), infoHash);
    // The look-ups took a while. What is revoked after this question cuts the transfer.
    if ((await admit(request)) === null) {
      transfer.release();
      return FORBIDDEN;
    }
    const answer = fileAnswer(torrent, index, file, file.source.filename, reader === PUBLIC);
    return { ...answer, signal: transfer.signal, release: () => transfer.release() };
  }

  return {
    resolve,
    backingsOf,
    async check(job) {
      const torrent = job.infoHash === null ? undefined : catalog.torrent(job.infoHash);
      if (torrent === undefined) return { ok: false, reason: 'not-ready' };
      const offered = catalog.placementsOf(torrent).some(({ webSeed }) => webSeed);
      if (!deps.enabled || !offered) return { ok: false, reason: 'off' };
      const backings = await backingsOf(torrent);
      if (backings === null) return { ok: false, reason: 'file-missing' };
      const reason = await firstProblem(backings);
      if (reason !== null) return { ok: false, reason };
      const { webSeeds } = await deps.links.of(torrent, PUBLIC, backings.length);
      return { ok: true, url: webSeeds[0] ?? null };
    },
    forget(job) {
      if (job.infoHash !== null) remembered.delete(job.infoHash);
    },
  };
}

const ownerOf = (reader: Reader): number => (reader.kind === 'user' ? reader.userId : PUBLIC_OWNER);

function isUsable(torrent: Torrent, job: Job): boolean {
  return job.status === 'ready' && torrent.jobs.has(job);
}

function backing(file: JobFile, source: PayloadSource | undefined): Backing {
  if (source === undefined || file.size === null || file.fingerprint === null) {
    throw new Error(`The finished job of ${file.documentId} lacks its size or place`);
  }
  return { source, size: file.size, fingerprint: file.fingerprint };
}

function fileAnswer(
  torrent: Torrent,
  index: number,
  { size, fingerprint }: Backing,
  filename: string,
  shared: boolean,
): FileAnswer {
  return {
    kind: 'file',
    filename,
    size,
    fingerprint,
    // What an info-hash and a position name never changes: the strongest validator there is.
    etag: `"${torrent.infoHash}-${index}"`,
    lastModified: torrent.createdAt,
    shared,
  };
}

async function firstProblem(
  backings: readonly Backing[],
): Promise<'file-missing' | 'file-changed' | 'unreadable' | null> {
  for (const { source, fingerprint } of backings) {
    try {
      const now = await describePayload(source);
      if (now.fingerprint !== fingerprint) return 'file-changed';
    } catch (error) {
      if (!(error instanceof HashError)) throw error;
      return error.code === 'file-missing' ? 'file-missing' : 'unreadable';
    }
  }
  return null;
}
