/**
 * Keys that open one torrent to one user: in the announce and web-seed URLs of his .torrent, and,
 * with an end, in download links. They are derived from his passkey, so that a leaked file exposes
 * one torrent, and ends with the passkey or when it is withdrawn alone. Nothing is stored per token:
 * a row exists only for what was withdrawn.
 */

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/** In place of a token where the Public role may have the torrent: one URL for all caches. */
export const PUBLIC_TOKEN = 'public';

export interface Withdrawal {
  userId: number;
  /** 40 hex digits. */
  infoHash: string;
  /** How often; a part of what tokens are made of. */
  generation: number;
}

export interface WithdrawalStore {
  findAll(): Promise<Withdrawal[]>;
  /** Replaces the row of this user and torrent. */
  save(row: Withdrawal): Promise<void>;
}

export interface TorrentTokens {
  /** Also to take in what was withdrawn in other processes. */
  load(): Promise<void>;
  /**
   * `<user id, base 36>.<MAC>`, 24 to 34 characters that need no escaping. `null` while the user has
   * no passkey.
   */
  issue(userId: number, infoHash: string): string | null;
  /** The user a token was issued to. Synchronous and without the database: asked by announces. */
  userOf(token: string, infoHash: string): number | undefined;
  /** A token for a download link; good until `expiresAt` (Unix time in seconds). */
  issueLink(userId: number, infoHash: string, expiresAt: number): string | null;
  /** The user of a link that has not expired at `now` (Unix time in seconds). */
  linkUserOf(token: string, infoHash: string, now: number): number | undefined;
  /** All of the user's tokens and links for the torrent stop working at once. */
  withdraw(userId: number, infoHash: string): Promise<void>;
}

export interface TorrentTokensDeps {
  /** The server's secrets: the first signs, all of them are believed (a changed APP_KEYS). */
  secrets: readonly string[];
  store: WithdrawalStore;
  /** SHA-256 of the user's present passkey. */
  passkeyHashOf: (userId: number) => string | undefined;
  onWithdrawn: (userId: number, infoHash: string) => void;
}

type Purpose = 'torrent' | `link ${number}`;

/** A token that was found good, and all that it depends on. */
interface Verified {
  userId: number;
  infoHash: string;
  passkeyHash: string;
  generation: number;
}

const MAC_BYTES = 16;
const TOKEN_PATTERN = /^([0-9a-z]{1,11})\.([\w-]{22})$/;
const LINK_PATTERN = /^([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([\w-]{22})$/;
/** Spares announces the HMAC. Only good tokens get in. */
const REMEMBERED = 50_000;

export function createTorrentTokens(deps: TorrentTokensDeps): TorrentTokens {
  const keys = deps.secrets.map((secret) =>
    Buffer.from(hkdfSync('sha256', secret, '', 'bittorrent torrent token', 32)),
  );
  const [signingKey = Buffer.alloc(0)] = keys;
  let generations = new Map<string, Withdrawal>();
  const verified = new Map<string, Verified>();

  const generationOf = (userId: number, infoHash: string): number =>
    generations.size === 0 ? 0 : (generations.get(`${userId} ${infoHash}`)?.generation ?? 0);

  function mac(key: Buffer, purpose: Purpose, of: Verified): Buffer {
    const { userId, infoHash, passkeyHash, generation } = of;
    return createHmac('sha256', key)
      .update(`${purpose} ${userId} ${passkeyHash} ${infoHash} ${generation}`)
      .digest()
      .subarray(0, MAC_BYTES);
  }

  function present(userId: number, infoHash: string): Verified | undefined {
    const passkeyHash = deps.passkeyHashOf(userId);
    if (passkeyHash === undefined) return undefined;
    return { userId, infoHash, passkeyHash, generation: generationOf(userId, infoHash) };
  }

  function sign(purpose: Purpose, userId: number, infoHash: string): string | null {
    const of = present(userId, infoHash);
    return of === undefined ? null : mac(signingKey, purpose, of).toString('base64url');
  }

  function check(
    purpose: Purpose,
    user: string,
    given: string,
    infoHash: string,
  ): Verified | undefined {
    const of = present(parseInt(user, 36), infoHash);
    if (of === undefined) return undefined;
    const bytes = Buffer.from(given, 'base64url');
    return keys.some((key) => timingSafeEqual(mac(key, purpose, of), bytes)) ? of : undefined;
  }

  function remember(token: string, of: Verified): void {
    const [oldest] = verified.keys();
    if (verified.size >= REMEMBERED && oldest !== undefined) verified.delete(oldest);
    verified.set(token, of);
  }

  /** Whether nothing has changed since the token was found good. */
  const isStillGood = ({ userId, infoHash, passkeyHash, generation }: Verified): boolean =>
    deps.passkeyHashOf(userId) === passkeyHash && generationOf(userId, infoHash) === generation;

  function put(rows: readonly Withdrawal[]): void {
    const before = generations;
    generations = new Map(rows.map((row) => [`${row.userId} ${row.infoHash}`, row]));
    for (const [key, { userId, infoHash, generation }] of generations) {
      if (before.get(key)?.generation !== generation) deps.onWithdrawn(userId, infoHash);
    }
  }

  return {
    async load() {
      const before = generations;
      const rows = await deps.store.findAll();
      // Read before something was withdrawn here: that must not come back.
      if (before !== generations) return this.load();
      put(rows);
    },
    issue(userId, infoHash) {
      const signature = sign('torrent', userId, infoHash);
      return signature === null ? null : `${userId.toString(36)}.${signature}`;
    },
    userOf(token, infoHash) {
      const known = verified.get(token);
      if (known !== undefined) {
        if (known.infoHash !== infoHash) return undefined;
        if (isStillGood(known)) return known.userId;
        verified.delete(token);
        return undefined;
      }
      const [, user, given] = TOKEN_PATTERN.exec(token) ?? [];
      if (user === undefined || given === undefined) return undefined;
      const of = check('torrent', user, given, infoHash);
      if (of !== undefined) remember(token, of);
      return of?.userId;
    },
    issueLink(userId, infoHash, expiresAt) {
      const signature = sign(`link ${expiresAt}`, userId, infoHash);
      if (signature === null) return null;
      return `${userId.toString(36)}.${expiresAt.toString(36)}.${signature}`;
    },
    linkUserOf(token, infoHash, now) {
      const [, user, end, given] = LINK_PATTERN.exec(token) ?? [];
      if (user === undefined || end === undefined || given === undefined) return undefined;
      const expiresAt = parseInt(end, 36);
      if (expiresAt <= now) return undefined;
      return check(`link ${expiresAt}`, user, given, infoHash)?.userId;
    },
    async withdraw(userId, infoHash) {
      const row = { userId, infoHash, generation: generationOf(userId, infoHash) + 1 };
      await deps.store.save(row);
      put([...[...generations.values()].filter((one) => !isSame(one, row)), row]);
    },
  };
}

const isSame = (a: Withdrawal, b: Withdrawal): boolean =>
  a.userId === b.userId && a.infoHash === b.infoHash;
