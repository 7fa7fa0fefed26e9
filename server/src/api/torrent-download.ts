/** Sends a .torrent file. */

import type { ParameterizedContext } from 'koa';
import type { Torrent, TorrentFileForReader } from '../library';

export function sendTorrentFile(
  ctx: Pick<ParameterizedContext, 'attachment' | 'set' | 'type' | 'body'>,
  { name }: Torrent,
  { bytes, personal }: TorrentFileForReader,
): void {
  ctx.attachment(`${name}.torrent`);
  ctx.type = 'application/x-bittorrent';
  // A personal file holds a passkey; a public one changes with the site's address only.
  ctx.set('Cache-Control', personal ? 'private, no-store' : 'no-cache');
  ctx.set('X-Content-Type-Options', 'nosniff');
  if (personal) ctx.set('Referrer-Policy', 'no-referrer');
  ctx.body = bytes;
}
