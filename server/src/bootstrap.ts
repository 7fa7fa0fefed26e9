/** With the database there: permissions of the admin panel, and the tracker opens. */

import type { Core } from '@strapi/strapi';
import { READ_ACTION } from '../../shared/admin-api';
import { sayHello } from './hints';
import { runtimeOf } from './runtime';

interface PermissionService {
  actionProvider: { registerMany(actions: object[]): Promise<unknown> };
}

export async function bootstrap({ strapi }: { strapi: Core.Strapi }): Promise<void> {
  const permissions = strapi.service('admin::permission') as unknown as PermissionService;
  await permissions.actionProvider.registerMany([
    {
      section: 'plugins',
      displayName: 'See all torrents',
      uid: READ_ACTION.split('.').at(-1),
      pluginName: 'bittorrent',
    },
  ]);
  const runtime = runtimeOf(strapi);
  await runtime.start();
  sayHello(strapi, runtime);
}
