import { useState } from 'react';

import { IconButton } from '@strapi/design-system';
import { Eye, EyeStriked } from '@strapi/icons';

import type { AdminTorrentRow } from '../../../shared/admin-api';
import { useModeration } from '../components/use-moderation';
import { useTranslate } from '../messages';
import { TakedownDialog } from './TakedownDialog';

/** What who may moderate can do with a torrent: take it down, or put it back. */
export const RowActions = ({ row }: { row: AdminTorrentRow }) => {
  const t = useTranslate();
  const { takeDown, restore, isBusy } = useModeration();
  const [isAsking, setIsAsking] = useState(false);
  const { infoHash } = row;
  const name = row.name ?? t('bittorrent.torrent.unnamed');

  if (infoHash === null) return null;

  if (row.error?.code === 'taken-down') {
    // What another takedown holds opens with that one; its status leads there.
    if (row.takedown && row.takedown.torrent.infoHash !== infoHash) return null;

    return (
      <IconButton
        label={t('bittorrent.takedown.restore', { name })}
        disabled={isBusy}
        onClick={() => void restore(infoHash)}
      >
        <Eye />
      </IconButton>
    );
  }

  return (
    <>
      <IconButton label={t('bittorrent.takedown.open', { name })} onClick={() => setIsAsking(true)}>
        <EyeStriked />
      </IconButton>
      {isAsking && (
        <TakedownDialog
          name={name}
          isBusy={isBusy}
          onConfirm={(reason) => takeDown(infoHash, reason)}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
};
