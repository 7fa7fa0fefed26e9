import { Box, Flex, Typography } from '@strapi/design-system';

import type { AdminTorrentRow } from '../../../shared/admin-api';
import { Served } from '../components/Served';
import { SwarmCounters } from '../components/SwarmCounters';
import { useFormat } from '../components/use-format';
import { useTranslate } from '../messages';
import { EntryLinks } from './EntryLinks';
import { HeldBy } from './HeldBy';
import { RowActions } from './RowActions';
import { RowStatus } from './RowStatus';

const Card = ({ row, canModerate }: { row: AdminTorrentRow; canModerate: boolean }) => {
  const t = useTranslate();
  const format = useFormat();
  const facts = [
    row.size === null ? [] : format.bytes(row.size),
    format.date(row.createdAt),
  ].flat();

  return (
    <Flex
      tag="li"
      direction="column"
      alignItems="stretch"
      gap={3}
      padding={4}
      background="neutral0"
      shadow="tableShadow"
      hasRadius
    >
      <Box>
        <Flex gap={2} justifyContent="space-between">
          <Typography fontWeight="bold" textColor="neutral800" ellipsis minWidth={0}>
            {row.name ?? t('bittorrent.torrent.unnamed')}
          </Typography>
          <RowStatus row={row} />
        </Flex>
        <Typography variant="pi" textColor="neutral600">
          {facts.join(' · ')}
        </Typography>
        <HeldBy row={row} />
      </Box>
      <Served served={row.served} />
      <EntryLinks entries={row.entries} />
      <Flex gap={2} justifyContent="space-between">
        <SwarmCounters counts={row} />
        {canModerate && <RowActions row={row} />}
      </Flex>
    </Flex>
  );
};

interface TorrentCardsProps {
  rows: AdminTorrentRow[];
  canModerate: boolean;
}

/** The table on a phone: nothing to scroll sideways. */
export const TorrentCards = ({ rows, canModerate }: TorrentCardsProps) => {
  const t = useTranslate();

  return (
    <Flex
      tag="ul"
      aria-label={t('bittorrent.page.title')}
      direction="column"
      alignItems="stretch"
      gap={3}
    >
      {rows.map((row) => (
        <Card key={row.key} row={row} canModerate={canModerate} />
      ))}
    </Flex>
  );
};
