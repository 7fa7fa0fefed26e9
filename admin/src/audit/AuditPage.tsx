/** Who got a .torrent or a key, who revoked or took down what, and when. */

import { Box, EmptyStateLayout, Flex, Link } from '@strapi/design-system';
import { ArrowLeft } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page, Pagination, useQueryParams } from '@strapi/strapi/admin';
import { NavLink } from 'react-router-dom';

import { AUDIT_ACTION } from '../../../shared/admin-api';
import { useAuditQuery } from '../api';
import { useTranslate } from '../messages';
import { toPage } from '../page/table-query';
import { AuditList } from './AuditList';

const DEFAULT_PAGE_SIZE = 25;

const AuditPage = () => {
  const t = useTranslate();
  const [{ query }] = useQueryParams<{ page?: unknown; pageSize?: unknown }>();
  const { latest, failed } = useAuditQuery(toPage(query, DEFAULT_PAGE_SIZE));

  if (failed) return <Page.Error />;
  if (!latest) return <Page.Loading>{t('bittorrent.audit.loading')}</Page.Loading>;

  return (
    <Page.Main>
      <Page.Title>{t('bittorrent.audit.title')}</Page.Title>
      <Layouts.Header
        title={t('bittorrent.audit.title')}
        subtitle={t('bittorrent.audit.subtitle')}
        navigationAction={
          <Link tag={NavLink} to=".." relative="path" startIcon={<ArrowLeft />}>
            {t('bittorrent.page.title')}
          </Link>
        }
      />
      <Layouts.Content>
        <Box paddingBottom={8}>
          {latest.data.length === 0 ? (
            <EmptyStateLayout
              icon={<EmptyDocuments width="16rem" />}
              content={t('bittorrent.audit.empty')}
              hasRadius
              shadow="tableShadow"
            />
          ) : (
            <Flex direction="column" alignItems="stretch">
              <AuditList events={latest.data} />
              <Pagination.Root {...latest.meta.pagination} defaultPageSize={DEFAULT_PAGE_SIZE}>
                <Pagination.PageSize />
                <Pagination.Links />
              </Pagination.Root>
            </Flex>
          )}
        </Box>
      </Layouts.Content>
    </Page.Main>
  );
};

const ProtectedAuditPage = () => (
  <Page.Protect permissions={[{ action: AUDIT_ACTION, subject: null }]}>
    <AuditPage />
  </Page.Protect>
);

export default ProtectedAuditPage;
