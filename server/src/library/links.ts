/** The links of a torrent for one reader: trackers, web seeds, .torrent and magnet. */

import {
  PUBLIC,
  PUBLIC_TOKEN,
  type Access,
  type Passkeys,
  type Reader,
  type WebSeedTokens,
} from '../access';
import { magnetLink } from '../metainfo';
import { webSeedUrl } from '../seeding';
import type { Catalog, Torrent } from './catalog';

export interface TorrentLinks {
  /** Tiers of announce URLs (BEP 12). */
  trackers: string[][];
  webSeeds: string[];
  torrentUrl: string;
  magnet: string;
}

export interface Links {
  /** The caller has asked `access` already: these links work for this reader only. */
  of(torrent: Torrent, reader: Reader, files: number): Promise<TorrentLinks>;
}

export interface LinksDeps {
  access: Access;
  catalog: Catalog;
  passkeys: Passkeys;
  tokens: WebSeedTokens;
  /** Without a final slash. */
  publicUrl: string;
  announcePath: string;
  /** `udp://host:port` of the UDP tracker; `null` when there is none. */
  udpUrl: string | null;
  webSeed: { enabled: boolean; url: string };
}

export function createLinks(deps: LinksDeps): Links {
  const { access, catalog, passkeys, tokens, publicUrl } = deps;

  /** `null`: a reader without a key of his own, of a torrent that is not public. */
  async function credentials(
    torrent: Torrent,
    reader: Reader,
  ): Promise<{ passkey: string | null; token: string | null }> {
    // One URL for all where everybody may: a key would only be one more secret to leak.
    if (access.mayRead(PUBLIC, catalog.placementsOf(torrent))) {
      return { passkey: null, token: PUBLIC_TOKEN };
    }
    if (reader.kind !== 'user') return { passkey: null, token: null };
    const passkey = await passkeys.ensure(reader.userId);
    const hash = passkeys.hashOf(reader.userId);
    const token = hash === undefined ? null : tokens.issue(reader.userId, hash, torrent.infoHash);
    return { passkey, token };
  }

  return {
    async of(torrent, reader, files) {
      const { passkey, token } = await credentials(torrent, reader);
      const { infoHash, name, size } = torrent;
      const offered = catalog.placementsOf(torrent).some(({ webSeed }) => webSeed);
      const webSeeds =
        deps.webSeed.enabled && offered && token !== null
          ? [
              webSeedUrl({
                publicUrl: deps.webSeed.url,
                token,
                infoHash,
                name,
                multiFile: files > 1,
              }),
            ]
          : [];
      const query = passkey === null ? '' : `?passkey=${passkey}`;
      const announce = `${deps.announcePath}${query}`;
      // HTTP first: most clients cannot say a passkey over UDP (BEP 41).
      const trackers = [[`${publicUrl}${announce}`]];
      if (deps.udpUrl !== null) trackers.push([`${deps.udpUrl}${announce}`]);
      const torrentUrl = `${publicUrl}/api/bittorrent/torrents/${infoHash}.torrent`;
      const magnet = magnetLink({
        infoHash,
        name,
        size,
        trackers: trackers.flat(),
        webSeeds,
        // Clients send no headers: they can fetch the .torrent of a public torrent only.
        exactSource: token === PUBLIC_TOKEN ? torrentUrl : undefined,
      });
      return { trackers, webSeeds, torrentUrl, magnet };
    },
  };
}
