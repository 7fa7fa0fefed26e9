/**
 * Passkeys: the key of a user to the tracker, in every announce URL of a torrent that the Public
 * role may not have. Whoever reads the database learns none: it holds their SHA-256, and the key
 * itself only encrypted with a secret of the server.
 */

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Brand } from './brand';

/** 32 lower-case hex digits: safe in every URL, and never contains the word `announce`. */
export type Passkey = Brand<string, 'Passkey'>;

export interface PasskeyRow {
  userId: number;
  hash: string;
  sealed: string;
}

/** Where passkeys are kept; `save` replaces the user's row. */
export interface PasskeyStore {
  find(userId: number): Promise<PasskeyRow | null>;
  findAll(): Promise<PasskeyRow[]>;
  save(row: PasskeyRow): Promise<void>;
}

export interface Passkeys {
  /** Also to take in what other processes have issued and rotated. */
  load(): Promise<void>;
  /** Users who hold a passkey. */
  userIds(): number[];
  holds(userId: number): boolean;
  /** Synchronous and without the database: asked by every announce. */
  userOf(passkey: string): number | undefined;
  /** The user's passkey, made at the first call. */
  ensure(userId: number): Promise<Passkey>;
  /** A new passkey; the old one stops working at once. */
  rotate(userId: number): Promise<Passkey>;
  /** Hash of the user's passkey: what tokens derived from it are bound to. */
  hashOf(userId: number): string | undefined;
}

const PASSKEY_BYTES = 16;
const PASSKEY_PATTERN = /^[0-9a-f]{32}$/;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export interface PasskeysDeps {
  store: PasskeyStore;
  /** The server's secret; text of any length. */
  secret: string;
  /** Awaited before a new passkey is handed out, so that it works from its first announce. */
  onIssue: () => Promise<void>;
  /** A key that worked until now works no longer. */
  onWithdrawn: (userId: number) => void;
}

export function createPasskeys(deps: PasskeysDeps): Passkeys {
  const sealingKey = Buffer.from(hkdfSync('sha256', deps.secret, '', 'bittorrent passkey', 32));
  let hashByUser = new Map<number, string>();
  let userByHash = new Map<string, number>();
  /** Valid passkeys seen so far: spares announces the SHA-256. Holds at most one per user. */
  let seen = new Map<string, number>();
  const issuing = new Map<number, Promise<Passkey>>();
  /** Moves when a key is being issued and when it is. */
  let issued = 0;

  function remember({ userId, hash }: PasskeyRow): void {
    const isReplaced = hashByUser.has(userId);
    forget(userId);
    hashByUser.set(userId, hash);
    userByHash.set(hash, userId);
    if (isReplaced) deps.onWithdrawn(userId);
  }

  function forget(userId: number): void {
    const old = hashByUser.get(userId);
    if (old !== undefined) userByHash.delete(old);
    for (const [passkey, owner] of seen) if (owner === userId) seen.delete(passkey);
  }

  async function issue(userId: number): Promise<Passkey> {
    const passkey = randomBytes(PASSKEY_BYTES).toString('hex') as Passkey;
    const row = { userId, hash: sha256(passkey), sealed: seal(sealingKey, passkey) };
    issued += 1;
    await deps.store.save(row);
    issued += 1;
    remember(row);
    await deps.onIssue();
    return passkey;
  }

  async function read(userId: number): Promise<Passkey> {
    const row = await deps.store.find(userId);
    // A key sealed under another APP_KEYS cannot be shown again: its owner gets a new one.
    const passkey = row === null ? null : unseal(sealingKey, row.sealed);
    return passkey ?? issue(userId);
  }

  /** Two requests of one user at the same moment must not issue two keys. */
  function once(userId: number, work: (userId: number) => Promise<Passkey>): Promise<Passkey> {
    const running = issuing.get(userId);
    if (running !== undefined) return running;
    const started = work(userId).finally(() => issuing.delete(userId));
    issuing.set(userId, started);
    return started;
  }

  return {
    async load() {
      const before = issued;
      const rows = await deps.store.findAll();
      // Read before a key was issued here: that key must not be forgotten again.
      if (before !== issued) return this.load();
      const old = hashByUser;
      hashByUser = new Map(rows.map(({ userId, hash }) => [userId, hash]));
      userByHash = new Map(rows.map(({ userId, hash }) => [hash, userId]));
      seen = new Map();
      for (const [userId, hash] of old) {
        if (hashByUser.get(userId) !== hash) deps.onWithdrawn(userId);
      }
    },
    userIds: () => [...hashByUser.keys()],
    holds: (userId) => hashByUser.has(userId),
    userOf(passkey) {
      const known = seen.get(passkey);
      if (known !== undefined) return known;
      if (!PASSKEY_PATTERN.test(passkey)) return undefined;
      const userId = userByHash.get(sha256(passkey));
      if (userId !== undefined) seen.set(passkey, userId);
      return userId;
    },
    ensure: (userId) => once(userId, read),
    async rotate(userId) {
      await issuing.get(userId); // a key being issued just now is replaced, not handed out
      return once(userId, issue);
    },
    hashOf: (userId) => hashByUser.get(userId),
  };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** base64url of IV, tag and ciphertext. */
function seal(key: Buffer, passkey: Passkey): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const sealed = Buffer.concat([cipher.update(passkey, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

function unseal(key: Buffer, sealed: string): Passkey | null {
  const bytes = Buffer.from(sealed, 'base64url');
  if (bytes.length <= IV_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    const opened = decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES));
    return Buffer.concat([opened, decipher.final()]).toString('utf8') as Passkey;
  } catch {
    return null; // another secret, or a row somebody has edited
  }
}
