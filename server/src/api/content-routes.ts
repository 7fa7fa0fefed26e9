/**
 * Routes of the content API. Function handlers with an empty scope: a string handler would get a
 * scope of its own in the Roles screen, a second switch next to the entry's permission.
 */

import type { Core } from '@strapi/strapi';
import type { Library } from '../library';
import { createContentController } from './content-controller';
import { createHealthController, type Health } from './health';

/**
 * The strategies of every content route, and behind them: nobody. Strapi's own answer to a
 * Public role without any permission is 401 before the handler; the entry shall decide instead.
 */
const ANYBODY = {
  name: 'bittorrent-anybody',
  authenticate: (ctx: { request: { header: Record<string, unknown> } }) => ({
    // Whoever shows a token means to be somebody: a bad one stays a 401.
    authenticated: ctx.request.header['authorization'] === undefined,
    credentials: null,
  }),
  verify: (): void => undefined,
};
const auth = { scope: [], strategies: ['content-api-token', 'users-permissions', ANYBODY] };

export interface ContentRoutesDeps {
  strapi: Core.Strapi;
  library: () => Library;
  health: () => Health;
}

export function contentRoutes({ strapi, library, health }: ContentRoutesDeps) {
  const controller = createContentController({ strapi, library });
  const route = (path: string, handler: unknown, config: object) => ({
    method: 'GET',
    path,
    handler,
    config,
  });
  return {
    type: 'content-api',
    routes: [
      route('/torrents', controller.find, { auth }),
      // Before the next one, which would take `<hash>.torrent` for an info-hash.
      route('/torrents/:infoHash.torrent', controller.download, { auth }),
      route('/torrents/:infoHash', controller.findOne, { auth }),
      // Without `auth`: any logged-in user, and nobody else.
      route('/passkey', controller.passkey, {}),
      { ...route('/passkey/rotate', controller.rotatePasskey, {}), method: 'POST' },
      route('/health', createHealthController(health).read, { auth }),
      // A name, not a function: this one has a permission of its own.
      route('/metrics', 'metrics.read', {}),
    ],
  };
}
