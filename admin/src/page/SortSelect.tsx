import { Box, SingleSelect, SingleSelectOption } from '@strapi/design-system';
import { useQueryParams, withEncodedUserParams } from '@strapi/strapi/admin';

import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';
import { DEFAULT_SORT } from './table-query';
import type { UrlQuery } from './table-query';

const SORTS: readonly { sort: string; label: MessageKey }[] = [
  { sort: DEFAULT_SORT, label: 'bittorrent.sort.newest' },
  { sort: 'name:ASC', label: 'bittorrent.sort.name' },
  { sort: 'size:DESC', label: 'bittorrent.sort.largest' },
  { sort: 'seeders:DESC', label: 'bittorrent.sort.seeders' },
  { sort: 'leechers:DESC', label: 'bittorrent.sort.leechers' },
  { sort: 'completed:DESC', label: 'bittorrent.sort.completed' },
  { sort: 'status:ASC', label: 'bittorrent.sort.status' },
];

/** Sorting where there are no column heads to press. */
export const SortSelect = ({ value }: { value: string | undefined }) => {
  const t = useTranslate();
  const [{ query }, setQuery] = useQueryParams<UrlQuery>();

  return (
    <Box width="100%">
      <SingleSelect
        size="S"
        aria-label={t('bittorrent.sort.label')}
        value={value ?? DEFAULT_SORT}
        onChange={(sort) => setQuery(withEncodedUserParams(query, { sort: String(sort), page: 1 }))}
      >
        {SORTS.map(({ sort, label }) => (
          <SingleSelectOption key={sort} value={sort}>
            {t(label)}
          </SingleSelectOption>
        ))}
      </SingleSelect>
    </Box>
  );
};
