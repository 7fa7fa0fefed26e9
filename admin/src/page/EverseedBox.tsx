/** How the site's own BitTorrent peer is doing, and whether strangers reach it. */

import { Box, Button, Flex, Typography } from '@strapi/design-system';
import { ArrowClockwise } from '@strapi/icons';

import type { AdminEverseed, AdminEverseedAddress, EverseedReach } from '../../../shared/admin-api';
import { useEverseedQuery, useEverseedTest } from '../api';
import { Note } from '../components/Note';
import { useFormat } from '../components/use-format';
import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';

const REACH: Record<EverseedReach, MessageKey> = {
  reached: 'bittorrent.everseed.reach.reached',
  'hung-up': 'bittorrent.everseed.reach.hung-up',
  stranger: 'bittorrent.everseed.reach.stranger',
  refused: 'bittorrent.everseed.reach.refused',
  silent: 'bittorrent.everseed.reach.silent',
  unreachable: 'bittorrent.everseed.reach.unreachable',
};

const Address = ({ address, origin, reach }: AdminEverseedAddress) => {
  const t = useTranslate();
  const name = origin === 'learnt' ? t('bittorrent.everseed.learnt', { address }) : address;
  const text = t('bittorrent.everseed.address', {
    address: name,
    reach: t(reach === null ? 'bittorrent.everseed.reach.untested' : REACH[reach]),
  });

  return <Note tone={reach === null || reach === 'reached' ? 'info' : 'warning'}>{text}</Note>;
};

const Facts = ({ everseed }: { everseed: AdminEverseed }) => {
  const t = useTranslate();
  const format = useFormat();
  const { port, peers, sentBytes } = everseed;

  return (
    <Typography variant="pi" textColor="neutral600">
      {t('bittorrent.everseed.facts', {
        port: String(port),
        peers,
        sent: format.bytes(sentBytes),
      })}
    </Typography>
  );
};

export const EverseedBox = () => {
  const t = useTranslate();
  const everseed = useEverseedQuery();
  const { test, isTesting } = useEverseedTest();
  if (everseed === undefined || everseed.state === 'off') return null;

  return (
    <Box
      tag="section"
      aria-label={t('bittorrent.everseed.title')}
      background="neutral0"
      padding={4}
      marginBottom={4}
      hasRadius
      shadow="tableShadow"
    >
      <Flex gap={4} justifyContent="space-between" alignItems="flex-start" wrap="wrap">
        <Flex direction="column" alignItems="stretch" gap={2} flex="1 1 28rem" minWidth={0}>
          <Typography tag="h2" variant="delta">
            {t('bittorrent.everseed.title')}
          </Typography>
          {everseed.state === 'open' ? (
            <Facts everseed={everseed} />
          ) : (
            <Note tone="danger">
              {t('bittorrent.everseed.closed', { port: String(everseed.port) })}
            </Note>
          )}
          {everseed.addresses.map((address) => (
            <Address key={address.address} {...address} />
          ))}
          {everseed.addresses.length === 0 && <Note>{t('bittorrent.everseed.nowhere')}</Note>}
        </Flex>
        {everseed.addresses.length > 0 && everseed.state === 'open' && (
          <Button
            size="S"
            variant="tertiary"
            startIcon={<ArrowClockwise />}
            loading={isTesting}
            onClick={() => void test()}
          >
            {t('bittorrent.everseed.test')}
          </Button>
        )}
      </Flex>
    </Box>
  );
};
