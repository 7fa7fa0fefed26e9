import type { Core } from '@strapi/strapi';
import { parseConfig } from '../../../server/src/config';
import { proxySettingsOf } from '../../../server/src/site';

function settings(proxy: object, trustedProxies?: string[]) {
  const values = new Map<string, unknown>(Object.entries(proxy));
  const config = {
    get: (path: string, fallback: unknown) =>
      values.get(path.replace('server.proxy.', '')) ?? fallback,
  };
  const tracker = trustedProxies === undefined ? {} : { trustedProxies };
  return proxySettingsOf({ config } as unknown as Core.Strapi, parseConfig({ tracker }));
}

it('trusts nobody by default', () => {
  expect(settings({})).toEqual({ trustedProxies: [], header: 'X-Forwarded-For', hops: 0 });
});

it('trusts proxies nearby when Strapi says that there is one, and reads what it reads', () => {
  const found = settings({ koa: true, ipHeader: 'CF-Connecting-IP', maxIpsCount: 1 });
  expect(found).toMatchObject({ header: 'CF-Connecting-IP', hops: 1 });
  expect(found.trustedProxies).toContain('127.0.0.0/8');
  expect(found.trustedProxies).toContain('10.0.0.0/8');
});

it('trusts exactly those that the plugin’s own setting names', () => {
  const found = settings({ koa: true, maxIpsCount: 1 }, ['11.0.0.1']);
  expect(found).toEqual({ trustedProxies: ['11.0.0.1'], header: 'X-Forwarded-For', hops: 0 });
  expect(settings({ koa: true }, []).trustedProxies).toEqual([]);
});
