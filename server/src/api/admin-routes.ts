/** Routes of the admin panel. Every one names its guard; a test walks them all. */

import type { Core } from '@strapi/strapi';
import { AUDIT_ACTION, READ_ACTION, TAKEDOWN_ACTION } from '../../../shared/admin-api';
import type { Library } from '../library';
import { createAdminController } from './admin-controller';
import { createEverseedController, type EverseedSide } from './everseed-controller';
import { createModerationController } from './moderation-controller';

const allowed = (action: string) => ({
  policies: [
    'admin::isAuthenticatedAdmin',
    { name: 'admin::hasPermissions', config: { actions: [action] } },
  ],
});
const overview = allowed(READ_ACTION);
const moderation = allowed(TAKEDOWN_ACTION);
const mediaLibrary = allowed('plugin::upload.read');
/** Whoever may see the entry in the content manager may see its torrent there. */
const entry = {
  policies: ['admin::isAuthenticatedAdmin', 'plugin::bittorrent.may-read-entry'],
};
export interface AdminRoutesDeps {
  strapi: Core.Strapi;
  library: () => Library;
  /** `null` where the site has none. */
  everseed: () => EverseedSide | null;
}

export function adminRoutes({ strapi, library, everseed }: AdminRoutesDeps) {
  const controller = createAdminController({ strapi, library });
  const moderate = createModerationController(library);
  const seeder = createEverseedController(everseed);
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
      route('POST', '/torrents/:infoHash/takedown', moderate.takeDown, moderation),
      route('DELETE', '/torrents/:infoHash/takedown', moderate.restore, moderation),
      route('POST', '/passkeys/:userId/revoke', moderate.revokePasskey, moderation),
      route('POST', '/torrents/:infoHash/keys/:userId/withdraw', moderate.withdrawKeys, moderation),
      route('GET', '/keys', moderate.keys, allowed(AUDIT_ACTION)),
      route('GET', '/audit', moderate.audit, allowed(AUDIT_ACTION)),
      route('GET', '/everseed', seeder.read, overview),
      route('POST', '/everseed/test', seeder.test, overview),
      route('GET', '/media', controller.media, mediaLibrary),
    ],
  };
}
