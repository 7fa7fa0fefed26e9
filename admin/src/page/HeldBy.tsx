import { Box, Link, Typography } from '@strapi/design-system';
import { Link as RouterLink } from 'react-router-dom';

import type { AdminTorrentRow } from '../../../shared/admin-api';
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
      <Link tag={RouterLink} to={`?_q=${torrent.infoHash}`} display="block" title={torrent.name}>
        <Typography variant="pi" ellipsis>
          {torrent.name}
        </Typography>
      </Link>
    </Box>
  );
};
