/** Every door of a torrent, knocked at as one reader. */

import type { TorrentValue } from '../../../shared/torrent-value';

export interface Reader {
  bearer?: string | undefined;
  passkey?: string | undefined;
  /** Token of a web-seed URL; `public` when there is none. */
  token?: string | undefined;
}

export interface DoorStates {
  torrentFile: boolean;
  details: boolean;
  list: boolean;
  announce: boolean;
  scrape: boolean;
  webSeed: boolean;
}

export const ALL_OPEN: DoorStates = {
  torrentFile: true,
  details: true,
  list: true,
  announce: true,
  scrape: true,
  webSeed: true,
};

export const ALL_CLOSED: DoorStates = {
  torrentFile: false,
  details: false,
  list: false,
  announce: false,
  scrape: false,
  webSeed: false,
};

/** Which doors let this reader in. Web seeds and announces are judged by what they give. */
export async function knock(
  site: string,
  { infoHash, name }: Pick<TorrentValue, 'infoHash' | 'name'>,
  { bearer, passkey, token = 'public' }: Reader,
): Promise<DoorStates> {
  if (infoHash === null || name === null) throw new Error('a torrent that is ready');
  const headers = bearer === undefined ? {} : { authorization: bearer };
  const api = `${site}/api/bittorrent/torrents`;
  const list = await (await fetch(`${api}?pagination[pageSize]=100`, { headers })).text();
  return {
    torrentFile: (await fetch(`${api}/${infoHash}.torrent`, { headers })).status === 200,
    details: (await fetch(`${api}/${infoHash}`, { headers })).status === 200,
    list: list.includes(infoHash),
    announce: isAdmitted(await announce(site, infoHash, passkey)),
    scrape: (await scrape(site, infoHash, passkey)).includes('complete'),
    webSeed: await gives(`${site}/webseed/${token}/${infoHash}/${encodeURIComponent(name)}`),
  };
}

let port = 20_000;

/** The bencoded answer to an announce of a new leecher. */
export async function announce(site: string, infoHash: string, passkey?: string): Promise<string> {
  port += 1;
  const query = [
    `info_hash=${escapeHash(infoHash)}`,
    'peer_id=-TT0001-000000000000',
    `port=${port}`,
    'uploaded=0&downloaded=0&left=1',
    ...(passkey === undefined ? [] : [`passkey=${passkey}`]),
  ].join('&');
  return (await fetch(`${site}/announce?${query}`)).text();
}

export async function scrape(site: string, infoHash: string, passkey?: string): Promise<string> {
  const key = passkey === undefined ? '' : `&passkey=${passkey}`;
  return (await fetch(`${site}/scrape?info_hash=${escapeHash(infoHash)}${key}`)).text();
}

export function isAdmitted(answer: string): boolean {
  return !answer.includes('failure reason') && answer.includes('5:peers');
}

function escapeHash(infoHash: string): string {
  return infoHash.replace(/../g, '%$&');
}

async function gives(url: string): Promise<boolean> {
  const response = await fetch(url, { headers: { range: 'bytes=0-9' } });
  const bytes = await response.arrayBuffer();
  return response.status === 206 && bytes.byteLength === 10;
}
