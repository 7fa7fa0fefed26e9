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

interface SwarmCountersProps {
  counts: SwarmCounts;
  /** For a narrow place: one counter under the other, each with its label beside it. */
  isNarrow?: boolean;
}

/** The live swarm, read out as a list of terms; where there is room, each number above its name. */
export const SwarmCounters = ({ counts, isNarrow = false }: SwarmCountersProps) => {
  const t = useTranslate();
  const format = useFormat();

  return (
    <Flex
      tag="dl"
      direction={isNarrow ? 'column' : 'row'}
      gap={isNarrow ? 1 : 2}
      width="100%"
      maxWidth="42rem"
      alignItems={isNarrow ? 'stretch' : 'flex-start'}
    >
      {COUNTERS.map(({ count, label }) => (
        <Flex
          key={count}
          direction={isNarrow ? 'row' : 'column-reverse'}
          alignItems={isNarrow ? 'baseline' : 'flex-start'}
          justifyContent={isNarrow ? 'space-between' : 'flex-end'}
          gap={1}
          flex={isNarrow ? undefined : '1 1 0'}
          minWidth={0}
        >
          <Typography tag="dt" variant="pi" textColor="neutral600" ellipsis maxWidth="100%">
            {t(label)}
          </Typography>
          <Typography
            tag="dd"
            variant={isNarrow ? 'omega' : 'delta'}
            fontWeight={isNarrow ? 'semiBold' : undefined}
            textColor="neutral800"
            style={TABULAR}
          >
            {format.count(counts[count])}
          </Typography>
        </Flex>
      ))}
    </Flex>
  );
};
