/** Announces over the tracker's transports, in one shape: tests take them in turn. */

export interface AnnouncedPeer {
  passkey: string;
  /** What a trusted proxy says of it. */
  address: string;
  port: number;
}

export interface AnnounceOutcome {
  isAdmitted: boolean;
  /** Ports of the peers that the answer names. */
  peers: number[];
}

export type Announcer = (
  site: string,
  infoHash: string,
  peer: AnnouncedPeer,
) => Promise<AnnounceOutcome>;

export const overHttp: Announcer = async (site, infoHash, { passkey, address, port }) => {
  const query = [
    `info_hash=${infoHash.replace(/../g, '%$&')}`,
    'peer_id=-TT0001-000000000000',
    `port=${port}&passkey=${passkey}&uploaded=0&downloaded=0&left=1&numwant=200`,
  ].join('&');
  const response = await fetch(`${site}/announce?${query}`, {
    headers: { 'x-forwarded-for': address },
  });
  const body = Buffer.from(await response.arrayBuffer());
  const [head, length] = /5:peers(\d+):/.exec(body.toString('latin1')) ?? [];
  if (head === undefined || length === undefined) return { isAdmitted: false, peers: [] };
  const from = body.indexOf(head) + head.length;
  const peers: number[] = [];
  for (let at = from; at < from + Number(length); at += 6) peers.push(body.readUInt16BE(at + 4));
  return { isAdmitted: true, peers };
};
