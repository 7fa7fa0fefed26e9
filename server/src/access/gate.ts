/** The tracker's door: admits an announce or a scrape by the one rule, without a promise or a query. */

import type { Gate, InfoHash, REFUSAL } from '../tracker';
import type { Access } from './decision';
import { PUBLIC, type Reader } from './reader';
import type { Registration, RegisteredTorrent, Registry } from './registry';
import type { Verdict } from './site-rules';
import type { UserTable } from './user-table';

/** Owner of peers that announced without a passkey; every other owner is the id of a user. */
export const PUBLIC_OWNER = 0;

/** In place of a role's id, which Strapi counts from 1. */
const PUBLIC_ROLE = -1;

export interface AccessGate extends Gate {
  /** Whether this owner's peers may be in the swarm, and his transfers go on. */
  mayStay(infoHash: InfoHash, owner: number): boolean;
}

export interface GateDeps {
  registry: Registry<InfoHash>;
  access: Access;
  users: UserTable;
  /** The user behind a passkey, or behind a token for just this torrent (40 hex digits). */
  userOf: (passkey: string, infoHash: string) => number | undefined;
  /** 40 hex digits; asked for torrents that nobody has registered, the others know theirs. */
  hexOf: (infoHash: InfoHash) => string;
  /** False until the torrents and permissions are in memory. */
  isOpen: () => boolean;
  refusal: typeof REFUSAL;
}

export function createGate(deps: GateDeps): AccessGate {
  const { registry, access, users, refusal } = deps;

  /** `undefined`: unknown, blocked, unconfirmed. */
  const readerOf = (owner: number): Reader | undefined =>
    owner === PUBLIC_OWNER ? PUBLIC : users.readerOf(owner);

  /**
   * The rule's answer, remembered for the role that it was asked about last: most torrents are
   * announced by readers of one role, and a walk over their places is most of what a gate costs.
   */
  function judge(reader: Reader, known: Registration): Verdict {
    const { edition } = access;
    if (edition === null || reader.kind === 'api-token') return access.judge(reader, known.torrent);
    const role = reader.kind === 'public' ? PUBLIC_ROLE : reader.roleId;
    if (known.edition !== edition || known.role !== role) {
      known.verdict = access.judge(reader, known.torrent);
      known.role = role;
      known.edition = edition;
    }
    return known.verdict;
  }

  function whyNot(torrent: RegisteredTorrent, isPublic: boolean): number {
    if (!torrent.exposures.some(({ published }) => published)) return refusal.closed;
    return isPublic ? refusal.passkeyRequired : refusal.forbidden;
  }

  return {
    admit(infoHash, passkey) {
      if (!deps.isOpen()) return refusal.starting;
      const known = registry.get(infoHash);
      // The key first: whoever has none learns nothing about which torrents exist behind it.
      const owner =
        passkey === null
          ? PUBLIC_OWNER
          : deps.userOf(passkey, known?.torrent.infoHash ?? deps.hexOf(infoHash));
      if (owner === undefined) return refusal.passkeyUnknown;
      if (known === undefined) return refusal.notRegistered;
      if (known.state === 'replaced') return refusal.replaced;
      if (known.state === 'taken-down') return refusal.takenDown;
      const reader = readerOf(owner);
      if (reader === undefined) return refusal.passkeyUnknown; // blocked: the same text as a wrong key
      const verdict = judge(reader, known);
      if (verdict === 'yes') return owner;
      return verdict === 'unknown' ? refusal.checking : whyNot(known.torrent, passkey === null);
    },
    // Also asked for each peer of a snapshot, before the tracker opens: the tables are loaded by then.
    mayStay(infoHash, owner) {
      const known = registry.get(infoHash);
      const reader = readerOf(owner);
      if (known?.state !== 'current' || reader === undefined) return false;
      // Unknown: the answer is on its way, and takes him out if it is a no.
      return judge(reader, known) !== 'no';
    },
  };
}
