/** The table of traffic: rows that several processes add to, where others would overwrite each other. */

import type { Core } from '@strapi/strapi';
import type { ServedBytes } from '../../../shared/admin-api';

/** Bytes of one torrent by where they came from. */
export interface Traffic {
  webSeed: number;
  everseed: number;
  /** As clients say that finished; see `servedOf`. */
  downloaded: number;
}

export interface TrafficTable {
  /** All of them or none. */
  add(changes: readonly (readonly [infoHash: string, change: Traffic])[]): Promise<void>;
  find(infoHashes: readonly string[]): Promise<Map<string, Traffic>>;
  /** Of all torrents together. */
  totals(): Promise<ServedBytes>;
}

const TABLE = 'bittorrent_traffic';
const UID = 'plugin::bittorrent.traffic';
/** What databases take as values of one query. */
const BATCH = 500;

/** Numbers of 64 bits come as strings from PostgreSQL. */
interface Row {
  infoHash: string;
  webSeed: string | number;
  everseed: string | number;
  downloaded: string | number;
}

/** What Strapi's types leave open. */
type Transaction = Parameters<ReturnType<Core.Strapi['db']['getConnection']>['transacting']>[0];

export function createTrafficTable(strapi: Core.Strapi): TrafficTable {
  const rows = () => strapi.db.query(UID);

  return {
    async add(changes) {
      await strapi.db.transaction(async ({ trx }: { trx: Transaction }) => {
        for (const [infoHash, { webSeed, everseed, downloaded }] of changes) {
          const updated = await strapi.db
            .getConnection(TABLE)
            .transacting(trx)
            .where({ info_hash: infoHash })
            .increment({ web_seed: webSeed, everseed, downloaded });
          // Two processes may both be the first: then one of them fails here, and tries again later.
          if (updated === 0)
            await rows().create({ data: { infoHash, webSeed, everseed, downloaded } });
        }
      });
    },
    async find(infoHashes) {
      const found = new Map<string, Traffic>();
      for (let from = 0; from < infoHashes.length; from += BATCH) {
        const batch = infoHashes.slice(from, from + BATCH);
        const some = (await rows().findMany({ where: { infoHash: { $in: batch } } })) as Row[];
        for (const { infoHash, webSeed, everseed, downloaded } of some) {
          found.set(infoHash, {
            webSeed: Number(webSeed),
            everseed: Number(everseed),
            downloaded: Number(downloaded),
          });
        }
      }
      return found;
    },
    async totals() {
      const sums = (await strapi.db
        .getConnection(TABLE)
        .sum({ webSeed: 'web_seed', everseed: 'everseed' })
        .first()) as { webSeed: Row['webSeed'] | null; everseed: Row['everseed'] | null };
      // Torrent by torrent, as they are shown: where nobody has finished, peers have not given less than nothing.
      const fromPeers = (await strapi.db
        .getConnection(TABLE)
        .whereRaw('downloaded > web_seed + everseed')
        .select(strapi.db.connection.raw('sum(downloaded - web_seed - everseed) as peers'))
        .first()) as unknown as { peers: string | number | null };
      return {
        webSeed: Number(sums.webSeed ?? 0),
        everseed: Number(sums.everseed ?? 0),
        peers: Number(fromPeers.peers ?? 0),
      };
    },
  };
}
