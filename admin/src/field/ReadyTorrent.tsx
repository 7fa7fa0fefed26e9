import { Button, Flex, IconButton, Typography } from '@strapi/design-system';
import { Download, Duplicate, Link as LinkIcon } from '@strapi/icons';

import type { AdminFieldState, AdminFieldsQuery } from '../../../shared/admin-api';
import { SwarmCounters } from '../components/SwarmCounters';
import { useFormat } from '../components/use-format';
import { useTorrentActions } from '../components/use-torrent-actions';
import { useTranslate } from '../messages';

const MONOSPACE = {
  fontFamily:
    "'SF Mono', SFMono-Regular, ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace",
  overflowWrap: 'anywhere',
} as const;

const InfoHash = ({ infoHash }: { infoHash: string }) => {
  const t = useTranslate();
  const { copyText } = useTorrentActions();

  return (
    <Flex direction="column" alignItems="stretch" width="100%" gap={1}>
      <Typography variant="pi" textColor="neutral600">
        {t('bittorrent.torrent.info-hash')}
      </Typography>
      <Flex gap={1} alignItems="center" width="100%">
        <Typography tag="code" variant="pi" textColor="neutral800" minWidth={0} style={MONOSPACE}>
          {infoHash}
        </Typography>
        <IconButton
          type="button"
          size="XS"
          variant="ghost"
          label={t('bittorrent.action.copy-info-hash')}
          onClick={() => void copyText(infoHash, 'bittorrent.action.info-hash-copied')}
        >
          <Duplicate />
        </IconButton>
      </Flex>
    </Flex>
  );
};

/** Size, how many files, which revision: one line under the name. */
export const TorrentFacts = ({ field }: { field: AdminFieldState }) => {
  const t = useTranslate();
  const format = useFormat();
  const facts = [
    ...(field.size === null ? [] : [format.bytes(field.size)]),
    ...(field.files.length > 1
      ? [t('bittorrent.torrent.files', { count: field.files.length })]
      : []),
    ...(field.revision > 1 ? [t('bittorrent.torrent.revision', { revision: field.revision })] : []),
    ...(field.private ? [t('bittorrent.torrent.private')] : []),
  ];

  return (
    <Typography variant="pi" textColor="neutral600">
      {facts.join(' · ')}
    </Typography>
  );
};

interface ReadyTorrentProps {
  field: AdminFieldState;
  query: AdminFieldsQuery;
}

/** A torrent that can be handed out: its swarm, its identity, and the two ways to pass it on. */
export const ReadyTorrent = ({ field, query }: ReadyTorrentProps) => {
  const t = useTranslate();
  const { download, copyText } = useTorrentActions();
  const { infoHash, key, magnet, name } = field;

  return (
    <Flex direction="column" alignItems="stretch" gap={4} width="100%">
      <SwarmCounters counts={field} />
      {infoHash && <InfoHash infoHash={infoHash} />}
      <Flex gap={2} wrap="wrap">
        {key && (
          <Button
            type="button"
            size="S"
            variant="secondary"
            startIcon={<Download />}
            onClick={() => void download({ ...query, key }, name ?? key)}
          >
            {t('bittorrent.action.download')}
          </Button>
        )}
        {magnet && (
          <Button
            type="button"
            size="S"
            variant="tertiary"
            startIcon={<LinkIcon />}
            onClick={() => void copyText(magnet, 'bittorrent.action.magnet-copied')}
          >
            {t('bittorrent.action.copy-magnet')}
          </Button>
        )}
      </Flex>
    </Flex>
  );
};
