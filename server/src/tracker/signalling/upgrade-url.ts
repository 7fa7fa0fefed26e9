/** Where browsers connect: the announce path, with the passkey in the path or in the query. */
import { createAnnouncePath, type TrackerTarget } from '../wire/announce-path';
import { decodePasskey, QueryCursor } from '../wire/query';

export interface UpgradeUrl {
  owns(url: string): boolean;
  /** The passkey of a URL that is owned. */
  passkeyOf(url: string): string | null;
}

/** @param announcePath like `/announce` */
export function createUpgradeUrl(announcePath: string): UpgradeUrl {
  const path = createAnnouncePath(announcePath);
  const target: TrackerTarget = { action: 'announce', passkey: null, queryFrom: 0 };
  const cursor = new QueryCursor();

  return {
    owns: (url) => path.read(url, target) && target.action === 'announce',
    passkeyOf(url) {
      if (!path.read(url, target)) return null;
      if (target.passkey !== null) return target.passkey;
      cursor.open(url, target.queryFrom);
      while (cursor.next()) {
        if (url.slice(cursor.keyFrom, cursor.keyTo) !== 'passkey') continue;
        return decodePasskey(url, cursor.valueFrom, cursor.valueTo);
      }
      return null;
    },
  };
}
