import { Flex, Link, Tooltip, Typography } from '@strapi/design-system';
import { Link as RouterLink } from 'react-router-dom';

import type { AdminTorrentRow } from '../../../shared/admin-api';
import { problemText } from '../components/problem-text';
import { StatusTag } from '../components/StatusTag';
import { useFormat } from '../components/use-format';
import { useTranslate } from '../messages';

/** Which takedown holds a torrent that was not taken down itself, and the way to put it back. */
const HeldBy = ({ row: { takedown, infoHash } }: { row: AdminTorrentRow }) => {
  const t = useTranslate();

  if (!takedown || takedown.torrent.infoHash === infoHash) return null;
  const { torrent } = takedown;

  return (
    <Flex direction="column" alignItems="flex-start" gap={1} maxWidth="18rem">
      <Typography variant="pi" textColor="neutral600" style={{ whiteSpace: 'normal' }}>
        {t('bittorrent.takedown.held')}
      </Typography>
      <Link
        tag={RouterLink}
        to={`?_q=${torrent.infoHash}`}
        overflow="hidden"
        maxWidth="100%"
        title={torrent.name}
      >
        <Typography variant="pi" ellipsis>
          {torrent.name}
        </Typography>
      </Link>
    </Flex>
  );
};

/** A row's status; the progress while it is hashed, the reason where it has one. */
export const RowStatus = ({ row }: { row: AdminTorrentRow }) => {
  const t = useTranslate();
  const format = useFormat();
  const { status, progress, error, takedown } = row;

  if (error) {
    const reason = takedown ? t('bittorrent.takedown.because', { reason: takedown.reason }) : null;

    return (
      <Flex direction="column" alignItems="flex-start" gap={1}>
        <Tooltip label={reason ?? problemText(t, error)}>
          <Flex tag="span" tabIndex={0} display="inline-flex">
            <StatusTag status={status} problem={error} />
          </Flex>
        </Tooltip>
        <HeldBy row={row} />
      </Flex>
    );
  }

  return (
    <Flex gap={2}>
      <StatusTag status={status} />
      {status === 'hashing' && (
        <Typography
          variant="pi"
          textColor="neutral600"
          style={{ fontVariantNumeric: 'tabular-nums' }}
        >
          {format.percent(progress)}
        </Typography>
      )}
    </Flex>
  );
};
