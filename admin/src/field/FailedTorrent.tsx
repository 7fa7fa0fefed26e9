import { Button, Flex } from '@strapi/design-system';
import { useAPIErrorHandler, useNotification } from '@strapi/strapi/admin';
import { ArrowClockwise } from '@strapi/icons';

import type { AdminFieldState, AdminFieldsQuery } from '../../../shared/admin-api';
import { useRetryField } from '../api';
import { Note } from '../components/Note';
import { problemText } from '../components/problem-text';
import { useTranslate } from '../messages';

interface FailedTorrentProps {
  field: AdminFieldState;
  query: AdminFieldsQuery;
  disabled: boolean;
}

/** Why there is no torrent, or none any more, and the way to have another go. */
export const FailedTorrent = ({ field, query, disabled }: FailedTorrentProps) => {
  const t = useTranslate();
  const { toggleNotification } = useNotification();
  const { _unstableFormatAPIError: formatAPIError } = useAPIErrorHandler();
  const { retry, isRetrying } = useRetryField();
  const { key, status, error } = field;

  const tryAgain = async (failedKey: string) => {
    const problem = await retry({ ...query, key: failedKey });
    if (problem) toggleNotification({ type: 'danger', message: formatAPIError(problem) });
  };

  return (
    <Flex direction="column" alignItems="flex-start" gap={3} width="100%">
      <Note tone={status === 'stale' ? 'warning' : 'danger'}>
        {status === 'stale' && !error
          ? t('bittorrent.problem.file-changed')
          : problemText(t, error)}
      </Note>
      {key && !disabled && error?.code !== 'taken-down' && (
        <Button
          type="button"
          size="S"
          variant="secondary"
          startIcon={<ArrowClockwise />}
          loading={isRetrying}
          onClick={() => void tryAgain(key)}
        >
          {t('bittorrent.action.retry')}
        </Button>
      )}
    </Flex>
  );
};
