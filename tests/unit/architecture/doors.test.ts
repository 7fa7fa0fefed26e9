/**
 * Every door by which a torrent leaves the site. A new route or middleware fails here until it is
 * written down with the way it asks `access`, and until it really asks.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentRoutes } from '../../../server/src/api/content-routes';
import type { Library } from '../../../server/src/library';

const SOURCES = join(__dirname, '../../../server/src');
const source = (file: string): string => readFileSync(join(SOURCES, file), 'utf8');

/**
 * `readable`, `list`: the library's question to access. `own`: what a user has by being logged in.
 * `site`: tells of the site, never of a torrent.
 */
const CONTENT_DOORS: Record<string, 'readable' | 'list' | 'own' | 'site'> = {
  'GET /torrents': 'list',
  'GET /torrents/:infoHash.torrent': 'readable',
  'GET /torrents/:infoHash': 'readable',
  'POST /torrents/:infoHash/link': 'readable',
  'POST /torrents/:infoHash/token/rotate': 'readable',
  'GET /passkey': 'own',
  'POST /passkey/rotate': 'own',
  'GET /health': 'site',
  'GET /metrics': 'site',
};

/** In front of Strapi's stack, with the place where each asks. */
const FRONT_DOORS: Record<string, { file: string; asks: RegExp }> = {
  createHttpDoors: { file: 'tracker/tracker.ts', asks: /gate\.admit\(/g },
  createUdpDoor: { file: 'tracker/tracker.ts', asks: /gate\.admit\(/g },
  createSignallingDoor: { file: 'tracker/signalling/exchange.ts', asks: /gate\.admit\(/g },
  createEverseedDoor: { file: 'doors/seeder-rights.ts', asks: /gate\.admit\(/g },
  createUploadsGuard: { file: 'library/upload-door.ts', asks: /deps\.mayRead\(/g },
  createWebSeedHttpDoor: { file: 'library/web-seed-door.ts', asks: /access\.(?:judge|mayRead)\(/g },
  createDownloadLinkMiddleware: { file: 'library/personal.ts', asks: /access\.mayRead\(/g },
};

/** Inside answers of Strapi's own. */
const VALUE_DOORS = ['library/output.ts', 'api/graphql.ts'];

interface Route {
  method: string;
  path: string;
  handler: (ctx: unknown) => Promise<void>;
}

const asked: string[] = [];

/** Refuses everything; whatever else a handler wants of it before that is a door left open. */
const refusing = new Proxy({} as Library, {
  get(_, name) {
    if (name === 'readable') {
      return () => {
        asked.push('readable');
        return Promise.resolve(null);
      };
    }
    if (name === 'list') {
      return () => {
        asked.push('list');
        return Promise.resolve({ data: [], meta: {} });
      };
    }
    throw new Error(`the handler used ${String(name)} without asking`);
  },
});

const routes = contentRoutes({
  strapi: {} as never,
  library: () => refusing,
  health: () => ({}) as never,
}).routes as Route[];
const nameOf = ({ method, path }: Route): string => `${method} ${path}`;
const torrentRoutes = routes.filter((route) => CONTENT_DOORS[nameOf(route)] !== 'site');

test('each content route is written down here', () => {
  expect(routes.map(nameOf).sort()).toEqual(Object.keys(CONTENT_DOORS).sort());
});

test.each(torrentRoutes.map((route) => [nameOf(route), route] as const))(
  '%s asks',
  async (name, route) => {
    asked.length = 0;
    const how = CONTENT_DOORS[name];
    const user = {
      strategy: { name: 'users-permissions' },
      credentials: { id: 1, role: { id: 1 } },
    };
    const ctx = {
      params: { infoHash: 'a'.repeat(40) },
      query: {},
      state: { auth: how === 'own' ? undefined : user },
      set: () => undefined,
    };
    const attempt = route.handler(ctx);
    if (how === 'list') await attempt;
    else await expect(attempt).rejects.toMatchObject({ name: 'PolicyError' });
    expect(asked).toEqual(how === 'own' ? [] : [how]);
  },
);

test('each door in front of Strapi is written down here, and asks', () => {
  const wired = source('runtime.ts').match(/create\w+(?:Middleware|Guard|Doors?)(?=\(\{)/g) ?? [];
  expect([...wired].sort()).toEqual(Object.keys(FRONT_DOORS).sort());
  for (const { file, asks } of Object.values(FRONT_DOORS)) {
    expect(source(file).match(asks)?.length).toBeGreaterThan(0);
  }
});

test('announce and scrape both ask the gate', () => {
  expect(source('tracker/tracker.ts').match(/gate\.admit\(/g)).toHaveLength(2);
});

test('values in REST and GraphQL come from the one place that asks', () => {
  for (const file of VALUE_DOORS) expect(source(file)).toMatch(/\bofField\(/);
  expect(source('library/value.ts')).toMatch(/access\.mayRead\(reader/);
});
