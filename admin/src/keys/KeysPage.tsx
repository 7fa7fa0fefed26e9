/** Which users hold keys to which torrents, as far as they fetched them; ends them one by one. */

import { Box } from '@strapi/design-system';
import { Page, useQueryParams, useRBAC } from '@strapi/strapi/admin';

import { AUDIT_ACTION, TAKEDOWN_ACTION } from '../../../shared/admin-api';
import type { AdminKey, AdminKeyState } from '../../../shared/admin-api';
import { useKeysQuery } from '../api';
import { LOG_PAGE_SIZE, LogPage } from '../components/LogPage';
import { LogRow } from '../components/LogRow';
import { useFormat } from '../components/use-format';
import { useTranslate } from '../messages';
import type { MessageKey } from '../messages';
import { toPage } from '../page/table-query';
import { KeyActions } from './KeyActions';

/** Outside of the component: the hook asks anew for every new array. */
const MODERATION = [{ action: TAKEDOWN_ACTION, subject: null }];

const STATES: Record<AdminKeyState, MessageKey> = {
  valid: 'bittorrent.keys.state.valid',
  ended: 'bittorrent.keys.state.ended',
  public: 'bittorrent.keys.state.public',
};

const KeyRow = ({ row, canEnd }: { row: AdminKey; canEnd: boolean }) => {
  const t = useTranslate();
  const format = useFormat();
  const { user, torrent, at, state } = row;
  const sentence = t('bittorrent.keys.row', {
    user: user.name ?? `#${user.id}`,
    torrent: torrent.name ?? torrent.infoHash,
  });
  const details = [t(STATES[state]), format.date(at), torrent.infoHash];

  return (
    <LogRow
      sentence={sentence}
      details={details}
      actions={canEnd && state === 'valid' && <KeyActions user={user} torrent={torrent} />}
    />
  );
};

const KeysPage = () => {
  const t = useTranslate();
  const {
    allowedActions: { canTakedown },
  } = useRBAC(MODERATION);
  const [{ query }] = useQueryParams<{ page?: unknown; pageSize?: unknown }>();
  const { latest, failed } = useKeysQuery(toPage(query, LOG_PAGE_SIZE));

  if (failed) return <Page.Error />;
  if (!latest) return <Page.Loading>{t('bittorrent.keys.loading')}</Page.Loading>;

  return (
    <LogPage
      title={t('bittorrent.keys.title')}
      subtitle={t('bittorrent.keys.subtitle')}
      empty={t('bittorrent.keys.empty')}
      list={latest}
    >
      <Box tag="ol" background="neutral0" shadow="tableShadow" hasRadius>
        {latest.data.map((row) => (
          <KeyRow
            key={`${row.user.id} ${row.torrent.infoHash}`}
            row={row}
            canEnd={canTakedown === true}
          />
        ))}
      </Box>
    </LogPage>
  );
};

const ProtectedKeysPage = () => (
  <Page.Protect permissions={[{ action: AUDIT_ACTION, subject: null }]}>
    <KeysPage />
  </Page.Protect>
);

export default ProtectedKeysPage;
