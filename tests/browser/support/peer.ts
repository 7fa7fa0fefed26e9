/** A client that only announces. */

export interface Announcement {
  /** Tells peers apart: they all sit on the loopback address. */
  port: number;
  /** Bytes that are missing; a seeder misses none. */
  left: number;
  /** Bytes that it says it has downloaded; default 0. */
  downloaded?: number;
  event?: 'started' | 'completed' | 'stopped';
}

/** Throws what the tracker answers when it refuses. */
export async function announce(
  site: string,
  infoHash: string,
  { port, left, downloaded = 0, event }: Announcement,
): Promise<void> {
  const query = [
    `info_hash=${infoHash.replace(/../g, '%$&')}`,
    `peer_id=-TT0001-${String(port).padStart(12, '0')}`,
    `port=${port}`,
    `uploaded=0&downloaded=${downloaded}&left=${left}&compact=1`,
    ...(event === undefined ? [] : [`event=${event}`]),
  ].join('&');
  const answer = await (await fetch(`${site}/announce?${query}`)).text();
  if (!answer.includes('5:peers')) throw new Error(answer);
}
