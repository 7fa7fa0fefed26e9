/** The tracker's door: admits an announce or a scrape by the one rule, without a promise or a query. */

import type { Gate, InfoHash, REFUSAL } from '../tracker';
import type { Access } from './decision';
import type { Registry } from './registry';
import type { UserTable } from './user-table';

/** Owner of peers that announced without a passkey. */
const PUBLIC_OWNER = 0;

export interface GateDeps {
  registry: Registry<InfoHash>;
  access: Access;
  users: UserTable;
  userOf: (passkey: string) => number | undefined;
  publicRoleId: () => number | null;
  /** False until the torrents and permissions are in memory. */
  isOpen: () => boolean;
  refusal: typeof REFUSAL;
}

export function createGate(deps: GateDeps): Gate {
  const { registry, access, users, refusal } = deps;

  return {
    admit(infoHash, passkey) {
      if (!deps.isOpen()) return refusal.starting;
      // The key first: whoever has none learns nothing about which torrents exist behind it.
      const owner = passkey === null ? PUBLIC_OWNER : deps.userOf(passkey);
      if (owner === undefined) return refusal.passkeyUnknown;
      const torrent = registry.get(infoHash);
      if (torrent === undefined) return refusal.notRegistered;
      if (torrent.state === 'replaced') return refusal.replaced;
      if (torrent.state === 'taken-down') return refusal.takenDown;
      const role = passkey === null ? deps.publicRoleId() : users.roleOf(owner);
      if (role === undefined) return refusal.passkeyUnknown; // blocked: the same text as a wrong key
      if (access.roleMayRead(role, torrent.exposures)) return owner;
      if (!torrent.exposures.some(({ published }) => published)) return refusal.closed;
      return passkey === null ? refusal.passkeyRequired : refusal.forbidden;
    },
    // Asked before the tracker opens: the tables are loaded by then.
    mayStay(infoHash, owner) {
      const torrent = registry.get(infoHash);
      if (torrent?.state !== 'current') return false;
      const role = owner === PUBLIC_OWNER ? deps.publicRoleId() : users.roleOf(owner);
      return role !== undefined && access.roleMayRead(role, torrent.exposures);
    },
  };
}
