/** The web seed at a Strapi: in front of it on its own port, below Koa (decision 6). */

import type { Core } from '@strapi/strapi';
import type { Config } from '../config';
import type { Library } from '../library';
import { createWebSeedHandler, WEB_SEED_PATH } from '../seeding';
import type { Clock } from '../tracker';
import { interceptRequests, type ClientAddress } from '../transports';
import { createWebSeedLimits } from './web-seed-limits';

export interface WebSeedHttpDoorDeps {
  strapi: Core.Strapi;
  config: Config;
  clientAddress: ClientAddress;
  clock: Clock;
  isOpen: () => boolean;
  /** Made after this. */
  library: () => Pick<Library, 'webSeed' | 'onFileChanged'>;
}

export interface WebSeedHttpDoor {
  /** In `register`: from now on its requests do not reach Strapi's own stack. */
  takeRequests(): void;
  stop(): Promise<void>;
}

export function createWebSeedHttpDoor(deps: WebSeedHttpDoorDeps): WebSeedHttpDoor {
  const { strapi, config, library } = deps;
  const { uploadRate, limits } = config.webSeed;
  const handler = createWebSeedHandler({
    basePath: WEB_SEED_PATH,
    resolve: (request) =>
      deps.isOpen()
        ? library().webSeed.resolve(request)
        : { kind: 'refused', status: 503, message: 'The site is starting.' },
    onChanged: (infoHash) => library().onFileChanged(infoHash),
    logger: strapi.log,
    uploadRate: uploadRate === 0 ? null : uploadRate,
    limits: createWebSeedLimits({
      config: limits,
      exempt: config.tracker.limits.exempt,
      clientAddress: deps.clientAddress,
      clock: deps.clock,
      random: Math.random,
    }),
  });
  let putBack = (): void => undefined;

  return {
    takeRequests() {
      putBack = interceptRequests(strapi.server.httpServer, handler);
    },
    async stop() {
      putBack();
      await handler.close();
    },
  };
}
