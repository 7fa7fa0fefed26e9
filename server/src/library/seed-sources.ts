/** What the everseed needs to serve a torrent, and whether it is wanted there. */

import type { SeedFile, SeedSource } from '../seeding';
import type { Catalog, Placement, Torrent } from './catalog';
import type { Details } from './details';
import type { Backing } from './file-places';
import type { WebSeedDoor } from './web-seed-door';

export interface SeedSources {
  /** `null` when its bytes are gone, or lie where nobody can read them by HTTP. */
  of(infoHash: string): Promise<SeedSource | null>;
  /** The same with URLs that the provider signs anew. */
  renewed(infoHash: string): Promise<SeedSource | null>;
  /** Whether the fields and editors of the places that show it want it seeded. */
  isWanted(infoHash: string): boolean;
}

export interface SeedSourcesDeps {
  catalog: Catalog;
  details: Details;
  backings: Pick<WebSeedDoor, 'backingsOf' | 'renewedBackingsOf'>;
}

export function createSeedSources({ catalog, details, backings }: SeedSourcesDeps): SeedSources {
  async function sourceFrom(
    infoHash: string,
    find: (torrent: Torrent) => Promise<Backing[] | null>,
  ): Promise<SeedSource | null> {
    const torrent = catalog.torrent(infoHash);
    const files = (torrent === undefined ? null : await find(torrent))?.map(seedFile);
    if (files === undefined || !files.every((file) => file !== null)) return null;
    return { info: await details.info(infoHash), files };
  }

  return {
    of: (infoHash) => sourceFrom(infoHash, (torrent) => backings.backingsOf(torrent)),
    renewed: (infoHash) => sourceFrom(infoHash, (torrent) => backings.renewedBackingsOf(torrent)),
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

function isSeededAt({ seed, seedPaused }: Placement): boolean {
  return seed && !seedPaused;
}

function seedFile({ documentId, source, size, fingerprint }: Backing): SeedFile | null {
  if (source.kind === 'path') return { filename: source.filename, size, fingerprint };
  const isHttp = URL.canParse(source.url) && /^https?:$/.test(new URL(source.url).protocol);
  return isHttp ? { id: documentId, url: source.url, size, fingerprint } : null;
}
