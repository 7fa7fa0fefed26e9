/** The page behind the menu link: every torrent of the site. */

import { Box, Button, EmptyStateLayout, Flex, LinkButton } from '@strapi/design-system';
import { ArrowClockwise, BulletList, Key, Layout, WarningCircle } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import {
  Layouts,
  Page,
  Pagination,
  SearchInput,
  useAppInfo,
  useIsMobile,
  useQueryParams,
  useRBAC,
} from '@strapi/strapi/admin';
import { Link } from 'react-router-dom';

import { AUDIT_ACTION, READ_ACTION, TAKEDOWN_ACTION } from '../../../shared/admin-api';
import type { AdminTorrentList } from '../../../shared/admin-api';
import { AUDIT_PATH } from '../audit/audit-path';
import { useServedText } from '../components/Served';
import { KEYS_PATH } from '../keys/keys-path';
import { useTranslate } from '../messages';
import { SortSelect } from './SortSelect';
import { EverseedBox } from './EverseedBox';
import { DEFAULT_PAGE_SIZE, toTorrentQuery } from './table-query';
import type { UrlQuery } from './table-query';
import { TorrentCards } from './TorrentCards';
import { TorrentTable } from './TorrentTable';
import { useTorrents } from './use-torrents';

/** Outside of the component: the hook asks anew for every new array. */
const MODERATION = [TAKEDOWN_ACTION, AUDIT_ACTION].map((action) => ({ action, subject: null }));

const NoTorrents = ({ search }: { search: string | undefined }) => {
  const t = useTranslate();
  const canEditTypes = useAppInfo('NoTorrents', ({ autoReload }) => autoReload === true);
  const isFirst = search === undefined;

  return (
    <EmptyStateLayout
      icon={<EmptyDocuments width="16rem" />}
      content={isFirst ? t('bittorrent.page.empty') : t('bittorrent.page.no-match', { search })}
      action={
        isFirst &&
        canEditTypes && (
          <LinkButton
            tag={Link}
            to="/plugins/content-type-builder"
            variant="secondary"
            startIcon={<Layout />}
          >
            {t('bittorrent.page.open-builder')}
          </LinkButton>
        )
      }
      hasRadius
      shadow="tableShadow"
    />
  );
};

const Unreachable = ({ onRetry }: { onRetry: () => void }) => {
  const t = useTranslate();

  return (
    <EmptyStateLayout
      icon={<WarningCircle width="6rem" height="6rem" fill="danger600" />}
      content={t('bittorrent.page.error')}
      action={
        <Button variant="secondary" startIcon={<ArrowClockwise />} onClick={onRetry}>
          {t('bittorrent.action.retry')}
        </Button>
      }
      hasRadius
      shadow="tableShadow"
    />
  );
};

interface TorrentListProps {
  list: AdminTorrentList;
  isMobile: boolean;
  canModerate: boolean;
}

const TorrentList = ({ list, isMobile, canModerate }: TorrentListProps) => (
  <Flex direction="column" alignItems="stretch">
    {isMobile ? (
      <TorrentCards rows={list.data} canModerate={canModerate} />
    ) : (
      <TorrentTable rows={list.data} canModerate={canModerate} />
    )}
    <Pagination.Root {...list.meta.pagination} defaultPageSize={DEFAULT_PAGE_SIZE}>
      <Pagination.PageSize />
      <Pagination.Links />
    </Pagination.Root>
  </Flex>
);

const TorrentsPage = () => {
  const t = useTranslate();
  const isMobile = useIsMobile();
  const {
    allowedActions: { canTakedown, canAudit },
  } = useRBAC(MODERATION);
  const [{ query }] = useQueryParams<UrlQuery>();
  const torrentQuery = toTorrentQuery(query);
  const torrents = useTorrents(torrentQuery);
  const served = useServedText(torrents.kind === 'known' ? torrents.list.meta.served : null);

  if (torrents.kind === 'loading')
    return <Page.Loading>{t('bittorrent.page.loading')}</Page.Loading>;
  if (torrents.kind === 'forbidden') return <Page.NoPermissions />;

  const isEmpty = torrents.kind === 'known' && torrents.list.data.length === 0;
  const subtitle =
    torrents.kind !== 'known'
      ? ''
      : torrents.outdated
        ? t('bittorrent.field.unreachable')
        : [
            t('bittorrent.page.subtitle', { count: torrents.list.meta.pagination.total }),
            served ?? [],
          ]
            .flat()
            .join(' · ');
  const hasTools = !isEmpty || torrentQuery.search !== undefined;

  return (
    <Page.Main>
      <Page.Title>{t('bittorrent.page.title')}</Page.Title>
      <Layouts.Header
        title={t('bittorrent.page.title')}
        subtitle={subtitle}
        primaryAction={
          canAudit === true && (
            <Flex gap={2} wrap="wrap">
              <LinkButton tag={Link} to={KEYS_PATH} variant="tertiary" startIcon={<Key />}>
                {t('bittorrent.keys.title')}
              </LinkButton>
              <LinkButton tag={Link} to={AUDIT_PATH} variant="tertiary" startIcon={<BulletList />}>
                {t('bittorrent.audit.title')}
              </LinkButton>
            </Flex>
          )
        }
      />
      {hasTools && (
        <Layouts.Action
          startActions={
            <SearchInput
              label={t('bittorrent.page.search')}
              placeholder={t('bittorrent.page.search-placeholder')}
            />
          }
          endActions={isMobile && <SortSelect value={torrentQuery.sort} />}
        />
      )}
      <Layouts.Content>
        <Box paddingBottom={8}>
          <EverseedBox />
          {torrents.kind === 'unreachable' && <Unreachable onRetry={torrents.retry} />}
          {isEmpty && <NoTorrents search={torrentQuery.search} />}
          {torrents.kind === 'known' && !isEmpty && (
            <TorrentList
              list={torrents.list}
              isMobile={isMobile}
              canModerate={canTakedown === true}
            />
          )}
        </Box>
      </Layouts.Content>
    </Page.Main>
  );
};

const ProtectedTorrentsPage = () => (
  <Page.Protect permissions={[{ action: READ_ACTION, subject: null }]}>
    <TorrentsPage />
  </Page.Protect>
);

export default ProtectedTorrentsPage;
