/**
 * A controller of its own name, unlike the rest of the content API: its scope is the permission
 * `plugin::bittorrent.metrics.read` that a custom API token can be given.
 */

import type { Context } from 'koa';
import type { Metrics } from './metrics';

export function createMetricsController(metrics: () => Metrics) {
  return {
    read: async (ctx: Context): Promise<void> => {
      const { contentType } = metrics();
      const body = await metrics().text();
      ctx.set('Cache-Control', 'no-store');
      ctx.set('Content-Type', contentType);
      ctx.body = body;
    },
  };
}
