/** What the everseed needs to serve a torrent, and whether it is wanted there. */

import type { SeedSource } from '../seeding';
import type { Catalog, Placement, Torrent } from './catalog';
import type { Details } from './details';
import type { WebSeedDoor } from './web-seed-door';

export interface SeedSources {
  /**
   * `null` when its bytes are gone, or not on a local disk: providers are not read from by this version,
   * and the web seed sends readers there.
   */
  of(infoHash: string): Promise<SeedSource | null>;
  /** Whether the fields and editors of the places that show it want it seeded. */
  isWanted(infoHash: string): boolean;
}

export interface SeedSourcesDeps {
  catalog: Catalog;
  details: Details;
  backingsOf: WebSeedDoor['backingsOf'];
}

export function createSeedSources({ catalog, details, backingsOf }: SeedSourcesDeps): SeedSources {
  return {
    async of(infoHash) {
      const torrent: Torrent | undefined = catalog.torrent(infoHash);
      const backings = torrent === undefined ? null : await backingsOf(torrent);
      if (backings === null) return null;
      const files = backings.flatMap(({ source, size, fingerprint }) =>
        source.kind === 'path' ? [{ filename: source.filename, size, fingerprint }] : [],
      );
      if (files.length !== backings.length) return null;
      return { info: await details.info(infoHash), files };
    },
    isWanted(infoHash) {
      const torrent = catalog.torrent(infoHash);
      if (torrent === undefined) return false;
      const places = catalog.placementsOf(torrent);
      const published = places.filter((place) => place.published);
      // What an editor tries out in a draft counts once it is published, like the rest of it.
      return (published.length > 0 ? published : places).some(isSeededAt);
    },
  };
}

export function isSeededAt({ seed, seedPaused }: Placement): boolean {
  return seed && !seedPaused;
}
