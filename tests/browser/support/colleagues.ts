/** Other people of the admin panel, made by its REST API. */

import { randomBytes } from 'node:crypto';
import { send } from '../../integration/support/admin';
import type { Person } from './browser';

const PASSWORD = 'Password-1';

export interface AdminApi {
  post(path: string, body: object): Promise<Record<string, unknown>>;
  put(path: string, body: object): Promise<Record<string, unknown>>;
  get(path: string): Promise<unknown>;
}

/** The REST API as somebody may use it. */
export async function adminApi(url: string, person: Person): Promise<AdminApi> {
  const call = async (method: string, path: string, bearer?: string, body?: object) => {
    const answer = await send(method, `${url}${path}`, bearer, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body['data'];
  };
  const { token } = (await call('POST', '/admin/login', undefined, person)) as { token: string };
  const bearer = `Bearer ${token}`;
  return {
    get: (path) => call('GET', path, bearer),
    post: async (path, body) => (await call('POST', path, bearer, body)) as Record<string, unknown>,
    put: async (path, body) => (await call('PUT', path, bearer, body)) as Record<string, unknown>,
  };
}

/** May write releases, and nothing else: not even see the list of torrents. */
export async function createWriter(api: AdminApi): Promise<Person> {
  const { id } = await api.post('/admin/roles', { name: 'Writer', description: '' });
  const fields = ['title', 'notes', 'files', 'torrent'];
  await api.put(`/admin/roles/${String(id)}/permissions`, {
    permissions: ['read', 'create', 'update'].map((action) => ({
      action: `plugin::content-manager.explorer.${action}`,
      subject: 'api::release.release',
      properties: { fields },
      conditions: [],
    })),
  });
  return createUser(api, Number(id));
}

/** May do everything, and prefers French. */
export async function createFrenchAdmin(api: AdminApi): Promise<Person> {
  const roles = (await api.get('/admin/roles')) as { id: number; code: string }[];
  const role = roles.find(({ code }) => code === 'strapi-super-admin');
  if (role === undefined) throw new Error('no role of super admins');
  return createUser(api, role.id, { preferedLanguage: 'fr' });
}

async function createUser(api: AdminApi, role: number, settings: object = {}): Promise<Person> {
  const email = `${randomBytes(6).toString('hex')}@example.com`;
  const user = { firstname: 'Some', lastname: 'Body', email, roles: [role], ...settings };
  const { id } = await api.post('/admin/users', user);
  await api.put(`/admin/users/${String(id)}`, { password: PASSWORD, isActive: true });
  return { email, password: PASSWORD };
}
