/**
 * The token in a web-seed URL. It stands in the path because a token in the query breaks
 * multi-file torrents in every client tried. A leaked one opens one torrent, not the user's key.
 */

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** In place of a token where the Public role may have the torrent: one URL for all caches. */
export const PUBLIC_TOKEN = 'public';

export interface WebSeedTokens {
  /** `<user id, base 36>.<MAC>`; bound to the user's passkey, so that rotating it ends the token. */
  issue(userId: number, passkeyHash: string, infoHash: string): string;
  /**
   * The user a token was issued to.
   * @param passkeyHashOf hash of a user's present passkey
   */
  verify(
    token: string,
    infoHash: string,
    passkeyHashOf: (userId: number) => string | undefined,
  ): number | null;
}

const MAC_BYTES = 16;
const TOKEN_PATTERN = /^([0-9a-z]{1,11})\.([\w-]{22})$/;

export function createWebSeedTokens({ secret }: { secret: string }): WebSeedTokens {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'bittorrent web seed', 32));

  function mac(userId: number, passkeyHash: string, infoHash: string): Buffer {
    return createHmac('sha256', key)
      .update(`${userId} ${passkeyHash} ${infoHash}`)
      .digest()
      .subarray(0, MAC_BYTES);
  }

  return {
    issue: (userId, passkeyHash, infoHash) =>
      `${userId.toString(36)}.${mac(userId, passkeyHash, infoHash).toString('base64url')}`,
    verify(token, infoHash, passkeyHashOf) {
      const [, user, given] = TOKEN_PATTERN.exec(token) ?? [];
      if (user === undefined || given === undefined) return null;
      const userId = parseInt(user, 36);
      const passkeyHash = passkeyHashOf(userId);
      if (passkeyHash === undefined) return null;
      const expected = mac(userId, passkeyHash, infoHash);
      return timingSafeEqual(expected, Buffer.from(given, 'base64url')) ? userId : null;
    },
  };
}
