/**
 * Who the everseed serves. A connection carries no passkey, so for torrents that Public may not have
 * it is the address that counts: one from which a reader has announced to this swarm lately. What the
 * reader may is asked of the gate each time, so that a right ends here when it ends there.
 */

import { formatAddress, parseAddress, type Gate, type InfoHash } from '../tracker';
import type { AnnounceRequest } from '../tracker';

export interface SeederRights {
  /** From the tracker: this reader may have the torrent now, and comes again after so many seconds. */
  admitted(request: AnnounceRequest, interval: number): void;
  /** @param address as a socket gives it */
  mayHave(infoHash: InfoHash, address: string): boolean;
}

export interface SeederRightsDeps {
  gate: Gate;
  clock: () => number;
}

interface Grant {
  passkey: string;
  until: number;
}

/** Addresses in swarms; the one not heard of for longest goes first. */
const MAX_ADDRESSES = 100_000;
/** Readers behind one address. */
const MAX_GRANTS = 16;
/** Clients announce a little later than they were told, and are not cut off for it. */
const LATENESS = 1.25;

export function createSeederRights({ gate, clock }: SeederRightsDeps): SeederRights {
  /** By info-hash and address; in the order of their last announce. */
  const grants = new Map<string, Grant[]>();
  const scratch = Buffer.alloc(16);

  function canonical(address: string): string | null {
    const family = parseAddress(address, scratch);
    return family === 0 ? null : formatAddress(scratch, 0, family);
  }

  /** @param seconds for which an announce opens the door; `null`: the peer said goodbye */
  function record(key: string, passkey: string, seconds: number | null): void {
    const others = (grants.get(key) ?? []).filter((grant) => grant.passkey !== passkey);
    grants.delete(key);
    if (seconds !== null) others.push({ passkey, until: clock() + seconds * 1000 });
    if (others.length > 0) grants.set(key, others.slice(-MAX_GRANTS));
    const [oldest] = grants.keys();
    if (grants.size > MAX_ADDRESSES && oldest !== undefined) grants.delete(oldest);
  }

  return {
    admitted({ infoHash, passkey, endpoint, family, event }, interval) {
      // Without a passkey it is Public's: then everybody may, and nothing needs to be kept.
      if (passkey === null) return;
      const seconds = event === 'stopped' ? null : interval * LATENESS;
      record(infoHash + formatAddress(endpoint, 0, family), passkey, seconds);
    },
    mayHave(infoHash, address) {
      if (gate.admit(infoHash, null) >= 0) return true;
      const known = canonical(address);
      if (known === null) return false;
      const now = clock();
      return (grants.get(infoHash + known) ?? []).some(
        ({ passkey, until }) => until > now && gate.admit(infoHash, passkey) >= 0,
      );
    },
  };
}
