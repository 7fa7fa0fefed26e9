import { Box, Typography } from '@strapi/design-system';

import type { AdminTorrentRow } from '../../../shared/admin-api';
import { ShortLink } from '../components/ShortLink';
import { useTranslate } from '../messages';

/** Which takedown holds a torrent that was not taken down itself, and the way to put it back. */
export const HeldBy = ({ row: { takedown, infoHash } }: { row: AdminTorrentRow }) => {
  const t = useTranslate();

  if (!takedown || takedown.torrent.infoHash === infoHash) return null;
  const { torrent } = takedown;

  return (
    <Box paddingTop={1} minWidth={0}>
      <Typography
        tag="p"
        variant="pi"
        textColor="neutral600"
        // Cells of a table do not break their lines.
        style={{ whiteSpace: 'normal' }}
      >
        {t('bittorrent.takedown.held')}
      </Typography>
      <ShortLink to={`?_q=${torrent.infoHash}`} text={torrent.name} title={torrent.name} />
    </Box>
  );
};
