/**
 * Everywhere a torrent is shown, as the one rule is asked about it, and what the tracker's gate is
 * told of it.
 */

import type { RegisteredTorrent, Subject } from '../access';
import type { Job, Placement, Torrent } from './catalog-model';
import { isTakenDown } from './takedowns';

export interface ShownPlaces {
  /** Everywhere the torrent is shown: what every door asks about. Nowhere when it was taken down. */
  placementsOf(torrent: Torrent): Placement[];
  /** The same for administrators: also what was taken down. */
  allPlacementsOf(torrent: Torrent): Placement[];
  /** What `access` is asked about: shown nowhere when it was taken down. */
  subjectOf(torrent: Torrent): Subject;
  subjectOfJob(job: Job): Subject;
  /** The same before takedowns: its readers may learn what became of it, and no more. */
  subjectOfStatus(job: Job): Subject;
}

export interface ShownPlacesDeps {
  jobs: ReadonlyMap<string, Job>;
  torrents: ReadonlyMap<string, Torrent>;
  onExposure: (infoHash: string, torrent: RegisteredTorrent) => void;
}

export function createShownPlaces({
  jobs,
  torrents,
  onExposure,
}: ShownPlacesDeps): ShownPlaces & { expose: (infoHash: string | null) => void } {
  function allPlacementsOf(torrent: Torrent): Placement[] {
    return [...torrent.jobs].flatMap((job) => [...job.placements]);
  }

  function placementsOf(torrent: Torrent): Placement[] {
    const isOpen = (job: Job): boolean => !isTakenDown(job);
    return [...torrent.jobs].filter(isOpen).flatMap((job) => [...job.placements]);
  }

  /** Tells the gate how it is now: of this torrent, and of what it was with the other private flag. */
  function expose(infoHash: string | null): void {
    const torrent = infoHash === null ? undefined : torrents.get(infoHash);
    if (torrent === undefined) return;
    exposeOne(torrent);
    for (const twin of twinsOf(torrent)) exposeOne(twin);
  }

  /** What the torrent was before its private flag changed, or became after it. */
  function twinsOf({ jobs: made }: Torrent): Torrent[] {
    return [...made].flatMap((job) => {
      const infoHash = jobs.get(job.twinKey)?.infoHash ?? null;
      return infoHash === null ? [] : (torrents.get(infoHash) ?? []);
    });
  }

  function exposeOne(torrent: Torrent): void {
    const exposures = placementsOf(torrent);
    // Only a job whose bytes are gone leaves a torrent behind that can never be shown again.
    const bytesExist = [...torrent.jobs].some((job) => job.status !== 'stale');
    // Shown with the other private flag now: that revision took this one's place.
    const reissued = twinsOf(torrent).some((twin) => placementsOf(twin).length > 0);
    const state = exposures.length > 0 || (bytesExist && !reissued) ? 'current' : 'replaced';
    const takenDown = torrent.jobs.size > 0 && [...torrent.jobs].every(isTakenDown);
    onExposure(torrent.infoHash, {
      ...subjectOf(torrent),
      state: takenDown ? 'taken-down' : state,
    });
  }

  function subjectOf(torrent: Torrent): Subject {
    const { infoHash, name, size } = torrent;
    return { infoHash, name, size, exposures: placementsOf(torrent) };
  }

  /** The places of this job alone: others may share the torrent, but have a field of their own. */
  function subjectOfStatus(job: Job): Subject {
    const torrent = job.infoHash === null ? undefined : torrents.get(job.infoHash);
    const { infoHash = null, name = null, size = null } = torrent ?? {};
    return { infoHash, name, size, exposures: [...job.placements] };
  }

  function subjectOfJob(job: Job): Subject {
    const subject = subjectOfStatus(job);
    return isTakenDown(job) ? { ...subject, exposures: [] } : subject;
  }

  return { placementsOf, allPlacementsOf, subjectOf, subjectOfJob, subjectOfStatus, expose };
}
