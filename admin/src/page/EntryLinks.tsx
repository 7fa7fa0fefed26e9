import { useState } from 'react';

import { Flex, TextButton, Typography } from '@strapi/design-system';

import type { TorrentEntryRef } from '../../../shared/admin-api';
import { ShortLink } from '../components/ShortLink';
import { useTranslate } from '../messages';
import { distinctEntries, entryUrl } from './table-query';

/** More than these are folded away: the same file can be in hundreds of entries. */
const SHOWN = 2;

/** The entries that show a torrent, each a link into the content manager. */
export const EntryLinks = ({ entries }: { entries: TorrentEntryRef[] }) => {
  const t = useTranslate();
  const [isOpen, setIsOpen] = useState(false);
  const all = distinctEntries(entries);
  const shown = isOpen ? all : all.slice(0, SHOWN);
  const hidden = all.length - shown.length;

  if (all.length === 0) {
    return <Typography textColor="neutral600">{t('bittorrent.entries.none')}</Typography>;
  }

  return (
    <Flex direction="column" alignItems="flex-start" gap={1} minWidth={0}>
      {shown.map((entry) => (
        <Flex
          key={[entry.uid, entry.documentId, entry.locale].join(' ')}
          gap={2}
          maxWidth="100%"
          minWidth={0}
        >
          <ShortLink
            to={entryUrl(entry)}
            text={entry.title}
            title={`${entry.contentType} · ${entry.title}`}
          />
          {(entry.locale !== null || !entry.published) && (
            <Typography variant="pi" textColor="neutral600" flex="0 0 auto">
              {[entry.locale ?? [], entry.published ? [] : t('bittorrent.entries.draft')]
                .flat()
                .join(' · ')}
            </Typography>
          )}
        </Flex>
      ))}
      {hidden > 0 && (
        <TextButton onClick={() => setIsOpen(true)}>
          {t('bittorrent.entries.more', { count: hidden })}
        </TextButton>
      )}
    </Flex>
  );
};
