/** With the database there: permissions of the admin panel, and the tracker opens. */

import type { Core } from '@strapi/strapi';
import { AUDIT_ACTION, READ_ACTION, TAKEDOWN_ACTION } from '../../shared/admin-api';
import { sayHello } from './hints';
import { runtimeOf } from './runtime';

interface PermissionService {
  actionProvider: { registerMany(actions: object[]): Promise<unknown> };
}

const ACTIONS = [
  [READ_ACTION, 'See all torrents'],
  [TAKEDOWN_ACTION, 'Take torrents down and revoke keys'],
  [AUDIT_ACTION, 'Read the audit log and who has keys'],
] as const;

export async function bootstrap({ strapi }: { strapi: Core.Strapi }): Promise<void> {
  const permissions = strapi.service('admin::permission') as unknown as PermissionService;
  await permissions.actionProvider.registerMany(
    ACTIONS.map(([action, displayName]) => ({
      section: 'plugins',
      displayName,
      uid: action.split('.').at(-1),
      pluginName: 'bittorrent',
    })),
  );
  const runtime = runtimeOf(strapi);
  await runtime.start();
  sayHello(strapi, runtime);
}
