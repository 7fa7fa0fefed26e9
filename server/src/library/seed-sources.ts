/** What the everseed needs to serve a torrent. */

import type { SeedSource } from '../seeding';
import type { Catalog, Torrent } from './catalog';
import type { Details } from './details';
import type { WebSeedDoor } from './web-seed-door';

/**
 * `null` when its bytes are gone, or not on a local disk: providers are not read from by this version,
 * and the web seed sends readers there.
 */
export type SeedSources = (infoHash: string) => Promise<SeedSource | null>;

export interface SeedSourcesDeps {
  catalog: Catalog;
  details: Details;
  backingsOf: WebSeedDoor['backingsOf'];
}

export function createSeedSources({ catalog, details, backingsOf }: SeedSourcesDeps): SeedSources {
  return async (infoHash) => {
    const torrent: Torrent | undefined = catalog.torrent(infoHash);
    const backings = torrent === undefined ? null : await backingsOf(torrent);
    if (backings === null) return null;
    const files = backings.flatMap(({ source, size, fingerprint }) =>
      source.kind === 'path' ? [{ filename: source.filename, size, fingerprint }] : [],
    );
    if (files.length !== backings.length) return null;
    return { info: await details.info(infoHash), files };
  };
}
