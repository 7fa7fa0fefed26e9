/** The torrent fields of one entry, as its editor sees them. */

import type { AdminFieldState, EverseedState, Protection } from '../../../shared/admin-api';
import type { SwarmCounts } from '../../../shared/torrent-value';
import { PUBLIC, type Access } from '../access';
import type { Catalog, Job, Placement, Torrent } from './catalog';
import type { Details } from './details';
import type { MediaRow } from './field-instances';
import { shownProblem } from './job';
import type { Links } from './links';
import type { Media } from './media';
import type { Storage } from './storage';
import { shapeOfJob, shapeOfTorrent } from './torrent-shape';
import type { FieldTree, TorrentField, TorrentFields } from './torrent-fields';
import type { TrafficCounters } from './traffic';
import type { WebSeedDoor } from './web-seed-door';

export interface EntryVersion {
  contentType: string;
  entryId: string;
  locale: string | null;
  published: boolean;
}

export interface EntryStates {
  of(version: EntryVersion): Promise<AdminFieldState[]>;
}

export interface EntryStatesDeps {
  access: Access;
  catalog: Catalog;
  fields: TorrentFields;
  media: Media;
  details: Details;
  links: Links;
  webSeed: Pick<WebSeedDoor, 'check'>;
  storage: Storage;
  counts: (infoHash: string) => SwarmCounts;
  traffic: Pick<TrafficCounters, 'of'>;
  /** Whether the site has one. */
  everseed: boolean;
}

export function createEntryStates(deps: EntryStatesDeps): EntryStates {
  const { access, catalog, fields } = deps;

  async function stateOf(placement: Placement, job: Job): Promise<AdminFieldState> {
    const torrent = job.infoHash === null ? undefined : catalog.torrent(job.infoHash);
    const field = fieldAt(fields.treeOf(placement.contentType), placement.path.split('.'));
    const media = await deps.media.findAll(job.mediaIds);
    return {
      path: placement.path,
      key: job.key,
      status: job.status,
      progress: job.progress,
      error: shownProblem(job.problem),
      revision: placement.revision,
      createdAt: (torrent ?? job).createdAt.toISOString(),
      source:
        field?.source == null ? { kind: 'picked' } : { kind: 'attribute', attribute: field.source },
      media: media.map(({ documentId, name }) => ({ documentId, name })),
      published: isReachable(placement),
      public: access.isPublicType(placement.contentType, placement.roles),
      protection: await protectionOf(media),
      webSeed: await deps.webSeed.check(job),
      everseed: everseedOf(placement),
      ...(torrent === undefined ? unfinished(job) : await ofTorrent(torrent)),
    };
  }

  function everseedOf({ seed, seedPaused }: Placement): EverseedState {
    if (!deps.everseed) return 'none';
    if (!seed) return 'off';
    return seedPaused ? 'paused' : 'on';
  }

  /** Of all torrents that the files are in: one that is public opens them. */
  async function protectionOf(media: readonly MediaRow[]): Promise<Protection> {
    const jobs = media.flatMap(({ documentId }) => catalog.jobsOfMedia(documentId));
    for (const job of jobs) {
      if (await access.mayRead(PUBLIC, catalog.subjectOfJob(job))) return 'public';
    }
    return (await deps.storage.isOpen(media)) ? 'cannot-be-protected' : 'protected';
  }

  /** Whether readers get this torrent: a draft equal to the published version shows the same one. */
  function isReachable({ contentType, entryId, locale, path, jobKey }: Placement): boolean {
    return catalog
      .placementsOfEntry(contentType, entryId)
      .some((p) => p.published && p.locale === locale && p.path === path && p.jobKey === jobKey);
  }

  /** With the links that everybody gets: an editor passes them on, never his own. */
  async function ofTorrent(torrent: Torrent) {
    const files = await deps.details.files(torrent.infoHash);
    const { magnet, torrentUrl } = await deps.links.of(torrent, PUBLIC, files.length);
    const shape = shapeOfTorrent(torrent, files);
    const served = (await deps.traffic.of([torrent.infoHash])).get(torrent.infoHash) ?? null;
    return { ...shape, magnet, torrentUrl, served, ...deps.counts(torrent.infoHash) };
  }

  return {
    async of({ contentType, entryId, locale, published }) {
      const placements = catalog
        .placementsOfEntry(contentType, entryId)
        .filter((p) => p.published === published && p.locale === locale);
      const states = placements.flatMap((placement) => {
        const job = catalog.job(placement.jobKey);
        return job === undefined ? [] : [stateOf(placement, job)];
      });
      return Promise.all(states);
    },
  };
}

/** `blocks.1.torrent`: indices are skipped, a zone's member is found by the field's name below it. */
function fieldAt(tree: FieldTree | null, path: readonly string[]): TorrentField | undefined {
  const [step, ...rest] = path;
  if (tree === null || step === undefined) return undefined;
  if (/^\d+$/.test(step)) return fieldAt(tree, rest);
  if (rest.length === 0) return tree.fields.find(({ attribute }) => attribute === step);
  const component = tree.components.find(({ attribute }) => attribute === step);
  const zone = tree.zones.find(({ attribute }) => attribute === step);
  const below = [component?.tree ?? null, ...(zone?.trees.values() ?? [])];
  return below.map((member) => fieldAt(member, rest)).find((found) => found !== undefined);
}

function unfinished(job: Job) {
  return { ...shapeOfJob(job), magnet: null, torrentUrl: null, served: null };
}
