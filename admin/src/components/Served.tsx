/** Who served how much of a torrent, or of all of them, in one sentence. */

import { Typography } from '@strapi/design-system';

import type { ServedBytes } from '../../../shared/admin-api';
import { useTranslate } from '../messages';
import { useFormat } from './use-format';

/** `null` while nothing was served. */
export const useServedText = (served: ServedBytes | null): string | null => {
  const t = useTranslate();
  const format = useFormat();
  if (served === null) return null;
  const site = served.webSeed + served.everseed;
  const { peers } = served;
  if (site + peers === 0) return null;
  if (peers === 0) return t('bittorrent.served.site', { site: format.bytes(site) });

  return t('bittorrent.served.both', {
    site: format.bytes(site),
    peers: format.bytes(peers),
    percent: format.percent(peers / (site + peers)),
  });
};

export const Served = ({ served }: { served: ServedBytes | null }) => {
  const text = useServedText(served);

  return (
    text !== null && (
      <Typography variant="pi" textColor="neutral600">
        {text}
      </Typography>
    )
  );
};

/** In a column of a table: what the site served, and the share that peers spared it. */
export const ServedCell = ({ served }: { served: ServedBytes | null }) => {
  const t = useTranslate();
  const format = useFormat();
  const text = useServedText(served);
  const site = served === null ? 0 : served.webSeed + served.everseed;
  const peers = served?.peers ?? 0;

  return (
    <div title={text ?? undefined}>
      <Typography tag="div" textColor="neutral800">
        {text === null ? '–' : format.bytes(site)}
      </Typography>
      {peers > 0 && (
        <Typography tag="div" variant="pi" textColor="neutral600">
          {t('bittorrent.served.saved', { percent: format.percent(peers / (site + peers)) })}
        </Typography>
      )}
    </div>
  );
};
