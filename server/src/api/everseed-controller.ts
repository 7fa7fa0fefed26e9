/** Handlers of the admin routes about the everseed: where it is, and whether strangers reach it. */

import type { Context } from 'koa';
import type { AdminEverseed } from '../../../shared/admin-api';

export interface EverseedSide {
  report(): AdminEverseed;
  /** Calls itself first. */
  test(): Promise<AdminEverseed>;
}

const NONE: AdminEverseed = { state: 'off', port: null, peers: 0, sentBytes: 0, addresses: [] };

export function createEverseedController(everseed: () => EverseedSide | null) {
  return {
    read: (ctx: Context): void => {
      ctx.body = everseed()?.report() ?? NONE;
    },
    test: async (ctx: Context): Promise<void> => {
      ctx.body = (await everseed()?.test()) ?? NONE;
    },
  };
}
