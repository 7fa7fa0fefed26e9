/** The plugin's server side. */

import type { Core } from '@strapi/strapi';
import { adminRoutes, contentRoutes, createMetricsController, policies } from './api';
import { bootstrap } from './bootstrap';
import { config } from './config';
import { contentTypes } from './content-types';
import { destroy } from './destroy';
import { register } from './register';
import { runtimeOf } from './runtime';

interface Context {
  strapi: Core.Strapi;
}

export default {
  config,
  contentTypes,
  register,
  bootstrap,
  destroy,
  policies,
  controllers: {
    metrics: ({ strapi }: Context) => createMetricsController(() => runtimeOf(strapi).metrics),
  },
  routes: {
    admin: ({ strapi }: Context) =>
      adminRoutes({
        strapi,
        library: () => runtimeOf(strapi).library,
        everseed: () => runtimeOf(strapi).everseed,
      }),
    'content-api': ({ strapi }: Context) =>
      contentRoutes({
        strapi,
        library: () => runtimeOf(strapi).library,
        health: () => runtimeOf(strapi).health,
      }),
  },
};
