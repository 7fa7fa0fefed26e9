/** Admin users with their tokens. */

import { randomBytes } from 'node:crypto';
import type { Core } from '@strapi/strapi';
import type { Answer } from './content';

export interface AdminPermission {
  action: string;
  subject?: string;
  conditions?: string[];
}

interface RoleService {
  getSuperAdmin(): Promise<{ id: number }>;
  create(role: object): Promise<{ id: number }>;
  assignPermissions(roleId: number, permissions: object[]): Promise<unknown>;
}

const PASSWORD = 'Password-1';

/** Bearer of a new admin user: a super admin, or one with these permissions only. */
export async function createAdmin(
  { strapi, url }: { strapi: Core.Strapi; url: string },
  permissions?: readonly AdminPermission[],
): Promise<string> {
  const roles = strapi.service('admin::role') as unknown as RoleService;
  const name = randomBytes(6).toString('hex');
  const role =
    permissions === undefined
      ? await roles.getSuperAdmin()
      : await roles.create({ name, description: '' });
  if (permissions !== undefined) {
    await roles.assignPermissions(
      role.id,
      permissions.map(({ action, subject = null, conditions = [] }) => ({
        action,
        subject,
        properties: {},
        conditions,
      })),
    );
  }
  const email = `${name}@example.com`;
  const users = strapi.service('admin::user') as unknown as {
    create(user: object): Promise<unknown>;
  };
  await users.create({
    email,
    password: PASSWORD,
    firstname: name,
    lastname: 'Admin',
    registrationToken: null,
    isActive: true,
    roles: [role.id],
  });
  const { body } = await send('POST', `${url}/admin/login`, undefined, {
    email,
    password: PASSWORD,
  });
  const { token } = body['data'] as { token: string };
  return `Bearer ${token}`;
}

/** @param type `full-access`, `read-only` or, with permissions, `custom` @returns its bearer */
export async function createApiToken(
  strapi: Core.Strapi,
  type: string,
  permissions?: readonly string[],
): Promise<string> {
  const tokens = strapi.service('admin::api-token-content-api') as unknown as {
    create(token: object): Promise<{ accessKey: string }>;
  };
  const { accessKey } = await tokens.create({
    name: randomBytes(6).toString('hex'),
    description: '',
    type,
    kind: 'content-api',
    lifespan: null,
    ...(permissions === undefined ? {} : { permissions }),
  });
  return `Bearer ${accessKey}`;
}

export async function send(
  method: string,
  url: string,
  bearer?: string,
  body?: object,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: {
      ...(bearer === undefined ? {} : { authorization: bearer }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? (JSON.parse(text) as Record<string, unknown>) : { text },
  };
}
