/** Knocks at one door of one torrent, as one reader. */

import { setTimeout as sleep } from 'node:timers/promises';
import { announce, isAdmitted, scrape } from '../doors';
import type { TestSite } from '../strapi';
import { dig, TORRENT, type EntryCase } from './entries';
import { tokenOf, type Identity } from './readers';
import type { Door } from './rule';

/** An entry as it was made. */
export interface Made {
  documentId: string;
  infoHash: string;
  name: string;
}

/** What a client is told while the site's own rules are being asked: it comes back. */
const CHECKING = 'checking your access';

type Headers = Record<string, string>;

const statusOf = async (url: string, headers: Headers): Promise<number> =>
  (await fetch(url, { headers })).status;

export async function isOpen(
  site: TestSite,
  identity: Identity,
  entry: EntryCase,
  made: Made,
  door: Door,
): Promise<boolean> {
  const { infoHash, name } = made;
  const headers: Headers = identity.bearer === undefined ? {} : { authorization: identity.bearer };
  const torrents = `${site.url}/api/bittorrent/torrents`;
  switch (door) {
    case 'torrentFile':
      return (await statusOf(`${torrents}/${infoHash}.torrent`, headers)) === 200;
    case 'details':
      return (await statusOf(`${torrents}/${infoHash}`, headers)) === 200;
    case 'list':
      return (await (await fetch(`${torrents}?search=${infoHash}`, { headers })).text()).includes(
        `"infoHash":"${infoHash}"`,
      );
    case 'rest':
      return restShows(site, entry, made, headers);
    case 'graphql':
      return graphqlShows(site, entry, made, headers);
    case 'announce':
      return isAdmitted(await decided(() => announce(site.url, infoHash, identity.passkey)));
    case 'scrape':
      // Whether it is known or is being asked about: a scrape has no way to say "come back".
      await decided(() => announce(site.url, infoHash, identity.passkey));
      return (await scrape(site.url, infoHash, identity.passkey)).includes('complete');
    case 'webSeed': {
      const token = tokenOf(site, identity, infoHash);
      const url = `${site.url}/webseed/${token}/${infoHash}/${encodeURIComponent(name)}`;
      return (await statusOf(url, { range: 'bytes=0-9' })) === 206;
    }
  }
}

async function decided(ask: () => Promise<string>): Promise<string> {
  const end = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (!answer.includes(CHECKING) || Date.now() > end) return answer;
    await sleep(10);
  }
}

/** By its own route or in the list: a role may have one of the two actions only. */
async function restShows(
  site: TestSite,
  { type, isSingle, locale, populate = '', pick = ({ torrent }) => torrent }: EntryCase,
  { documentId, infoHash }: Made,
  headers: Headers,
): Promise<boolean> {
  const query = `${populate}${locale === undefined ? '' : `&locale=${locale}`}`;
  const urls =
    isSingle === true
      ? [`${site.url}/api/${type}?${query}`]
      : [
          `${site.url}/api/${type}s/${documentId}?${query}`,
          `${site.url}/api/${type}s?filters[documentId]=${documentId}&${query}`,
        ];
  const rows = urls.map(async (url) => {
    const { data } = (await (await fetch(url, { headers })).json()) as { data: unknown };
    return Array.isArray(data) ? (data as unknown[]) : [data];
  });
  return (await Promise.all(rows))
    .flat()
    .filter((row) => row !== null && row !== undefined)
    .some((row) => dig(pick(row as Record<string, unknown>), 'infoHash') === infoHash);
}

async function graphqlShows(
  site: TestSite,
  { type, isSingle, locale, selection = TORRENT }: EntryCase,
  { documentId, infoHash }: Made,
  headers: Headers,
): Promise<boolean> {
  const where = locale === undefined ? '' : `, locale: "${locale}"`;
  const queries =
    isSingle === true
      ? [`{ ${type} { ${selection} } }`]
      : [
          `{ ${type}(documentId: "${documentId}"${where}) { ${selection} } }`,
          `{ ${type}s(filters: { documentId: { eq: "${documentId}" } }${where}) { ${selection} } }`,
        ];
  const answers = queries.map(async (query) => {
    const response = await fetch(`${site.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    return response.text();
  });
  return (await Promise.all(answers)).some((text) => text.includes(`"infoHash":"${infoHash}"`));
}
