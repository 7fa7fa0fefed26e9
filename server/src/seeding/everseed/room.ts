/** Who is connected, and whether one more may come in: a bounded number in all, and of each address. */

import { createBans, type Bans } from './bans';

export interface Guest {
  readonly address: string;
  /** When it was sent the last block; until then, when it came. */
  readonly servedAt: number;
  /** Leaves the room, too. */
  close(): void;
}

export interface Room<Member extends Guest> extends Pick<Bans, 'strike'> {
  /** Makes room for one more if it can: true when the address may come in now. */
  admits(address: string): boolean;
  add(member: Member): void;
  /** It has named a torrent of ours: it is no stranger any more. */
  introduce(member: Member): void;
  delete(member: Member): void;
  readonly size: number;
  /** The oldest first. */
  members(): Member[];
}

/** A network behind one address; more of them take turns. */
const MAX_PER_ADDRESS = 16;
/** Longer than a turn of the slots: who waits for his is not idle. */
const IDLE_MS = 120_000;

export interface RoomOptions {
  maxConnections: number;
  clock: () => number;
}

export function createRoom<Member extends Guest>(options: RoomOptions): Room<Member> {
  const { maxConnections, clock } = options;
  const members = new Set<Member>();
  /** Those of them that have not named a torrent of ours yet. */
  const strangers = new Set<Member>();
  const perAddress = new Map<string, number>();
  const bans = createBans({ clock });

  /**
   * A stranger first: the oldest of them had the most time. Then the one that was let in and has
   * taken nothing for longest; `null` when all are busy.
   */
  function leastWanted(): Member | null {
    const [stranger] = strangers;
    if (stranger !== undefined) return stranger;
    let idlest: Member | null = null;
    for (const member of members) {
      if (idlest === null || member.servedAt < idlest.servedAt) idlest = member;
    }
    return idlest !== null && clock() - idlest.servedAt > IDLE_MS ? idlest : null;
  }

  return {
    strike: bans.strike,
    admits(address) {
      if (bans.has(address) || (perAddress.get(address) ?? 0) >= MAX_PER_ADDRESS) return false;
      if (members.size < maxConnections) return true;
      const leaving = leastWanted();
      leaving?.close();
      return leaving !== null;
    },
    add(member) {
      members.add(member);
      strangers.add(member);
      perAddress.set(member.address, (perAddress.get(member.address) ?? 0) + 1);
    },
    introduce: (member) => void strangers.delete(member),
    delete(member) {
      if (!members.delete(member)) return;
      strangers.delete(member);
      const others = (perAddress.get(member.address) ?? 1) - 1;
      if (others > 0) perAddress.set(member.address, others);
      else perAddress.delete(member.address);
    },
    get size() {
      return members.size;
    },
    members: () => [...members],
  };
}
