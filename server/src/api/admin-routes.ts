/** Routes of the admin panel. Every one names its guard; a test walks them all. */

import type { Core } from '@strapi/strapi';
import { READ_ACTION } from '../../../shared/admin-api';
import type { Library } from '../library';
import { createAdminController } from './admin-controller';

const overview = {
  policies: [
    'admin::isAuthenticatedAdmin',
    { name: 'admin::hasPermissions', config: { actions: [READ_ACTION] } },
  ],
};
/** Whoever may see the entry in the content manager may see its torrent there. */
const entry = {
  policies: ['admin::isAuthenticatedAdmin', 'plugin::bittorrent.may-read-entry'],
};
const mediaLibrary = {
  policies: [
    'admin::isAuthenticatedAdmin',
    { name: 'admin::hasPermissions', config: { actions: ['plugin::upload.read'] } },
  ],
};

export function adminRoutes({ strapi }: { strapi: Core.Strapi }, library: () => Library) {
  const controller = createAdminController({ strapi, library });
  const route = (method: string, path: string, handler: unknown, config: object) => ({
    method,
    path,
    handler,
    config,
  });
  return {
    type: 'admin',
    routes: [
      route('GET', '/torrents', controller.find, overview),
      route('GET', '/fields', controller.fields, entry),
      route('GET', '/fields/file', controller.download, entry),
      route('POST', '/fields/retry', controller.retry, entry),
      route('GET', '/media', controller.media, mediaLibrary),
    ],
  };
}
