/** Takes torrents down, puts them back, revokes and withdraws keys; says in a notification how it went. */

import { useAPIErrorHandler, useNotification } from '@strapi/strapi/admin';
import type { BaseQueryError } from '@strapi/strapi/admin';

import { useModerationRequests } from '../api';
import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';

export interface Moderation {
  /** True when it is done. */
  takeDown: (infoHash: string, reason: string) => Promise<boolean>;
  restore: (infoHash: string) => Promise<boolean>;
  revokePasskey: (userId: number) => Promise<boolean>;
  /** Those of one user to one torrent. */
  withdrawKeys: (userId: number, infoHash: string) => Promise<boolean>;
  isBusy: boolean;
}

export const useModeration = (): Moderation => {
  const t = useTranslate();
  const { toggleNotification } = useNotification();
  const { _unstableFormatAPIError: formatAPIError } = useAPIErrorHandler();
  const { takeDown, restore, revokePasskey, withdrawKeys, isBusy } = useModerationRequests();

  const tell = (problem: BaseQueryError | null, done: MessageKey): boolean => {
    toggleNotification(
      problem
        ? { type: 'danger', message: formatAPIError(problem) }
        : { type: 'success', message: t(done) },
    );

    return problem === null;
  };

  return {
    takeDown: async (infoHash, reason) =>
      tell(await takeDown({ infoHash, reason }), 'bittorrent.takedown.done'),
    restore: async (infoHash) => tell(await restore(infoHash), 'bittorrent.takedown.restored'),
    revokePasskey: async (userId) => tell(await revokePasskey(userId), 'bittorrent.audit.revoked'),
    withdrawKeys: async (userId, infoHash) =>
      tell(await withdrawKeys({ userId, infoHash }), 'bittorrent.keys.withdrawn'),
    isBusy,
  };
};
