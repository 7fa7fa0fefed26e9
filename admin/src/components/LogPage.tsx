/** A page below that of the torrents with a list in pages of its own: frame, empty state, pagination. */

import type { ReactNode } from 'react';
import { Box, EmptyStateLayout, Flex, Link } from '@strapi/design-system';
import { ArrowLeft } from '@strapi/icons';
import { EmptyDocuments } from '@strapi/icons/symbols';
import { Layouts, Page, Pagination as Pages } from '@strapi/strapi/admin';
import { NavLink } from 'react-router-dom';

import type { Pagination } from '../../../shared/admin-api';
import { useTranslate } from '../messages';

export const LOG_PAGE_SIZE = 25;

interface LogPageProps {
  title: string;
  subtitle: string;
  /** What stands there instead of an empty list. */
  empty: string;
  list: { data: readonly unknown[]; meta: { pagination: Pagination } };
  children: ReactNode;
}

export const LogPage = ({ title, subtitle, empty, list, children }: LogPageProps) => {
  const t = useTranslate();
  return (
    <Page.Main>
      <Page.Title>{title}</Page.Title>
      <Layouts.Header
        title={title}
        subtitle={subtitle}
        navigationAction={
          <Link tag={NavLink} to=".." relative="path" startIcon={<ArrowLeft />}>
            {t('bittorrent.page.title')}
          </Link>
        }
      />
      <Layouts.Content>
        <Box paddingBottom={8}>
          {list.data.length === 0 ? (
            <EmptyStateLayout
              icon={<EmptyDocuments width="16rem" />}
              content={empty}
              hasRadius
              shadow="tableShadow"
            />
          ) : (
            <Flex direction="column" alignItems="stretch">
              {children}
              <Pages.Root {...list.meta.pagination} defaultPageSize={LOG_PAGE_SIZE}>
                <Pages.PageSize />
                <Pages.Links />
              </Pages.Root>
            </Flex>
          )}
        </Box>
      </Layouts.Content>
    </Page.Main>
  );
};
