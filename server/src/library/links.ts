/** The links of a torrent for one reader: trackers, web seeds, .torrent and magnet. */

import {
  PUBLIC,
  PUBLIC_TOKEN,
  type Access,
  type Passkeys,
  type Reader,
  type TorrentTokens,
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
  tokens: TorrentTokens;
  /** Without a final slash. */
  publicUrl: string;
  announcePath: string;
  /** `udp://host:port` of the UDP tracker; `null` when there is none. */
  udpUrl: string | null;
  /** Whether browsers are introduced to each other. */
  webSocket: boolean;
  webSeed: { enabled: boolean; url: string };
}

export function createLinks(deps: LinksDeps): Links {
  const { access, catalog, passkeys, tokens, publicUrl } = deps;

  /** `null`: a reader without a key of his own, of a torrent that is not public. */
  async function tokenFor(torrent: Torrent, reader: Reader): Promise<string | null> {
    // One URL for all where everybody may: a key would only be one more secret to leak.
    if (await access.mayRead(PUBLIC, catalog.subjectOf(torrent))) return PUBLIC_TOKEN;
    if (reader.kind !== 'user') return null;
    await passkeys.ensure(reader.userId); // what the token is derived from
    return tokens.issue(reader.userId, torrent.infoHash);
  }

  return {
    async of(torrent, reader, files) {
      const token = await tokenFor(torrent, reader);
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
      // Not the user's passkey: a file that leaks must expose one torrent only.
      const query = token === null || token === PUBLIC_TOKEN ? '' : `?passkey=${token}`;
      const announce = `${deps.announcePath}${query}`;
      // HTTP first: most clients cannot say a passkey over UDP (BEP 41).
      const trackers = [[`${publicUrl}${announce}`]];
      if (deps.udpUrl !== null) trackers.push([`${deps.udpUrl}${announce}`]);
      // For browsers. Last: clients that cannot speak it never come so far, or pass it over.
      if (deps.webSocket) trackers.push([`${publicUrl.replace(/^http/, 'ws')}${announce}`]);
      const torrentUrl = torrentFileUrl(publicUrl, infoHash);
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

export const torrentFileUrl = (publicUrl: string, infoHash: string): string =>
  `${publicUrl}/api/bittorrent/torrents/${infoHash}.torrent`;
