/** What a reader gets that is his alone: the .torrent with his key, the key itself, links to it. */

import { PUBLIC, type Access, type Passkeys, type Reader } from '../access';
import type { TorrentTokens, UserTable } from '../access';
import { encodeTorrentFile } from '../metainfo';
import type { Catalog, Torrent } from './catalog';
import type { Details } from './details';
import { torrentFileUrl, type Links } from './links';

export interface TorrentFileForReader {
  bytes: Buffer;
  /** True when it holds the reader's own key. */
  personal: boolean;
}

export interface PasskeyInfo {
  passkey: string;
  announceUrl: string;
}

export interface DownloadLink {
  url: string;
  /** ISO 8601; `null`: never. */
  expiresAt: string | null;
}

export interface Personal {
  torrentFile(torrent: Torrent, reader: Reader): Promise<TorrentFileForReader>;
  passkey(userId: number): Promise<PasskeyInfo>;
  rotatePasskey(userId: number): Promise<PasskeyInfo>;
  /** The user's key is worth nothing from now on; he gets another one when he asks. False without one. */
  revokePasskey(userId: number): Promise<boolean>;
  /** The keys in the user's .torrent of this one torrent stop working. */
  withdrawTokens(userId: number, torrent: Torrent): Promise<void>;
  /** The same for an administrator. False when the user has no keys at all. */
  withdrawKeysOf(userId: number, torrent: Torrent): Promise<boolean>;
  /** A link to the user's .torrent that needs no header; to the common one where it is public. */
  downloadLink(userId: number, torrent: Torrent): Promise<DownloadLink>;
  /** `null` when the link is not good, or its user may not have the torrent any more. */
  openLink(token: string, infoHash: string): Promise<{ torrent: Torrent; reader: Reader } | null>;
}

export interface PersonalOptions {
  /** Without a final slash. */
  publicUrl: string;
  announcePath: string;
  /** Seconds that a download link is good for. */
  linkLifetime: number;
  /** Where download links answer, with slashes around it. */
  linkPath: string;
  createdBy: string;
  metainfo: { comment: string | null };
}

export interface PersonalDeps {
  access: Access;
  catalog: Catalog;
  details: Details;
  links: Links;
  passkeys: Passkeys;
  tokens: TorrentTokens;
  users: UserTable;
  options: PersonalOptions;
}

export function createPersonal(deps: PersonalDeps): Personal {
  const { access, catalog, details, links, passkeys, tokens, users, options } = deps;

  function passkeyInfo(passkey: string): PasskeyInfo {
    const announceUrl = `${options.publicUrl}${options.announcePath}?passkey=${passkey}`;
    return { passkey, announceUrl };
  }

  return {
    async torrentFile(torrent, reader) {
      const files = await details.files(torrent.infoHash);
      const { trackers, webSeeds } = await links.of(torrent, reader, files.length);
      const bytes = encodeTorrentFile({
        info: await details.info(torrent.infoHash),
        trackers,
        webSeeds,
        comment: options.metainfo.comment ?? undefined,
        createdBy: options.createdBy,
        createdAt: torrent.createdAt,
      });
      return { bytes, personal: trackers.flat().some((url) => url.includes('?passkey=')) };
    },
    passkey: async (userId) => passkeyInfo(await passkeys.ensure(userId)),
    rotatePasskey: async (userId) => passkeyInfo(await passkeys.rotate(userId)),
    async revokePasskey(userId) {
      if (!passkeys.userIds().includes(userId)) return false;
      await passkeys.rotate(userId);
      return true;
    },
    async withdrawKeysOf(userId, { infoHash }) {
      if (passkeys.hashOf(userId) === undefined) return false;
      await tokens.withdraw(userId, infoHash);
      return true;
    },
    withdrawTokens: (userId, { infoHash }) => tokens.withdraw(userId, infoHash),
    async downloadLink(userId, torrent) {
      const { infoHash } = torrent;
      if (await access.mayRead(PUBLIC, catalog.subjectOf(torrent))) {
        return { url: torrentFileUrl(options.publicUrl, infoHash), expiresAt: null };
      }
      await passkeys.ensure(userId);
      const expiresAt = Math.floor(Date.now() / 1000) + options.linkLifetime;
      const token = tokens.issueLink(userId, infoHash, expiresAt);
      if (token === null) throw new Error('a user without a passkey');
      const url = `${options.publicUrl}${options.linkPath}${token}/${infoHash}.torrent`;
      return { url, expiresAt: new Date(expiresAt * 1000).toISOString() };
    },
    async openLink(token, infoHash) {
      const userId = tokens.linkUserOf(token, infoHash, Date.now() / 1000);
      const reader = userId === undefined ? undefined : users.readerOf(userId);
      const torrent = catalog.torrent(infoHash);
      if (reader === undefined || torrent === undefined) return null;
      return (await access.mayRead(reader, catalog.subjectOf(torrent)))
        ? { torrent, reader }
        : null;
    },
  };
}
