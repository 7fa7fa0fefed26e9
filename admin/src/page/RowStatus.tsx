import { Flex, Tooltip, Typography } from '@strapi/design-system';

import type { AdminTorrentRow } from '../../../shared/admin-api';
import { problemText } from '../components/problem-text';
import { StatusTag } from '../components/StatusTag';
import { useFormat } from '../components/use-format';
import { useTranslate } from '../messages';

/** A row's status; the progress while it is hashed, the reason where it has one. */
export const RowStatus = ({ row }: { row: AdminTorrentRow }) => {
  const t = useTranslate();
  const format = useFormat();
  const { status, progress, error, takedown } = row;

  if (error) {
    const reason = takedown ? t('bittorrent.takedown.because', { reason: takedown.reason }) : null;

    return (
      <Tooltip label={reason ?? problemText(t, error)}>
        <Flex tag="span" tabIndex={0} display="inline-flex" flex="0 0 auto">
          <StatusTag status={status} problem={error} />
        </Flex>
      </Tooltip>
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
