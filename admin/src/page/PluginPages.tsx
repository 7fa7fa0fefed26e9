/** What lies behind the menu link: the torrents, and below them the audit log and the keys. */

import { lazy, Suspense } from 'react';

import { Page } from '@strapi/strapi/admin';
import { Route, Routes } from 'react-router-dom';

import { AUDIT_PATH } from '../audit/audit-path';
import { KEYS_PATH } from '../keys/keys-path';
import { useTranslate } from '../messages';
import TorrentsPage from './TorrentsPage';

const AuditPage = lazy(() => import('../audit/AuditPage'));
const KeysPage = lazy(() => import('../keys/KeysPage'));

const PluginPages = () => {
  const t = useTranslate();

  return (
    <Suspense fallback={<Page.Loading>{t('bittorrent.audit.loading')}</Page.Loading>}>
      <Routes>
        <Route index element={<TorrentsPage />} />
        <Route path={AUDIT_PATH} element={<AuditPage />} />
        <Route path={KEYS_PATH} element={<KeysPage />} />
        <Route path="*" element={<Page.Error />} />
      </Routes>
    </Suspense>
  );
};

export default PluginPages;
