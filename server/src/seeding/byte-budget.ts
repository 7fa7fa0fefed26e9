/**
 * How much one reader may have of one torrent in a day: a link that holds a reader's own token and
 * leaks is good for so many downloads, and does not drain the site. Pure.
 */

export interface ByteBudget {
  /**
   * Seconds until there is something left; 0: there is.
   * @param size of the torrent, in bytes
   */
  wait(owner: number, infoHash: string, size: number): number;
  /** What is promised counts at once, or many requests at a time would each see what is left. */
  spend(owner: number, infoHash: string, bytes: number): void;
  giveBack(owner: number, infoHash: string, bytes: number): void;
}

export interface ByteBudgetDeps {
  /** Times the torrent's size. */
  times: number;
  /** Milliseconds, never going back. */
  clock: () => number;
}

interface Account {
  spent: number;
  openedAt: number;
}

const DAY_MS = 86_400_000;
/** Readers and torrents; the oldest account goes first. */
const MAX_ACCOUNTS = 50_000;

export function createByteBudget({ times, clock }: ByteBudgetDeps): ByteBudget {
  /** In the order in which they were opened. */
  const accounts = new Map<string, Account>();

  function accountOf(owner: number, infoHash: string): Account | undefined {
    const key = `${owner} ${infoHash}`;
    const account = accounts.get(key);
    if (account === undefined || clock() - account.openedAt < DAY_MS) return account;
    accounts.delete(key);
    return undefined;
  }

  function open(owner: number, infoHash: string): Account {
    const account = { spent: 0, openedAt: clock() };
    accounts.set(`${owner} ${infoHash}`, account);
    const [oldest] = accounts.keys();
    if (accounts.size > MAX_ACCOUNTS && oldest !== undefined) accounts.delete(oldest);
    return account;
  }

  return {
    wait(owner, infoHash, size) {
      const account = accountOf(owner, infoHash);
      if (account === undefined || account.spent < times * size) return 0;
      return Math.max(1, Math.ceil((account.openedAt + DAY_MS - clock()) / 1000));
    },
    spend(owner, infoHash, bytes) {
      (accountOf(owner, infoHash) ?? open(owner, infoHash)).spent += bytes;
    },
    giveBack(owner, infoHash, bytes) {
      const account = accountOf(owner, infoHash);
      // Of a day that is over, perhaps: then there is nothing to give back to.
      if (account !== undefined) account.spent = Math.max(0, account.spent - bytes);
    },
  };
}
