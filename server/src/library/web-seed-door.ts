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
import type { ByteBudget, WebSeedAnswer, WebSeedRefusal, WebSeedRequest } from '../seeding';
import type { WebSeedState } from '../../../shared/admin-api';
import { describePayload, HashError } from '../metainfo';
import type { Catalog, Job, Torrent } from './catalog';
import type { Details } from './details';
import { createFilePlaces, type Backing, type Place } from './file-places';
import type { Links } from './links';
import type { Media } from './media';
import type { Tables } from './tables';
import { WebSeedGrant } from './web-seed-grant';

export interface WebSeedDoor {
  /** At once where the torrent was asked for lately, and no rule of the site's own has to be awaited. */
  resolve(request: WebSeedRequest): WebSeedAnswer | Promise<WebSeedAnswer>;
  /** Whether a reader would get the bytes now, for the admin panel. */
  check(job: Job): Promise<WebSeedState>;
  /** Where the torrent's files lie, whoever asks; `null` when no job has them any more. */
  backingsOf(torrent: Torrent): Promise<Backing[] | null>;
  /** The same, with URLs that are signed anew. */
  renewedBackingsOf(torrent: Torrent): Promise<Backing[] | null>;
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
  /** What one reader may have in a day; `null`: as much as he likes. */
  budget: ByteBudget | null;
  /** Bytes of a file that went out. */
  onSent: (infoHash: string, bytes: number) => void;
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
const SPENT: WebSeedRefusal = {
  kind: 'refused',
  status: 429,
  message: 'This link has had its share of the day. Other peers may have the rest.',
};
export function createWebSeedDoor(deps: WebSeedDoorDeps): WebSeedDoor {
  const { access, catalog, users, tokens } = deps;
  const places = createFilePlaces(deps);

  function readerOf(token: string, infoHash: string): Reader | null {
    if (token === PUBLIC_TOKEN) return PUBLIC;
    const userId = tokens.userOf(token, infoHash);
    return userId === undefined ? null : (users.readerOf(userId) ?? null);
  }

  function resolve(request: WebSeedRequest): WebSeedAnswer | Promise<WebSeedAnswer> {
    if (!deps.enabled) return NOT_FOUND;
    const torrent = catalog.torrent(request.infoHash);
    const reader = readerOf(request.token, request.infoHash);
    // The same answer for unknown torrents: a stranger learns nothing from the difference.
    if (torrent === undefined || reader === null) return FORBIDDEN;
    const verdict = access.judge(reader, catalog.subjectOf(torrent));
    if (verdict === 'no') return FORBIDDEN;
    const place = places.recall(torrent, request.path);
    return verdict === 'unknown' || place === null
      ? lookUpAndResolve(request, torrent, reader)
      : answer(torrent, reader, place);
  }

  async function lookUpAndResolve(
    request: WebSeedRequest,
    torrent: Torrent,
    reader: Reader,
  ): Promise<WebSeedAnswer> {
    if (!(await access.mayRead(reader, catalog.subjectOf(torrent)))) return FORBIDDEN;
    const place = await places.find(torrent, request.path);
    // Asked again, of the token as well: the look-ups took a while.
    const now = catalog.torrent(request.infoHash);
    const same = readerOf(request.token, request.infoHash);
    if (now === undefined || same === null) return FORBIDDEN;
    const isUnknown = access.judge(same, catalog.subjectOf(now)) === 'unknown';
    if (isUnknown && !(await access.mayRead(same, catalog.subjectOf(now)))) return FORBIDDEN;
    if (access.judge(same, catalog.subjectOf(now)) === 'no') return FORBIDDEN;
    return place === null ? NOT_FOUND : answer(now, same, place);
  }

  /** For a reader who may have it, which was asked just now: what is revoked later cuts the transfer. */
  function answer(torrent: Torrent, reader: Reader, place: Place): WebSeedAnswer {
    const { infoHash, size } = torrent;
    if (!catalog.placementsOf(torrent).some(({ webSeed }) => webSeed)) return NOT_FOUND;
    const owner = ownerOf(reader);
    // What everybody may have has no reader of its own to count for.
    const budget = reader.kind === 'user' ? deps.budget : null;
    const retryAfter = budget?.wait(owner, infoHash, size) ?? 0;
    if (retryAfter > 0) return { ...SPENT, retryAfter };
    const { source } = place;
    // Not spent: some clients ask anew for every piece, and what they fetch elsewhere is unknown here.
    if (source.kind === 'url') return { kind: 'redirect', url: source.url };
    return {
      kind: 'file',
      filename: source.filename,
      size: place.size,
      fingerprint: place.fingerprint,
      etag: place.etag,
      lastModified: torrent.createdAt,
      shared: reader === PUBLIC,
      grant: new WebSeedGrant(
        deps.openTransfer(owner, infoHash),
        owner,
        infoHash,
        budget,
        deps.onSent,
      ),
    };
  }

  return {
    resolve,
    backingsOf: (torrent) => places.backingsOf(torrent),
    renewedBackingsOf: (torrent) => places.renewedBackingsOf(torrent),
    async check(job) {
      const torrent = job.infoHash === null ? undefined : catalog.torrent(job.infoHash);
      if (torrent === undefined) return { ok: false, reason: 'not-ready' };
      const offered = catalog.placementsOf(torrent).some(({ webSeed }) => webSeed);
      if (!deps.enabled || !offered) return { ok: false, reason: 'off' };
      const backings = await places.backingsOf(torrent);
      if (backings === null) return { ok: false, reason: 'file-missing' };
      const reason = await firstProblem(backings);
      if (reason !== null) return { ok: false, reason };
      const { webSeeds } = await deps.links.of(torrent, PUBLIC, backings.length);
      return { ok: true, url: webSeeds[0] ?? null };
    },
    forget: (job) => places.forget(job),
  };
}

const ownerOf = (reader: Reader): number => (reader.kind === 'user' ? reader.userId : PUBLIC_OWNER);

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
