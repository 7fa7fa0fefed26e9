import { Flex, ProgressBar, Typography } from '@strapi/design-system';

import { styled } from 'styled-components';

import { useFormat } from '../components/use-format';
import { useTranslate } from '../messages';

/** Strapi's bar is made for dark ground: white on grey, and of a fixed width. */
const Bar = styled(ProgressBar)`
  width: 100%;
  background-color: ${({ theme }) => theme.colors.neutral200};

  & > div {
    background-color: ${({ theme }) => theme.colors.primary600};
  }
`;

interface HashingProgressProps {
  status: 'queued' | 'hashing';
  /** 0..1 */
  progress: number;
}

/** Waiting and hashing look alike, so that nothing jumps when the one becomes the other. */
export const HashingProgress = ({ status, progress }: HashingProgressProps) => {
  const t = useTranslate();
  const format = useFormat();
  const ratio = status === 'hashing' ? Math.min(1, Math.max(0, progress)) : 0;
  const text =
    status === 'queued' ? t('bittorrent.progress.queued') : t('bittorrent.progress.hashing');

  return (
    <Flex direction="column" alignItems="stretch" gap={2} width="100%">
      <Bar
        value={ratio * 100}
        size="S"
        aria-label={text}
        // Strapi's bar draws its value, but does not say it.
        aria-valuenow={Math.floor(ratio * 100)}
        aria-valuetext={format.percent(ratio)}
      />
      <Flex justifyContent="space-between" gap={2}>
        <Typography variant="pi" textColor="neutral600">
          {text}
        </Typography>
        <Typography
          variant="pi"
          fontWeight="bold"
          textColor="neutral800"
          style={{ fontVariantNumeric: 'tabular-nums' }}
        >
          {format.percent(ratio)}
        </Typography>
      </Flex>
    </Flex>
  );
};
