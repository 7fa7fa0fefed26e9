/** For load balancers, which read the status, and for people, who read the lines. */

import type { Context } from 'koa';
import type { Health } from './health';

export function createHealthController(health: () => Health) {
  return {
    read: async (ctx: Context): Promise<void> => {
      const report = await health().report();
      ctx.set('Cache-Control', 'no-store');
      ctx.status = report.ok ? 200 : 503;
      ctx.body = { data: report };
    },
  };
}
