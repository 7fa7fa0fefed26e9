import { Typography } from '@strapi/design-system';
import { Table } from '@strapi/strapi/admin';

import type { AdminTorrentRow, AdminTorrentSort } from '../../../shared/admin-api';
import { ServedCell } from '../components/Served';
import { useFormat } from '../components/use-format';
import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';
import { EntryLinks } from './EntryLinks';
import { HeldBy } from './HeldBy';
import { RowActions } from './RowActions';
import { RowStatus } from './RowStatus';
import { SORTABLE } from './table-query';

const COLUMNS: readonly { name: AdminTorrentSort | 'entries' | 'served'; label: MessageKey }[] = [
  { name: 'name', label: 'bittorrent.column.name' },
  { name: 'entries', label: 'bittorrent.column.entries' },
  { name: 'status', label: 'bittorrent.column.status' },
  { name: 'size', label: 'bittorrent.column.size' },
  { name: 'seeders', label: 'bittorrent.column.seeders' },
  { name: 'leechers', label: 'bittorrent.column.leechers' },
  { name: 'completed', label: 'bittorrent.column.completed' },
  { name: 'served', label: 'bittorrent.column.served' },
  { name: 'createdAt', label: 'bittorrent.column.created' },
];

const TABULAR = { fontVariantNumeric: 'tabular-nums' };

const Row = ({ row, canModerate }: { row: AdminTorrentRow; canModerate: boolean }) => {
  const t = useTranslate();
  const format = useFormat();
  const number = (text: string) => (
    <Typography textColor="neutral800" style={TABULAR}>
      {text}
    </Typography>
  );

  return (
    <Table.Row>
      <Table.Cell maxWidth="16rem">
        <Typography
          tag="div"
          ellipsis
          fontWeight="bold"
          textColor="neutral800"
          title={row.name ?? undefined}
        >
          {row.name ?? t('bittorrent.torrent.unnamed')}
        </Typography>
      </Table.Cell>
      <Table.Cell maxWidth="16rem">
        <EntryLinks entries={row.entries} />
      </Table.Cell>
      <Table.Cell maxWidth="14rem">
        <RowStatus row={row} />
        <HeldBy row={row} />
      </Table.Cell>
      <Table.Cell>{number(row.size === null ? '–' : format.bytes(row.size))}</Table.Cell>
      <Table.Cell>{number(format.count(row.seeders))}</Table.Cell>
      <Table.Cell>{number(format.count(row.leechers))}</Table.Cell>
      <Table.Cell>{number(format.count(row.completed))}</Table.Cell>
      <Table.Cell>
        <ServedCell served={row.served} />
      </Table.Cell>
      <Table.Cell>
        <Typography textColor="neutral800" title={format.date(row.createdAt)}>
          {format.day(row.createdAt)}
        </Typography>
      </Table.Cell>
      {canModerate && (
        <Table.Cell>
          <RowActions row={row} />
        </Table.Cell>
      )}
    </Table.Row>
  );
};

interface TorrentTableProps {
  rows: AdminTorrentRow[];
  canModerate: boolean;
}

export const TorrentTable = ({ rows, canModerate }: TorrentTableProps) => {
  const t = useTranslate();
  const headers = COLUMNS.map(({ name, label }) => ({
    name,
    label: t(label),
    sortable: SORTABLE.some((sortable) => sortable === name),
  }));

  return (
    <Table.Root rows={rows.map((row) => ({ ...row, id: row.key }))} headers={headers}>
      <Table.Content>
        <Table.Head>
          {headers.map((header) => (
            <Table.HeaderCell key={header.name} {...header} />
          ))}
          {canModerate && (
            <Table.HeaderCell
              name="actions"
              label={t('bittorrent.column.actions')}
              sortable={false}
            />
          )}
        </Table.Head>
        <Table.Body>
          {rows.map((row) => (
            <Row key={row.key} row={row} canModerate={canModerate} />
          ))}
        </Table.Body>
      </Table.Content>
    </Table.Root>
  );
};
