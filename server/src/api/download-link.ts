/**
 * Expiring links to a personal .torrent, for browsers, which cannot send a header. They are answered
 * in front of Strapi's stack: behind it `strapi::logger` and analytics would see them.
 */

import type { Middleware } from 'koa';
import type { AuditActor } from '../../../shared/admin-api';
import type { Library } from '../library';
import { sendTorrentFile } from './torrent-download';

export const LINK_PATH = '/bittorrent/link/';

const LINK = /^\/bittorrent\/link\/([\w.-]{1,64})\/([0-9a-f]{40})\.torrent(?:\?|$)/;

export interface DownloadLinkDeps {
  library: () => Library;
  /** False until the torrents and permissions are in memory. */
  isOpen: () => boolean;
  logger: { error(message: string, error: unknown): void };
}

export function createDownloadLinkMiddleware(deps: DownloadLinkDeps): Middleware {
  return async (ctx, next) => {
    const { url = '' } = ctx.req;
    if (!url.startsWith(LINK_PATH)) return next() as Promise<unknown>;
    ctx.set('Cache-Control', 'private, no-store');
    ctx.set('Referrer-Policy', 'no-referrer');
    ctx.set('X-Robots-Tag', 'noindex');
    const refuse = (status: number, name: string, message: string): void => {
      ctx.status = status;
      ctx.body = { data: null, error: { status, name, message, details: {} } };
    };
    if (ctx.method !== 'GET' && ctx.method !== 'HEAD') {
      ctx.set('Allow', 'GET, HEAD');
      refuse(405, 'MethodNotAllowedError', 'A link can only be followed');
      return;
    }
    if (!deps.isOpen()) {
      refuse(503, 'ServiceUnavailableError', 'The site is starting');
      return;
    }
    try {
      const [, token = '', infoHash = ''] = LINK.exec(url) ?? [];
      const found = await deps.library().openLink(token, infoHash);
      if (found === null) {
        refuse(403, 'ForbiddenError', 'The link has expired, or you may not have this torrent');
      } else {
        const { torrent, reader } = found;
        sendTorrentFile(ctx, torrent, await deps.library().torrentFile(torrent, reader));
        if (reader.kind === 'user') {
          const actor: AuditActor = { kind: 'user', id: reader.userId };
          deps.library().audit.record({ action: 'torrent-downloaded', actor, torrent });
        }
      }
    } catch (error) {
      deps.logger.error('[bittorrent] a download link', error);
      refuse(500, 'InternalServerError', 'Internal Server Error');
    }
  };
}
