import { Status, Typography } from '@strapi/design-system';
import type { StatusVariant } from '@strapi/design-system';

import type { TorrentProblem, TorrentStatus } from '../../../shared/torrent-value';
import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';

const LABELS: Record<TorrentStatus, MessageKey> = {
  queued: 'bittorrent.status.queued',
  hashing: 'bittorrent.status.hashing',
  ready: 'bittorrent.status.ready',
  failed: 'bittorrent.status.failed',
  stale: 'bittorrent.status.stale',
};

const VARIANTS: Record<TorrentStatus, StatusVariant> = {
  queued: 'secondary',
  hashing: 'primary',
  ready: 'success',
  failed: 'danger',
  stale: 'warning',
};

interface StatusTagProps {
  status: TorrentStatus;
  problem?: TorrentProblem | null;
}

/** Says a status by word and colour. */
export const StatusTag = ({ status, problem = null }: StatusTagProps) => {
  const t = useTranslate();
  const isTakenDown = problem?.code === 'taken-down';

  return (
    <Status variant={VARIANTS[status]} size="XS" flex="0 0 auto">
      <Typography tag="span" variant="pi" fontWeight="bold">
        {t(isTakenDown ? 'bittorrent.status.taken-down' : LABELS[status])}
      </Typography>
    </Status>
  );
};
