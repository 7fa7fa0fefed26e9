/** What can be done with a finished torrent: take its file, copy its links. */

import { useCallback } from 'react';

import {
  isFetchError,
  useAPIErrorHandler,
  useClipboard,
  useFetchClient,
  useNotification,
} from '@strapi/strapi/admin';

import type { AdminRetryRequest } from '../../../shared/admin-api';
import { TORRENT_FILE_URL } from '../api';
import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';

/** Long enough for every browser to have started the download. */
const REVOKE_AFTER_MS = 30_000;

const saveBlob = (blob: Blob, fileName: string) => {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
};

export const useTorrentActions = () => {
  const t = useTranslate();
  const { get } = useFetchClient();
  const { copy } = useClipboard();
  const { toggleNotification } = useNotification();
  const { formatAPIError } = useAPIErrorHandler();

  const download = useCallback(
    async (params: AdminRetryRequest, name: string) => {
      try {
        const { data } = await get(TORRENT_FILE_URL, { params, responseType: 'blob' });
        saveBlob(data, `${name}.torrent`);
      } catch (error) {
        toggleNotification({
          type: 'danger',
          message: isFetchError(error)
            ? formatAPIError(error)
            : t('bittorrent.action.download-failed'),
        });
      }
    },
    [formatAPIError, get, t, toggleNotification],
  );

  const copyText = useCallback(
    async (text: string, done: MessageKey) => {
      const copied = await copy(text);
      toggleNotification(
        copied
          ? { type: 'success', message: t(done) }
          : { type: 'danger', message: t('bittorrent.action.copy-failed') },
      );
    },
    [copy, t, toggleNotification],
  );

  return { download, copyText };
};
