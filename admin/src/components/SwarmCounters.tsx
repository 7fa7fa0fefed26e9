import { Flex, Typography } from '@strapi/design-system';

import type { SwarmCounts } from '../../../shared/torrent-value';
import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';
import { useFormat } from './use-format';

const COUNTERS: readonly { count: keyof SwarmCounts; label: MessageKey }[] = [
  { count: 'seeders', label: 'bittorrent.swarm.seeders' },
  { count: 'leechers', label: 'bittorrent.swarm.leechers' },
  { count: 'completed', label: 'bittorrent.swarm.completed' },
];

/** Digits of one width: a count that changes does not move its neighbours. */
const TABULAR = { fontVariantNumeric: 'tabular-nums' };

/** The live swarm: each number above its name, read out as a list of terms. */
export const SwarmCounters = ({ counts }: { counts: SwarmCounts }) => {
  const t = useTranslate();
  const format = useFormat();

  return (
    <Flex tag="dl" gap={2} width="100%" maxWidth="42rem" alignItems="flex-start">
      {COUNTERS.map(({ count, label }) => (
        <Flex
          key={count}
          direction="column-reverse"
          alignItems="flex-start"
          justifyContent="flex-end"
          gap={1}
          flex="1 1 0"
          minWidth={0}
        >
          <Typography tag="dt" variant="pi" textColor="neutral600" ellipsis maxWidth="100%">
            {t(label)}
          </Typography>
          <Typography tag="dd" variant="delta" textColor="neutral800" style={TABULAR}>
            {format.count(counts[count])}
          </Typography>
        </Flex>
      ))}
    </Flex>
  );
};
