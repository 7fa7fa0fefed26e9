/** Who got a .torrent or a key, who revoked or took down what, and when. */

import { Page, useQueryParams } from '@strapi/strapi/admin';

import { AUDIT_ACTION } from '../../../shared/admin-api';
import { useAuditQuery } from '../api';
import { LOG_PAGE_SIZE, LogPage } from '../components/LogPage';
import { useTranslate } from '../messages';
import { toPage } from '../page/table-query';
import { AuditList } from './AuditList';

const AuditPage = () => {
  const t = useTranslate();
  const [{ query }] = useQueryParams<{ page?: unknown; pageSize?: unknown }>();
  const { latest, failed } = useAuditQuery(toPage(query, LOG_PAGE_SIZE));

  if (failed) return <Page.Error />;
  if (!latest) return <Page.Loading>{t('bittorrent.audit.loading')}</Page.Loading>;

  return (
    <LogPage
      title={t('bittorrent.audit.title')}
      subtitle={t('bittorrent.audit.subtitle')}
      empty={t('bittorrent.audit.empty')}
      list={latest}
    >
      <AuditList events={latest.data} />
    </LogPage>
  );
};

const ProtectedAuditPage = () => (
  <Page.Protect permissions={[{ action: AUDIT_ACTION, subject: null }]}>
    <AuditPage />
  </Page.Protect>
);

export default ProtectedAuditPage;
